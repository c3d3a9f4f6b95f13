import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pandas.testing import assert_frame_equal

from neuropil.grid import Box, Grid
from neuropil.lookups import cut_membership, write_lookups
from neuropil.properties import count_supervoxels
from neuropil.schemas.cells import PARTIAL_SUPERVOXELS
from neuropil.storage import read_table, write_table
from neuropil.volumes.base import Volume

HUGE = 2**63 + 5
IDS = np.array([0, 3, 7, 2**40, HUGE, HUGE + 1], np.uint64)
MEMBERSHIP = pd.DataFrame(
    {"supervoxel": IDS[1:], "cell": np.array([3, 3, 2**40, HUGE, 0], np.uint64)}
)


def count_chunks(voxels, grid):
    """Partial tables of supervoxels per chunk."""
    place = (25.0, 10.0, 10.0), (0.0, 0.0, 0.0)
    volume = Volume(
        "", voxels.shape, voxels.dtype, *place, lambda box: voxels[box.slices]
    )
    return {chunk: count_supervoxels(volume, grid.core(chunk)) for chunk in grid.chunks}


@given(
    arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 3), elements=st.integers(0, 5)),
    st.tuples(*[st.integers(1, 4)] * 3),
    st.tuples(*[st.integers(1, 4)] * 3),
)
def test_a_chunk_knows_the_cells_in_it_and_just_above_it(indices, chunk_shape, reach):
    voxels = IDS[indices]
    grid = Grid(Box.of(voxels.shape), chunk_shape)
    cell_of = dict(zip(*(MEMBERSHIP[c] for c in MEMBERSHIP)))
    parts = count_chunks(voxels, grid)
    reach = tuple(map(min, reach, chunk_shape))
    for chunk, table in cut_membership(parts, MEMBERSHIP, grid, reach):
        seen = voxels[grid.core(chunk).grow(0, reach).slices]
        known = dict(zip(table["supervoxel"], table["cell"]))
        assert {i for i in np.unique(seen) if i and cell_of[i]} <= {*known}
        assert all(cell_of[i] == cell != 0 for i, cell in known.items())
        assert table["supervoxel"].is_monotonic_increasing


def test_a_merge_changes_just_the_tables_of_chunks_that_hold_its_cells(tmp_path):
    voxels = np.zeros((2, 2, 12), np.uint64)
    voxels[:, :, :5], voxels[:, :, 5:7], voxels[:, :, 9:] = 3, 7, HUGE
    grid = Grid(Box.of(voxels.shape), (2, 2, 4))
    parts = [str(tmp_path / f"{chunk}.parquet") for chunk in grid.chunks]
    for path, table in zip(parts, count_chunks(voxels, grid).values()):
        write_table(path, table, PARTIAL_SUPERVOXELS)
    texts = []
    for cell in (HUGE, 2**40):
        membership = MEMBERSHIP.replace({"cell": {HUGE: cell}})
        membership.to_parquet(tmp_path / "membership.parquet")
        paths = [tmp_path / f"{chunk}.{cell}.parquet" for chunk in grid.chunks]
        write_lookups(paths, parts, str(tmp_path / "membership.parquet"), grid)
        texts.append([path.read_bytes() for path in paths])
    assert [a == b for a, b in zip(*texts)] == [True, True, False]
    assert read_table(paths[0])["supervoxel"].tolist() == [3]


def test_an_empty_chunk_has_an_empty_table():
    grid = Grid(Box.of((2, 2, 2)), (2, 2, 2))
    parts = count_chunks(np.zeros((2, 2, 2), np.uint64), grid)
    ((_, table),) = cut_membership(parts, MEMBERSHIP, grid)
    assert_frame_equal(table, MEMBERSHIP[:0], check_dtype=True)
