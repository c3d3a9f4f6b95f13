"""The page of the evaluation: its tiles, its tables, its words."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evaluation_tables import (
    IDENTITY,
    TRUTH,
    make_contacts,
    make_edges,
    make_synapses,
    match_volumes,
)
from neuropil import score_files
from neuropil.evaluation import (
    cases,
    connectome,
    measures,
    organelles,
    page,
    summary,
    synapses,
    tiles,
)
from neuropil.grid import Box
from neuropil.storage import LabelFile

BOX = Box.of((4, 60, 50))
VOXEL_NM = (40.0, 20.0, 20.0)


def layer(**boxes):
    volume = np.zeros(BOX.shape, "u8")
    for name, slices in boxes.items():
        volume[slices] = int(name.removeprefix("id"))
    return lambda box: volume[box.slices]


HALF = (slice(None), slice(None), slice(0, 25))
SPOT = (slice(1, 3), slice(20, 40), slice(20, 30))
LAYERS = tiles.Layers(
    raw=lambda box: np.indices(BOX.shape).sum(axis=0).astype("u1")[box.slices],
    cells=layer(id1=HALF),
    truth=layer(id5=SPOT),
    predicted=layer(id6=(slice(None), slice(30, 50), slice(20, 30))),
)


class TestTiles:
    def test_a_tile_is_one_section_around_its_case(self):
        big = Box.of((100, 1000, 1000))
        box = tiles.cut_tile((50.5 * 40, 500 * 20, 400 * 20), VOXEL_NM, big)
        assert box == Box((50, 470, 370), (51, 530, 430))

    def test_a_tile_stays_inside_of_the_dataset(self):
        for place in ((0, 0, 0), (160, 1200, 1000)):
            box = tiles.cut_tile(place, VOXEL_NM, BOX)
            assert box.intersect(BOX) == box
            assert box.shape == (1, 60, 50)

    def test_outlines_and_tints_are_drawn(self):
        section = Box((1, 0, 0), (2, 60, 50))
        image = tiles.draw_tile(LAYERS, section, (1, 9))
        assert image.shape == (60 * 3, 50 * 3, 3)
        assert tuple(image[20 * 3, 25 * 3]) == tiles.TRUTH
        assert tuple(image[50 * 3 - 1, 25 * 3]) == tiles.PREDICTED
        tinted, plain = image[10, 10].astype(int), image[10, 140].astype(int)
        assert tinted[1] > tinted[0]
        assert len(set(plain)) == 1

    def test_without_raw_the_ground_is_grey(self):
        blind = tiles.Layers(None, LAYERS.cells, LAYERS.truth, LAYERS.predicted)
        image = tiles.draw_tile(blind, Box((0, 0, 0), (1, 60, 50)))
        assert (image[:, 140] == tiles.GREY).all()

    def test_an_image_becomes_a_data_uri(self):
        image = np.arange(5 * 7 * 3, dtype="u1").reshape(5, 7, 3)
        head, data = tiles.encode_png(image).split(",")
        assert head == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as read:
            assert (np.asarray(read) == image).all()


class TestMeasures:
    def test_bars_hold_in_their_direction(self):
        f1 = measures.Measure("a", "a", "", 0.95)
        error = measures.Measure("a", "a", "", 0.05, is_error=True)
        assert f1.passes(0.95)
        assert not f1.passes(0.94)
        assert error.passes(0.05)
        assert not error.passes(0.06)


def make_tables():
    found = make_synapses(
        [(1, 2, 1, 0, 1), (2, 2, 3, 1000, 1), (3, 3, 4, 2500, 1), (4, 1, 3, 3000, 1)]
    )
    volume = np.repeat(np.arange(4, dtype="u8"), 5).reshape(1, 4, 5)
    mi = match_volumes(volume, np.where(volume == 2, np.uint64(0), volume))
    places = pd.DataFrame({"object": [1, 2, 3], "cell": [1, 2, 3]}, dtype="u8")
    places = places.assign(z_nm=20.0, y_nm=600.0, x_nm=500.0, other_cell=np.uint64(0))
    edges = make_edges([(1, 2, 2), (2, 3, 1)])
    pairs = make_contacts([(1, 2, 2.0), (1, 3, 1.0)])
    return {
        "synapses": synapses.match_synapses(TRUTH, found, IDENTITY),
        "edges": connectome.match_edges(
            edges.rename(columns={"synapse_count": "count"}), edges[:1], IDENTITY
        ),
        "contacts": connectome.compare_contacts(pairs, pairs[:1], IDENTITY),
        "mi": organelles.locate_objects(mi, places, places, IDENTITY),
    }


@pytest.fixture
def run(tmp_path):
    """Tables of a small run, and files of its labels."""
    tables = make_tables()
    truth = tmp_path / "truth.h5"
    with LabelFile(
        truth, BOX, VOXEL_NM, dict.fromkeys(("cells", "sj", "mi"), "u8")
    ) as f:
        for name in ("cells", "sj", "mi"):
            f.write(BOX, LAYERS.cells(BOX), name)
    labels = [tmp_path / name / "chunks" / "c.h5" for name in ("sj", "mi")]
    for path in labels:
        with LabelFile(path, BOX, VOXEL_NM) as f:
            f.write(BOX, LAYERS.predicted(BOX))
    size = dict(zip("zyx", VOXEL_NM))
    dataset = {"box_vx": tuple(BOX), "voxel_size_nm": size, "volumes": {}}
    return tables, dataset, [truth], labels


def test_scores_have_all_keys_that_readers_rely_on():
    tables = make_tables()
    parts = tables["synapses"], tables["edges"], tables["contacts"]
    scores = summary.collect_scores(*parts, {"mi": tables["mi"]})
    for measure in measures.list_measures(scores):
        assert isinstance(measures.find_score(scores, measure.key), float)
    assert scores["synapses"]["matched"] == 2
    assert scores["mapping"]["mi"]["accuracy"] == 1


def test_scores_are_read_as_written(tmp_path):
    path = tmp_path / "scores.json"
    scores = {"contacts": {"area_error": None, "bias": 0.25}}
    score_files.write_scores(path, scores)
    assert score_files.read_scores(path) == scores


def test_the_largest_mistakes_are_shown(run):
    tables, dataset, truth, labels = run
    found = cases.collect_cases(
        dataset, tables["synapses"], {"mi": tables["mi"]}, truth, labels
    )
    assert [case.group for case in found] == [
        "Missed synapses",
        "False synapses",
        "False synapses",
        "Synapses with the wrong direction",
        "Synapses with the wrong sign",
        "Missed mitochondria",
    ]
    assert all(case.image.startswith("data:image/png") for case in found)
    assert "no candidate" in found[0].caption


def test_the_page_needs_no_other_file(run, tmp_path):
    tables, dataset, truth, labels = run
    parts = tables["synapses"], tables["edges"], tables["contacts"]
    objects = {"mi": tables["mi"]}
    scores = summary.collect_scores(*parts, objects)
    found = cases.collect_cases(dataset, tables["synapses"], objects, truth, labels)
    text = page.render_page("a <b> c", scores, tables, found)
    page.write_page(tmp_path / "page.html", text)
    text = (tmp_path / "page.html").read_text()
    assert "a &lt;b&gt; c" in text
    assert not re.search(r"(?:src|href)=\"(?!data:)", text)
    assert text.count("<figure>") == len(found)
    assert "$" not in text
    assert "not reached" in text
    assert "2 → 3" in text
