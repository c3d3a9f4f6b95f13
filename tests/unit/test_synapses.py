import tempfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from neuropil.grid import Box, Grid
from neuropil.partitions import ROWS
from neuropil.schemas.synapses import (
    CANDIDATES,
    FRAGMENT_VOXELS,
    FRAGMENTS,
    PATCHES,
    SYNAPSE_POINTS,
)
from neuropil.storage import as_table, write_table
from neuropil.surface import DIRECTIONS, crofton_area
from neuropil.synapses.candidates import Pieces, judge_sign, merge_synapses
from neuropil.synapses.fragments import extract_synapses
from neuropil.synapses.joining import Voxels
from neuropil.synapses.places import VoxelTables
from neuropil.synapses.sources import Sources

SIZE = (25.0, 10.0, 10.0)
SETTINGS = {
    "same_pair_nm": 50.0,
    "across_nm": 100.0,
    "min_size_vx": 1,
    "min_sym_ratio": 0.225,
    "points_nm": 60.0,
}
HUGE = 2**63


class Array:
    """An array that reads as a volume: zeros outside."""

    def __init__(self, array):
        self.array = array

    def read(self, box):
        out = np.zeros(box.shape, self.array.dtype)
        part = box.intersect(Box.of(self.array.shape))
        out[part.within(box)] = self.array[part.slices]
        return out


class Tissue:
    """Volumes of a small dataset: what a chunk's fragments are extracted from."""

    def __init__(self, supervoxels, contacts, junctions, sym=None, asym=None):
        none = np.zeros(supervoxels.shape, bool)
        self.supervoxels = supervoxels.astype(np.uint64)
        self.contacts = contacts  # (Z, Y, X, 2) supervoxel pair, a < b, 0 is none
        self.junctions = junctions.astype(np.uint64)
        self.sym = none if sym is None else sym
        self.asym = none if asym is None else asym
        self.box = Box.of(supervoxels.shape)

    def extract(self, core, block_shape=(64, 64, 64), threads=1):
        """Extract one chunk, whose contact sites are labelled in its own way."""
        inside = self.contacts[core.slices].reshape(-1, 2)
        pairs, site = np.unique(inside, axis=0, return_inverse=True)
        if pairs[0].any():  # no voxel without contact
            pairs, site = np.insert(pairs, 0, 0, axis=0), site + 1
        sites = np.zeros(self.box.shape, np.uint32)
        sites[core.slices] = site.reshape(core.shape)
        table = pd.DataFrame(pairs, columns=["supervoxel_a", "supervoxel_b"])
        table["label"] = np.arange(len(pairs), dtype=np.uint32)
        types = (255 * self.sym.astype("u1"), 122 + self.asym.astype("u1"))
        sj = 200 * (self.junctions > 0).astype("u1")
        volumes = (sites, self.junctions, self.supervoxels, sj, *types)
        sources = Sources(*map(Array, volumes), self.box, SIZE, 80)
        return extract_synapses(sources, table, core, block_shape, threads, 0.48)

    def merge(
        self,
        membership,
        chunk_shape=(64, 64, 64),
        settings=SETTINGS,
        rows=ROWS,
        **blocks,
    ):
        """Run extract and merge over a grid of chunks, whose tables come in parts."""
        grid = Grid(self.box, chunk_shape)
        parts = [self.extract(grid.core(c), **blocks) for c in grid.chunks]
        fragments = [
            piece.assign(chunk=i)
            for i, (table, *_) in enumerate(parts)
            for piece in cut(table, rows)
        ]
        voxels = [
            [Voxels.of(p) for p in cut(v.sort_values("fragment", kind="stable"), rows)]
            for _, v, _ in parts
        ]
        patches = [piece for *_, table in parts for piece in cut(table, rows)]
        pieces = Pieces(fragments, voxels.__getitem__, patches)
        with tempfile.TemporaryDirectory() as folder:
            found = merge_synapses(pieces, membership, SIZE, settings, folder, rows)
            points = [as_table(part, SYNAPSE_POINTS) for part in found.points]
        empty = SYNAPSE_POINTS.arrow().empty_table()
        return found._replace(points=pa.concat_tables([empty, *points]).to_pandas())


def cut(table, rows):
    """Cut a table into parts of so many rows; one, if it has none."""
    return [table[at : at + rows] for at in range(0, max(len(table), 1), rows)]


def own_cells(supervoxels):
    names = np.unique(supervoxels[supervoxels != 0]).astype(np.uint64)
    return pd.DataFrame({"supervoxel": names, "cell": names})


def two_slabs(shape=(8, 20, 20), a=5, b=HUGE + 7):
    """Two supervoxels that meet in the plane z = 4; contact on both sides of it."""
    supervoxels = np.full(shape, a, np.uint64)
    supervoxels[shape[0] // 2 :] = b
    contacts = np.zeros((*shape, 2), np.uint64)
    contacts[shape[0] // 2 - 1 : shape[0] // 2 + 1] = sorted((a, b))
    return supervoxels, contacts


def test_one_junction_between_two_slabs():
    supervoxels, contacts = two_slabs()
    junctions = np.zeros(supervoxels.shape)
    junctions[2:6, 3:9, 4:14] = 77
    tissue = Tissue(supervoxels, contacts, junctions, asym=junctions > 0)
    candidates, points, _ = tissue.merge(own_cells(supervoxels))
    (row,) = candidates.to_dict("records")
    assert (row["synapse"], row["cell_a"], row["cell_b"]) == (1, 5, HUGE + 7)
    assert row["voxel_count"] == row["asym_count"] == row["typed_count"] == 120
    assert row["sj_sum"] == 120 * 200
    assert (row["sym_ratio"], row["sign"]) == (0, 1)
    assert [row[f"start_{a}_vx"] for a in "zyx"] == [3, 3, 4]
    assert [row[f"stop_{a}_vx"] for a in "zyx"] == [5, 9, 14]
    assert [row[f"{a}_vx"] for a in "zyx"] == [3, 5, 8]
    assert row["crossings_a_z"] == row["crossings_b_z"] == 60
    assert row["crossings_a_zyx"] == 4 * 60
    assert points["voxel_count"].sum() == 120
    mean = np.average(points[["z_nm", "y_nm", "x_nm"]], 0, points["voxel_count"])
    assert mean == pytest.approx([100, 60, 90])
    as_table(candidates, CANDIDATES)
    as_table(points, SYNAPSE_POINTS)


def test_no_junction_gives_empty_tables(tmp_path):
    supervoxels, contacts = two_slabs()
    tissue = Tissue(supervoxels, contacts, np.zeros(supervoxels.shape))
    fragments, voxels, patches = tissue.extract(tissue.box, (4, 9, 9))
    write_table(tmp_path / "p.parquet", patches, PATCHES)
    write_table(tmp_path / "f.parquet", fragments, FRAGMENTS)
    write_table(tmp_path / "v.parquet", voxels, FRAGMENT_VOXELS)
    (part,) = VoxelTables([tmp_path / "v.parquet"])(0)
    assert len(part.zyx) == 0
    candidates, points, _ = tissue.merge(own_cells(supervoxels))
    assert len(as_table(candidates, CANDIDATES)) == 0
    assert len(as_table(points, SYNAPSE_POINTS)) == 0


def test_a_synapse_of_one_voxel_keeps_its_place_and_ids():
    supervoxels, contacts = two_slabs(a=2**64 - 9, b=2**53 + 1)
    junctions = np.zeros(supervoxels.shape, np.uint64)
    junctions[4, 7, 9] = 2**64 - 1
    candidates, *_ = Tissue(supervoxels, contacts, junctions).merge(
        own_cells(supervoxels)
    )
    (row,) = candidates.to_dict("records")
    assert (row["cell_a"], row["cell_b"]) == (2**53 + 1, 2**64 - 9)
    assert row["junction"] == 2**64 - 1
    assert [row[f"{a}_vx"] for a in "zyx"] == [4, 7, 9]
    assert (row["sign"], np.isnan(row["sym_ratio"])) == (0, True)


def test_a_junction_inside_of_one_cell_is_no_synapse():
    supervoxels, contacts = two_slabs()
    junctions = np.ones(supervoxels.shape)
    table = own_cells(supervoxels).assign(cell=np.uint64(5))
    candidates, points, _ = Tissue(supervoxels, contacts, junctions).merge(table)
    assert candidates.empty
    assert points.empty
    excluded = own_cells(supervoxels)
    excluded.loc[0, "cell"] = 0
    assert Tissue(supervoxels, contacts, junctions).merge(excluded)[0].empty


@pytest.mark.parametrize(
    ("gap_vx", "count"),
    [((0, 5, 0), 1), ((0, 6, 0), 2), ((0, 0, 5), 1), ((0, 0, 6), 2), ((0, 3, 4), 1)],
)
def test_junctions_of_one_pair_join_up_to_50_nm(gap_vx, count):
    supervoxels, contacts = two_slabs()
    junctions = np.zeros(supervoxels.shape)
    junctions[4, 3, 3] = 1
    junctions[4 + gap_vx[0], 3 + gap_vx[1], 3 + gap_vx[2]] = 2
    candidates, *_ = Tissue(supervoxels, contacts, junctions).merge(
        own_cells(supervoxels)
    )
    assert len(candidates) == count
    assert candidates["junction_share"].tolist() == [1.0] * count
    assert candidates["junction_count"].tolist() == [3 - count] * count


def test_the_reach_is_in_nm_along_z_too():
    supervoxels = np.full((9, 4, 2), 1, np.uint64)
    supervoxels[..., 1] = 2
    contacts = np.zeros((9, 4, 2, 2), np.uint64)
    contacts[...] = 1, 2
    for gap, count in ((2, 1), (3, 2)):
        junctions = np.zeros(supervoxels.shape)
        junctions[1, 1, 0] = junctions[1 + gap, 1, 0] = 9
        tissue = Tissue(supervoxels, contacts, junctions)
        assert len(tissue.merge(own_cells(supervoxels))[0]) == count


@pytest.mark.parametrize("chunk_shape", [(8, 20, 20), (3, 4, 5), (1, 1, 1)])
def test_touching_voxels_are_one_synapse_however_short_the_reach(chunk_shape):
    supervoxels, contacts = two_slabs((4, 5, 6))
    junctions = np.ones(supervoxels.shape)
    settings = SETTINGS | {"same_pair_nm": 0.0}
    tissue = Tissue(supervoxels, contacts, junctions)
    merged, *_ = tissue.merge(own_cells(supervoxels), chunk_shape, settings)
    assert merged["voxel_count"].tolist() == [60]


def three_supervoxels(gap_vx):
    """Cell 1 faces supervoxels 2 and 3, and two junctions lie gap_vx apart along x."""
    supervoxels = np.ones((2, 4, 60), np.uint64)
    supervoxels[1, :, :30], supervoxels[1, :, 30:] = 2, 3
    contacts = np.zeros((2, 4, 60, 2), np.uint64)
    contacts[..., 0] = 1
    contacts[:, :, :30, 1], contacts[:, :, 30:, 1] = 2, 3
    junctions = np.zeros(supervoxels.shape)
    junctions[0, 1, 29] = junctions[0, 1, 29 + gap_vx] = 4
    return Tissue(supervoxels, contacts, junctions)


def test_different_supervoxel_pairs_of_the_same_cells_join_across_100_nm():
    table = pd.DataFrame({"supervoxel": [1, 2, 3], "cell": [1, 2, 2]}, dtype="u8")
    assert len(three_supervoxels(10).merge(table)[0]) == 1
    assert len(three_supervoxels(11).merge(table)[0]) == 2
    (count,) = three_supervoxels(10).merge(table)[0]["supervoxel_pair_count"]
    assert count == 2


def test_different_cells_never_join():
    apart = pd.DataFrame({"supervoxel": [1, 2, 3], "cell": [1, 2, 3]}, dtype="u8")
    assert len(three_supervoxels(1).merge(apart)[0]) == 2


def test_the_share_of_a_junction_counts_its_voxels_in_other_contacts():
    apart = pd.DataFrame({"supervoxel": [1, 2, 3], "cell": [1, 2, 3]}, dtype="u8")
    tissue = three_supervoxels(1)
    tissue.junctions[0, :3, 29] = 4
    first, second = tissue.merge(apart)[0]["junction_share"]
    assert (first, second) == (0.75, 0.25)


def test_type_counts_are_those_of_all_fragments():
    """The predecessor credited fragment 2 to fragment 1 and lost the last type."""
    supervoxels, contacts = two_slabs((8, 40, 20))
    junctions = np.zeros(supervoxels.shape)
    junctions[3:5, 2:38, 5:15] = 1
    sym = np.zeros(supervoxels.shape, bool)
    sym[:, 30:] = True  # symmetric in the last fragment alone
    asym = ~sym
    asym[:, :20] = False  # nothing in the first
    tissue = Tissue(supervoxels, contacts, junctions, sym & (junctions > 0), asym)
    (row,) = tissue.merge(own_cells(supervoxels), (8, 10, 20))[0].to_dict("records")
    assert (row["voxel_count"], row["sym_count"], row["asym_count"]) == (720, 160, 200)
    assert row["typed_count"] == 360
    assert row["sym_ratio"] == pytest.approx(160 / 360)
    assert row["sign"] == -1


def test_a_voxel_of_both_types_counts_once_as_typed():
    supervoxels, contacts = two_slabs()
    junctions = np.ones(supervoxels.shape)
    both = np.ones(supervoxels.shape, bool)
    tissue = Tissue(supervoxels, contacts, junctions, both, both)
    (row,) = tissue.merge(own_cells(supervoxels))[0].to_dict("records")
    assert row["typed_count"] == row["sym_count"] == row["voxel_count"] == 800


def test_small_synapses_are_left_out_and_the_rest_numbered_from_1():
    supervoxels, contacts = two_slabs()
    junctions = np.zeros(supervoxels.shape)
    junctions[4, 0, 0] = 1
    junctions[4, 10, 10:13] = 2
    tissue = Tissue(supervoxels, contacts, junctions)
    settings = SETTINGS | {"min_size_vx": 3}
    candidates, points, _ = tissue.merge(own_cells(supervoxels), settings=settings)
    assert candidates["synapse"].tolist() == [1]
    assert candidates["voxel_count"].tolist() == [3]
    assert points["synapse"].unique().tolist() == [1]


def test_sign_is_unknown_without_types_and_asymmetric_at_the_ratio():
    table = judge_sign(np.array([225, 226, 0]), np.array([775, 774, 0]), 0.225)
    assert table["sign"].tolist() == [1, -1, 0]
    assert table["sym_ratio"].isna().tolist() == [False, False, True]


@st.composite
def random_tissues(draw):
    """Small random tissue: any partition into supervoxels, contacts, junctions."""
    shape = tuple(draw(st.integers(1, n)) for n in (4, 7, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    ids = np.array([0, 3, 8, 2**40, HUGE + 1], np.uint64)
    supervoxels = ids[rng.integers(0, len(ids), shape)]
    chosen = np.sort(rng.choice(ids[1:], (*shape, 2)), axis=-1)
    contact = (rng.random(shape) < 0.7) & (chosen[..., 0] != chosen[..., 1])
    junctions = rng.integers(1, 4, shape) * (
        rng.random(shape) < draw(st.floats(0, 0.6))
    )
    sym, asym = rng.random((2, *shape)) < 0.5
    tissue = Tissue(supervoxels, chosen * contact[..., None], junctions, sym, asym)
    cells = draw(st.lists(st.sampled_from([3, 8, HUGE + 5]), min_size=4, max_size=4))
    return tissue, pd.DataFrame({"supervoxel": ids[1:], "cell": np.array(cells, "u8")})


def synapses_by_definition(tissue, membership):
    """Join every pair of voxels by the definition; (cells, voxels) of each synapse."""
    inside = np.argwhere(tissue.contacts.any(axis=-1) & (tissue.junctions != 0))
    pairs = tissue.contacts[tuple(inside.T)]
    cell_of = dict(zip(membership["supervoxel"], membership["cell"]))
    cells = [tuple(sorted(int(cell_of[v]) for v in pair)) for pair in pairs]
    kept = [i for i, (a, b) in enumerate(cells) if a != b]
    inside, pairs = inside[kept], pairs[kept]
    names = np.array([hash(cells[i]) for i in kept])
    if not kept:
        return set()
    distance = cdist(inside * SIZE, inside * SIZE)
    same = (pairs[:, None] == pairs[None]).all(axis=-1)
    near = distance <= np.where(same, 50, 100) + 1e-6
    near &= names[:, None] == names[None]
    _, label = connected_components(coo_array(near), directed=False)
    return {
        (cells[kept[np.argmax(label == i)]], frozenset(map(tuple, inside[label == i])))
        for i in range(label.max() + 1)
    }


@given(random_tissues())
def test_synapses_are_those_of_the_definition(case):
    tissue, membership = case
    candidates, *_ = tissue.merge(membership)
    expected = synapses_by_definition(tissue, membership)
    found = sorted(
        (int(r.cell_a), int(r.cell_b), r.voxel_count, r.start_z_vx, r.stop_x_vx)
        for r in candidates.itertuples()
    )
    assert found == sorted(
        (*cells, len(v), min(p[0] for p in v), max(p[2] for p in v) + 1)
        for cells, v in expected
    )
    for row, (_, voxels) in zip(
        candidates.itertuples(), sorted(expected, key=lambda e: min(e[1]))
    ):
        voxels = np.array(sorted(voxels))
        away = ((voxels - voxels.sum(0) / len(voxels)) * SIZE) ** 2
        middle = voxels[away.sum(axis=1).argmin()]
        assert [row.z_vx, row.y_vx, row.x_vx] == middle.tolist()


@given(
    random_tissues(),
    st.tuples(*[st.integers(2, 6)] * 3),
    st.tuples(*[st.integers(2, 6)] * 3),
    st.integers(1, 2),
)
def test_any_grid_gives_the_same_candidates(case, chunk_shape, block_shape, threads):
    tissue, membership = case
    copies = [v.copy() for v in (tissue.supervoxels, tissue.junctions, tissue.contacts)]
    whole = tissue.merge(membership)
    cut = tissue.merge(
        membership, chunk_shape, block_shape=block_shape, threads=threads
    )
    for one, other in zip(whole[:2], cut[:2]):
        assert_frame_equal(one, other, check_exact=True)
    for volume, copy in zip(
        (tissue.supervoxels, tissue.junctions, tissue.contacts), copies
    ):
        assert np.array_equal(volume, copy)


@given(random_tissues(), st.integers(1, 40))
def test_tables_in_many_parts_give_the_same_candidates(case, rows):
    tissue, membership = case
    whole = tissue.merge(membership, (3, 4, 4))
    parted = tissue.merge(membership, (3, 4, 4), rows=rows)
    for one, other in zip(whole, parted):
        assert_frame_equal(one, other, check_exact=True)


def test_the_area_of_a_tilted_disc_is_that_of_the_disc():
    """Two cells with a gap of 20 nm; a disc of junction across it, 240 nm in radius."""
    shape = (28, 70, 70)
    z, y, x = (np.indices(shape).T + 0.5).T * np.reshape(SIZE, (3, 1, 1, 1)) - 350
    for normal in ((1, 0, 0), (0, 1, 0), (0.6, 0.8, 0), (0.5, 0.5, 0.5**0.5)):
        depth = z * normal[0] + y * normal[1] + x * normal[2]
        aside = np.sqrt(np.maximum(z**2 + y**2 + x**2 - depth**2, 0))
        supervoxels = np.select([depth < -10, depth > 10], [1, HUGE], 0).astype("u8")
        contacts = np.zeros((*shape, 2), "u8")
        contacts[np.abs(depth) < 40] = 1, HUGE
        junctions = (aside < 240) & (np.abs(depth) < 60)
        tissue = Tissue(supervoxels, contacts, junctions)
        (row,) = tissue.merge(own_cells(supervoxels))[0].to_dict("records")
        for side in "ab":
            lines = np.array([row[f"crossings_{side}_{d}"] for d in DIRECTIONS])
            assert crofton_area(lines, SIZE) == pytest.approx(np.pi * 0.24**2, rel=0.1)


def test_lines_into_a_third_cell_are_not_of_the_synapse():
    """The junction reaches over the border between cells 2 and 3 on the far side."""
    supervoxels = np.ones((6, 10, 20), "u8")
    supervoxels[3:, :, :10], supervoxels[3:, :, 10:] = 2, 3
    contacts = np.zeros((*supervoxels.shape, 2), "u8")
    contacts[2:4] = 1, 2  # the site claims what is the third cell's
    junctions = np.zeros(supervoxels.shape)
    junctions[2:4, 2:8, 5:15] = 1
    candidates, *_ = Tissue(supervoxels, contacts, junctions).merge(
        own_cells(supervoxels)
    )
    (row,) = candidates.to_dict("records")
    assert row["voxel_count"] == 120
    assert row["crossings_a_z"] == row["crossings_b_z"] == 30


def test_no_line_crosses_a_gap_wider_than_lines_reach():
    supervoxels, contacts = two_slabs((20, 9, 9), 5, 8)
    supervoxels[6:14] = 0
    contacts[...] = 0
    junctions = np.zeros(supervoxels.shape)
    junctions[5:15, 4, 4] = 1
    contacts[5] = 5, 8
    (row,) = (
        Tissue(supervoxels, contacts, junctions)
        .merge(own_cells(supervoxels))[0]
        .to_dict("records")
    )
    assert (row["crossings_a_z"], row["crossings_b_z"]) == (0, 0)
