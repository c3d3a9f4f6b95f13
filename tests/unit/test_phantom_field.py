import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil.grid import Box
from neuropil.phantom.field import (
    FieldSource,
    bend,
    compute_fields,
    neurite_rods,
    unwarp,
)
from neuropil.phantom.types import REACH_NM, Compartment
from phantom_tissue import SHAPE, hand_made, small_tissue

WHOLE = Box.of(SHAPE)


@pytest.fixture(scope="module")
def tissue():
    return small_tissue()


@pytest.fixture(scope="module")
def fields(tissue):
    return compute_fields(tissue, WHOLE)


def nearest_cells(tissue, voxels):
    """Index of the cell with the nearest surface, and its distance, by definition."""
    head, tail, wide, thin, cell = neurite_rods(tissue.nodes)[:5]
    size, out = tissue.voxel_size_nm, []
    for voxel in voxels:
        box = Box.of((1, 1, 1), tuple(int(v) for v in voxel))
        point = (voxel + 0.5) * size + bend(tissue, box, size)[:, 0, 0, 0]
        along = tail - head
        square = np.maximum((along**2).sum(1), 1e-12)
        t = np.clip(((point - head) * along).sum(1) / square, 0, 1)
        away = np.linalg.norm(point - head - t[:, None] * along, axis=1)
        surface = away - (wide + t * (thin - wide))
        out.append((cell[surface.argmin()], surface.min()))
    return np.array(out)


class TestInvariance:
    @given(
        st.tuples(*[st.integers(0, n - 2) for n in SHAPE]),
        st.tuples(*[st.integers(1, 40)] * 3),
    )
    @settings(max_examples=12)
    def test_any_box_holds_the_same_voxels(self, start, shape):
        box = Box.of(shape, start).intersect(WHOLE)
        whole = compute_fields(small_tissue(), WHOLE)
        for name, array in vars(compute_fields(small_tissue(), box)).items():
            np.testing.assert_array_equal(array, getattr(whole, name)[box.slices], name)

    def test_a_source_of_a_region_gives_the_same(self, tissue, fields):
        box = Box((10, 20, 30), (20, 60, 90))
        part = FieldSource(tissue, WHOLE).compute(box)
        np.testing.assert_array_equal(part.cell, fields.cell[box.slices])

    def test_an_empty_box_is_empty(self, tissue):
        assert compute_fields(tissue, Box((3, 3, 3), (3, 9, 9))).cell.shape == (0, 6, 6)

    def test_one_voxel(self, tissue, fields):
        one = compute_fields(tissue, Box((7, 50, 60), (8, 51, 61)))
        assert one.interface_nm.item() == fields.interface_nm[7, 50, 60]

    def test_beyond_the_volume_there_is_tissue_too(self, tissue):
        assert compute_fields(tissue, Box((-4, -8, -8), (0, 0, 0))).nearest.any()

    def test_the_tissue_is_left_as_it_was(self, tissue):
        before = tissue.nodes.copy()
        compute_fields(tissue, Box((0, 0, 0), (4, 9, 9)))
        assert before.equals(tissue.nodes)


class TestCells:
    def test_a_voxel_belongs_to_the_nearest_process(self, tissue, fields):
        random = np.random.default_rng(1)
        voxels = random.integers(0, SHAPE, (400, 3))
        expected = nearest_cells(tissue, voxels)
        sure = expected[:, 1] < 0
        at = tuple(voxels[sure].T)
        wrapped = fields.myelin[at] > 0
        same = (fields.nearest[at] == expected[sure, 0]) | wrapped
        assert sure.sum() > 100
        assert same.all()

    def test_what_is_far_from_all_belongs_to_an_astrocyte(self, tissue, fields):
        random = np.random.default_rng(2)
        voxels = random.integers(0, SHAPE, (400, 3))
        far = nearest_cells(tissue, voxels)[:, 1]
        limit = tissue.settings["field"]["glia_limit_nm"][1]
        at = tuple(voxels[far > limit].T)
        glia = np.flatnonzero(tissue.cells["kind"] == "glia") + 1
        assert np.isin(fields.nearest[at], glia).all()

    def test_compartment_is_set_where_a_cell_is(self, fields):
        np.testing.assert_array_equal(fields.compartment > 0, fields.cell > 0)

    def test_membranes_bound_cells(self, fields):
        np.testing.assert_array_equal(
            fields.cell > 0, (fields.membrane_nm > 0) & (fields.nearest > 0)
        )
        assert ((fields.cell == 0) | (fields.cell == fields.nearest)).all()

    def test_distances_are_cut_off(self, fields):
        assert fields.interface_nm.min() >= 0
        assert fields.interface_nm.max() <= REACH_NM
        assert (fields.neighbour != fields.nearest)[fields.neighbour > 0].all()

    def test_neighbours_meet_where_the_distance_is_small(self, fields):
        near, label = fields.interface_nm[:, :, :-1], fields.nearest
        differ = (label[:, :, 1:] != label[:, :, :-1]) & (fields.myelin[:, :, 1:] == 0)
        differ &= fields.myelin[:, :, :-1] == 0
        assert np.percentile(near[differ], 95) < 20


class TestContents:
    def test_organelles_lie_in_their_cells(self, tissue, fields):
        for name, labels in (("mi", fields.mito), ("vc", fields.vesicles)):
            table = tissue.organelles[tissue.organelles["organelle"] == name]
            owner = dict(zip(table["object"], table["cell_index"]))
            found = labels > 0
            assert found.any()
            wanted = np.vectorize(owner.get)(labels[found])
            np.testing.assert_array_equal(fields.cell[found], wanted)
        assert not ((fields.mito > 0) & (fields.vesicles > 0)).any()
        np.testing.assert_array_equal(fields.mito > 0, fields.mito_depth_nm > 0)

    def test_junctions_lie_between_their_cells(self, tissue, fields):
        found = fields.synapse > 0
        assert found.any()
        rows = tissue.synapses.iloc[fields.synapse[found] - 1]
        ends = np.sort(rows[["pre_index", "post_index"]].to_numpy(), axis=1)
        sides = np.stack([fields.nearest[found], fields.neighbour[found]], axis=1)
        np.testing.assert_array_equal(ends, np.sort(sides, axis=1))
        half = tissue.settings["field"]["junction_half_nm"]
        assert fields.interface_nm[found].max() < half

    def test_sheaths_belong_to_no_cell(self):
        tissue = hand_made([(1, 500, 500, 500, 200.0)])
        tissue.nodes.loc[0, "sheath_nm"] = 120.0
        fields = compute_fields(tissue, Box.of((40, 100, 100)))
        middle = fields.cell[20, 50], fields.myelin[20, 50]
        assert middle[0][50] == 1
        away = np.abs(np.arange(100) * 10.0 + 5 - 500)
        sheath = (away > 202) & (away < 290)
        assert (middle[0][sheath] == 0).all()
        assert (middle[1][sheath] == 1).all()
        assert not middle[1][away < 195].any()

    def test_a_nucleus_lies_in_a_cell_body(self):
        tissue = hand_made([(1, 500, 500, 500, 450.0)])
        tissue.nodes.loc[0, "compartment"] = int(Compartment.SOMA)
        fields = compute_fields(tissue, Box.of((40, 100, 100)))
        assert fields.compartment[20, 50, 50] == Compartment.NUCLEUS
        assert fields.compartment[20, 50, 90] == Compartment.SOMA
        inner = fields.compartment == Compartment.NUCLEUS
        volume = inner.sum() * 2500.0
        assert volume == pytest.approx(4 / 3 * np.pi * (0.66 * 450) ** 3, rel=0.02)


class TestGeometry:
    def test_equal_balls_part_in_the_middle(self):
        balls = [(1, 500, 500, 300, 260.0), (2, 500, 500, 700, 260.0)]
        tissue = hand_made(balls, gap_half_nm=[10, 10])
        fields = compute_fields(tissue, Box.of((40, 100, 100)))
        row = fields.interface_nm[20, 50, 42:58]
        expected = np.abs((np.arange(42, 58) + 0.5) * 10 - 500)
        np.testing.assert_allclose(row, expected, atol=1)
        np.testing.assert_array_equal(fields.cell[20, 50, 42:58] == 0, expected < 10)

    def test_unwarp_undoes_the_bending(self, tissue):
        points = np.random.default_rng(0).uniform(0, 1000, (50, 3))
        places = unwarp(tissue, points)
        for point, place in zip(points, places):
            voxel = tuple(int(v) for v in place // tissue.voxel_size_nm)
            moved = bend(tissue, Box.of((1, 1, 1), voxel), tissue.voxel_size_nm)
            assert np.linalg.norm(place + moved[:, 0, 0, 0] - point) < 45
