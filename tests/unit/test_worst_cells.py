"""Where cells are torn or merged: seams as counted face by face, places, the page."""

import re

import numpy as np
import pandas as pd
import pytest

from neuropil.buckets import mix
from neuropil.evaluation.components import LABELS
from neuropil.evaluation.seams import add_up_seams, extract_seams
from neuropil.evaluation.shares import Truth, extract_shares
from neuropil.evaluation.worst_cells import list_worst_cells, measure_worst
from neuropil.evaluation.worst_page import draw_worst, render_worst
from neuropil.grid import Box, Grid
from neuropil.schemas.evaluation import SEAMS, WORST_CELLS
from neuropil.storage import LabelFile, LabelStack, as_table
from neuropil.volumes.base import Volume
from volume_files import make_dataset, write_hdf5

SIZE = (40.0, 10.0, 10.0)
LARGE = 2**63


def as_volume(array):
    lengths = (0.0, 0.0, 0.0)
    return Volume(
        "v", array.shape, array.dtype, SIZE, lengths, lambda box: array[box.slices]
    )


def write_truth(path, cells):
    """Write true cells 1 .. N, each of which is one part."""
    box, number = Box.of(cells.shape), np.arange(cells.max() + 1, dtype="u8")
    with LabelFile(path, box, SIZE, LABELS) as file:
        file.write(box, cells.astype("u4"))
    return Truth(LabelStack([path]), number, number)


def plain_seams(labels, cells, values):
    """All faces between pieces, one after the other."""
    found, last = {}, labels.shape
    for z, y, x in np.ndindex(last):
        for axis in range(3):
            there = tuple(v + (k == axis) for k, v in enumerate((z, y, x)))
            if there[axis] == last[axis]:
                continue
            ends = [(int(labels[p]), int(cells[p])) for p in ((z, y, x), there)]
            if ends[0] != ends[1] and 0 not in (*ends[0], *ends[1]):
                face = 3 * np.ravel_multi_index((z, y, x), last) + axis
                order = int(mix(np.array([face], "u8"))[0])
                value = int(max(values[z, y, x], values[there]))
                faces = found.setdefault((*min(ends), *max(ends)), [])
                faces.append((value, order, int(face)))
    return {key: (len(faces), *min(faces)) for key, faces in sorted(found.items())}


@pytest.mark.parametrize("chunk", [(6, 9, 10), (2, 4, 7)])
def test_seams_are_all_faces_between_pieces_for_any_chunks(chunk, tmp_path):
    random, shape = np.random.default_rng(3), (6, 9, 10)
    labels = random.integers(0, 4, shape).astype("u8")
    labels[labels == 3] = LARGE + 5
    cells = random.integers(0, 3, shape).astype("u8") * np.uint64(LARGE - 1)
    values = random.integers(0, 3, shape).astype("u1")
    *volumes, truth = map(as_volume, (labels, values, cells))
    grid = Grid(Box.of(shape), chunk)
    parts = [
        extract_seams(volumes, truth, grid.core(name), (3, 5, 4), 1)
        for name in grid.chunks
    ]
    as_table(parts[0], SEAMS)
    seams = add_up_seams(parts[::-1])
    rows = {tuple(row[:4]): tuple(row[4:]) for row in seams.to_numpy("O").tolist()}
    assert rows == plain_seams(labels, cells, values)


@pytest.fixture
def tissue(tmp_path):
    """Cell 1 in three segments, cells 2 and 3 in one, and a wall with a hole."""
    cells = np.zeros((6, 30, 40), "u8")
    cells[:, :10], cells[:, 10:20], cells[:, 20:] = 1, 2, 3
    labels = np.zeros(cells.shape, "u8")
    labels[:, :10, :24], labels[:, :10, 24:36], labels[:, :10, 36:] = 11, 12, 13
    labels[:, 10:20], labels[:, 20:] = 21, 31
    labels[:2, 20:], labels[2, :10, :4] = 32, 0
    values = np.full(cells.shape, 200, "u1")
    values[4, 19:21, 33] = 7
    values[3, 3, 23:25] = 9
    core, block = Box.of(cells.shape), (4, 16, 16)
    *volumes, truth = map(as_volume, (labels, values, cells))
    seams = extract_seams(volumes, truth, core, block, 1)
    parts = write_truth(tmp_path / "parts.h5", cells)
    shares = extract_shares(volumes[0], parts, core, block, 1)
    sources = {
        name: write_hdf5(tmp_path, array, f"{name}.h5")
        for name, array in zip(("supervoxels", "raw", "truth"), (labels, values, cells))
    }
    members = [(11, 11), (12, 12), (13, 12), (21, 21), (31, 21), (32, 21)]
    return {
        "seams": seams,
        "shares": shares,
        "membership": pd.DataFrame(members, columns=["supervoxel", "cell"], dtype="u8"),
        "edges": pd.DataFrame(
            {
                "supervoxel_a": [11, 12, 21, 21],
                "supervoxel_b": [12, 13, 31, 32],
                "score": [0.4, 0.9, 0.7, 0.6],
            }
        ).astype({"supervoxel_a": "u8", "supervoxel_b": "u8"}),
        "grid": (cells.shape, SIZE),
        "dataset": make_dataset(cells.shape, sources),
    }


def find_worst(tissue, **changes):
    names = ("seams", "shares", "membership", "edges", "grid")
    return list_worst_cells(*((tissue | changes)[name] for name in names))


def test_what_is_torn_or_merged_has_a_place(tissue):
    worst = find_worst(tissue)
    as_table(worst, WORST_CELLS)
    split, merge = worst.to_dict("records")
    assert (split["kind"], split["whole"]) == ("split", 1)
    assert (split["part"], split["other_part"]) == (12, 11)
    assert split["voxel_count"] == 4 * 8 * 15  # without the border of the true cell
    assert (split["supervoxel_a"], split["supervoxel_b"]) == (11, 12)
    assert split["score"] == 0.4
    assert [split[f"{axis}_vx"] for axis in "zyx"] == [3, 3, 23]
    assert [split[f"{axis}_nm"] for axis in "zyx"] == [140, 35, 235]
    assert (split["normal"], split["face_count"]) == ("x", 6 * 10)
    assert (merge["kind"], merge["whole"]) == ("merge", 21)
    assert (merge["part"], merge["other_part"]) == (3, 2)  # as many
    assert (merge["supervoxel_a"], merge["supervoxel_b"]) == (21, 31)
    assert [merge[f"{axis}_vx"] for axis in "zyx"] == [4, 19, 33]
    assert merge["normal"] == "y"


def test_a_merger_within_a_supervoxel_has_no_score(tissue):
    members = tissue["membership"].assign(cell=[11, 12, 12, 21, 31, 32])
    assert find_worst(tissue, membership=members)["kind"].tolist() == ["split"] * 2
    merged = tissue["seams"].assign(
        supervoxel_b=tissue["seams"]["supervoxel_b"].replace({31: 21})
    )
    shares = tissue["shares"].replace({"supervoxel": {31: 21}})
    worst = find_worst(tissue, seams=merged, shares=shares)
    row = worst[worst["kind"] == "merge"].iloc[0]
    assert row["supervoxel_a"] == row["supervoxel_b"] == 21
    assert np.isnan(row["score"])


def test_parts_that_do_not_meet_are_no_split(tissue):
    apart = tissue["seams"][tissue["seams"]["supervoxel_a"] != 11]
    assert (find_worst(tissue, seams=apart)["kind"] == "merge").all()


def test_scores_are_of_the_cells_as_they_are(tissue):
    scores = measure_worst(tissue["shares"], tissue["membership"])
    assert scores["voi_split"] > 0
    assert scores["voi_merge"] > 0
    worst = find_worst(tissue)
    for kind in ("split", "merge"):  # all parts meet others
        held = worst[worst["kind"] == kind]["voxel_count"]
        assert scores[f"{kind}_voxels"] == held.sum() > 0
    right = tissue["membership"].assign(cell=[1, 1, 1, 2, 3, 3])
    shares = tissue["shares"][tissue["shares"]["supervoxel"] != 0]
    assert measure_worst(shares, right)["adapted_rand_error"] == pytest.approx(0)


def test_the_page_shows_places_and_needs_no_other_file(tissue):
    worst = find_worst(tissue)
    worst.loc[1, "normal"] = "z"
    cases = draw_worst(worst, tissue["dataset"], tissue["membership"])
    text = render_worst(
        "a <b>",
        measure_worst(*[tissue[k] for k in ("shares", "membership")]),
        worst,
        cases,
    )
    assert [case.group.split(":")[0] for case in cases] == [
        "Worst splits",
        "Worst mergers",
    ]
    assert "voxel z 3, y 3, x 23; z 140, y 35, x 235 nm" in text
    assert "supervoxels 11 and 12, score 0.400" in text
    assert "a &lt;b&gt;" in text
    assert text.count("<figure>") == 2
    assert "$" not in text
    assert not re.search(r"(?:src|href)=\"(?!data:)", text)
