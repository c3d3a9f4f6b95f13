import functools

import numpy as np
import pandas as pd
import pytest

from neuropil import organelle_voxels
from neuropil.blocks import map_blocks
from neuropil.grid import Box
from neuropil.organelle_voxels import extract_organelles, number_labels
from neuropil.organelles import measure_organelles, merge_organelles, read_membership
from neuropil.schemas.organelles import (
    OBJECTS,
    ORGANELLES,
    OVERLAPS,
    PARTIAL_OBJECTS,
    PARTIAL_POINTS,
    SEEDED,
)
from neuropil.storage import as_table, write_table
from neuropil.volumes.base import Volume

SIZE = (25.0, 10.0, 10.0)
MI = {"min_overlap": 0.5, "min_mapping_vx": 100}
SJ = {"min_overlap": 0.1, "min_mapping_vx": 10}
BIG = 2**63 + 7


def table_of(schema, **columns):
    """A table with the given columns; the others are 0."""
    count = len(next(iter(columns.values())))
    zeros = {f.name: np.zeros(count, f.dtype) for f in schema.fields}
    frame = pd.DataFrame({**zeros, **columns})
    return as_table(frame, schema).to_pandas()


def measured(counts, overlaps, settings, membership=((1, 11), (2, 12), (3, 11))):
    objects = table_of(
        OBJECTS, object=np.arange(1, len(counts) + 1), voxel_count=counts
    )
    rows = pd.DataFrame(overlaps, columns=OVERLAPS.columns).astype({"supervoxel": "u8"})
    cells = pd.DataFrame(membership, columns=["supervoxel", "cell"]).astype("u8")
    rows = rows.astype({"object": "u8"})
    table = measure_organelles(objects, rows, cells, settings, SIZE)
    return as_table(table, ORGANELLES).to_pandas()


def test_an_object_is_of_the_cell_that_holds_most_of_it():
    # Cell 11 holds 70 of 200 voxels in supervoxel 1 and 50 in supervoxel 3.
    overlaps = [(1, 1, 70), (1, 2, 80), (1, 3, 50)]
    table = measured([200], overlaps, MI)
    assert table["cell"].tolist() == [11]
    assert table["cell_fraction"].tolist() == [0.6]


def test_of_equal_cells_the_smaller_id_wins():
    table = measured([200], [(1, 2, 100), (1, 1, 60), (1, 3, 40)], MI)
    assert table["cell"].tolist() == [11]


def test_too_small_a_share_or_size_maps_to_no_cell():
    overlaps = [(1, 1, 99), (2, 1, 90), (3, 1, 100), (4, 0, 200)]
    table = measured([200, 99, 200, 200], overlaps, MI)
    assert table["cell"].tolist() == [0, 0, 11, 0]
    np.testing.assert_allclose(table["cell_fraction"], [0.495, 90 / 99, 0.5, 0])


def test_thresholds_are_those_of_the_organelle_itself():
    # The predecessor used those of whichever organelle it mapped first for all.
    overlaps = [(1, 1, 40)]
    assert measured([200], overlaps, MI)["cell"].tolist() == [0]
    assert measured([200], overlaps, SJ)["cell"].tolist() == [11]
    assert measured([200], overlaps, MI)["cell"].tolist() == [0]


def test_excluded_and_unknown_supervoxels_are_no_cells():
    overlaps = [(1, 1, 90), (1, 2, 10), (2, 9, 100)]
    table = measured([100, 100], overlaps, SJ, [(1, 0), (2, 12)])
    assert table["cell"].tolist() == [12, 0]


def test_large_ids_stay_exact():
    table = measured([100], [(1, BIG, 100)], MI, [(BIG, BIG + 2)])
    assert table["cell"].tolist() == [BIG + 2]


def test_units():
    table = measured([4_000], [], MI)
    assert table["volume_um3"].tolist() == [0.01]
    assert table[["z_nm", "y_nm", "x_nm"]].to_numpy().tolist() == [[12.5, 5, 5]]


def test_no_objects():
    assert measured([], [], MI).empty


def test_no_membership_maps_to_no_cell(tmp_path):
    none = read_membership([])
    assert none.empty
    assert (none.dtypes == "uint64").all()


def test_membership_is_read_from_a_file(tmp_path):
    path = tmp_path / "membership.parquet"
    pd.DataFrame({"supervoxel": [1], "cell": [BIG], "more": [0]}).to_parquet(path)
    assert read_membership([path])["cell"].tolist() == [BIG]


def extract(labels, links, supervoxels, block_shape, threads=1):
    """Run the step of one chunk on arrays; volume of objects and tables."""
    box = Box.of(labels.shape)
    source = Volume(
        "s",
        labels.shape,
        supervoxels.dtype,
        SIZE,
        (0, 0, 0),
        lambda box: supervoxels[box.slices],
    )
    out = np.zeros(labels.shape, "u8")

    def write(block, array):
        out[block.slices] = array

    def read(block):
        return labels[block.slices]

    walk = functools.partial(
        map_blocks, box=box, block_shape=block_shape, threads=threads
    )
    objects, points = extract_organelles(read, links, source, walk, write)
    objects = as_table(objects, PARTIAL_OBJECTS).to_pandas()
    return out, objects, as_table(points, PARTIAL_POINTS).to_pandas()


def example():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, (7, 12, 20)).astype("u4")
    links = pd.DataFrame({"label": [1, 2, 3], "object": [5, BIG, 5]}).astype(
        {"label": "u4", "object": "u8"}
    )
    return labels, links, rng.integers(0, 3, labels.shape).astype("u8")


def test_labels_become_objects():
    labels, links, supervoxels = example()
    out, objects, points = extract(labels, links, supervoxels, (3, 5, 8))
    names = np.array([0, 5, BIG, 5, 0], "u8")
    np.testing.assert_array_equal(out, names[labels])
    ids, counts = np.unique(out[out > 0], return_counts=True)
    assert objects["object"].tolist() == ids.tolist()
    assert objects["voxel_count"].tolist() == counts.tolist()
    assert points["voxel_count"].sum() == counts.sum()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("block_shape", [(7, 12, 20), (2, 5, 20), (3, 4, 7)])
def test_any_blocks_give_the_same_objects(block_shape, threads):
    whole = extract(*example(), (7, 12, 20))
    parts = extract(*example(), block_shape, threads)
    np.testing.assert_array_equal(parts[0], whole[0])
    for one, other in zip(parts[1:], whole[1:]):
        pd.testing.assert_frame_equal(one, other)


def test_a_chunk_without_objects_gives_empty_tables():
    labels, links, supervoxels = example()
    out, objects, points = extract(labels, links[:0], supervoxels, (3, 5, 8))
    assert not out.any()
    assert objects.empty
    assert points.empty


def test_labels_beyond_the_links_are_background():
    links = pd.DataFrame({"label": [2], "object": [9]}).astype({"object": "u8"})
    assert number_labels(links).tolist() == [0, 0, 9, 0]
    assert number_labels(links[:0]).tolist() == [0]


def test_without_supervoxels_all_voxels_lie_in_none(monkeypatch):
    mask = Volume("mi", (2, 3, 4), np.dtype("u1"), SIZE, (0, 0, 0), None)
    monkeypatch.setattr(organelle_voxels, "open_role", lambda dataset, role: mask)
    found = organelle_voxels.open_supervoxels({"volumes": {"mi": {}}}, "mi")
    around = found.read(Box.of(found.shape))
    assert around.dtype == np.uint64
    assert around.shape == (2, 3, 4)
    assert not around.any()


def test_parts_of_an_object_add_up():
    one = table_of(PARTIAL_OBJECTS, object=[1, 2], voxel_count=[5, 6], stop_z_vx=[3, 4])
    two = table_of(PARTIAL_OBJECTS, object=[2], voxel_count=[7], stop_z_vx=[9])
    seeded = table_of(SEEDED, object=[1, 2], voxel_count=[5, 13], z_vx=[1, 8])
    table = as_table(merge_organelles([one, two], seeded), OBJECTS).to_pandas()
    assert table["voxel_count"].tolist() == [5, 13]
    assert table["stop_z_vx"].tolist() == [3, 9]
    assert table["z_vx"].tolist() == [1, 8]


def test_a_table_can_be_written(tmp_path):
    write_table(tmp_path / "mi.parquet", measured([200], [(1, 1, 150)], MI), ORGANELLES)
