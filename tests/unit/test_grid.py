import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropil.grid import Box, Grid, tile, voxel_coordinates, voxel_index

lengths = st.tuples(*[st.integers(1, 9)] * 3)


@given(lengths, lengths, st.tuples(*[st.integers(0, 50)] * 3))
def test_cores_tile_the_box(shape, chunk_shape, start):
    grid = Grid(Box.of(shape, start), chunk_shape)
    owners = np.zeros(shape, int)
    for chunk in grid.chunks:
        owners[grid.core(chunk).within(grid.box)] += 1
        assert grid.core(chunk).size > 0
    assert (owners == 1).all()
    assert sum(b.size for b in tile(grid.box, chunk_shape)) == grid.box.size
    assert grid.chunks == sorted(grid.chunks)


@given(lengths, lengths)
def test_neighbours_are_the_chunks_that_touch(shape, chunk_shape):
    grid = Grid(Box.of(shape), chunk_shape)
    for chunk in grid.chunks:
        around = grid.core(chunk).grow(1)
        touching = {
            c for c in grid.chunks if c != chunk and grid.core(c).intersect(around).size
        }
        assert set(grid.neighbours(chunk)) == touching


def test_voxel_index_follows_scan_order_beyond_32_bit():
    shape = (30_000, 30_000, 30_000)
    coordinates = ([0, 29_999], [1, 29_999], [2, 29_999])
    index = voxel_index(*coordinates, shape)
    assert index.tolist() == [30_002, 30_000**3 - 1]
    assert [v.tolist() for v in voxel_coordinates(index, shape)] == [
        list(c) for c in coordinates
    ]


def test_a_wrong_chunk_name_is_refused():
    with pytest.raises(ValueError, match="z000_y001_x002"):
        Grid.index("z0_y1_x2")


def test_slabs_are_runs_of_chunks_in_their_order():
    grid = Grid(Box.of((3, 5, 7)), (1, 2, 3))
    slabs = grid.slabs(4)
    assert [len(chunks) for chunks in slabs.values()] == [4, 4, 4, 4, 4, 4, 3]
    assert [c for chunks in slabs.values() for c in chunks] == grid.chunks
    assert list(slabs) == sorted(slabs)
    assert len(grid.slabs(27)) == 1


def test_chunks_above_hold_what_lies_beyond_the_high_faces():
    grid = Grid(Box.of((6, 8, 9)), (2, 4, 3))
    for name in grid.chunks:
        core = grid.core(name)
        beyond = core.grow(0, 1)
        held = [o for o in grid.chunks if grid.core(o).intersect(beyond).size]
        assert sorted([name, *grid.above(name)]) == held
