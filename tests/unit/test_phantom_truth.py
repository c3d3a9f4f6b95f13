import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from skimage.measure import marching_cubes, mesh_surface_area

from neuropil.grid import Box, tile
from neuropil.phantom.field import FieldSource, compute_fields
from neuropil.phantom.merge import merge_phantom
from neuropil.phantom.render import block_renderer, find_false_objects
from neuropil.phantom.truth import (
    count_truth,
    counts_of,
    measure_contacts,
    measure_truth,
    merge_counts,
    truth_halo,
)
from neuropil.schemas.phantom import COUNTS, PHANTOM
from neuropil.storage import as_table
from phantom_tissue import SHAPE, hand_made, small_tissue

WHOLE = Box.of(SHAPE)


def counts_in(tissue, box):
    """Counts of a box of a tissue."""
    fields = compute_fields(tissue, box.grow(truth_halo(tissue.voxel_size_nm)))
    return count_truth(fields, box, tissue.voxel_size_nm)


@pytest.fixture(scope="module")
def counts():
    return counts_in(small_tissue(), WHOLE)


class TestCounts:
    @given(st.tuples(*[st.integers(20, 70)] * 3))
    @settings(max_examples=5)
    def test_any_grid_adds_up_to_the_whole(self, shape):
        tissue = small_tissue()
        size = tissue.voxel_size_nm
        halo = truth_halo(size)
        source = FieldSource(tissue, WHOLE.grow(halo))
        parts = [
            count_truth(source.compute(box.grow(halo)), box, size)
            for box in tile(WHOLE, shape)
        ]
        whole = counts_in(tissue, WHOLE)
        assert_frame_equal(merge_counts(parts), whole)
        assert_frame_equal(merge_counts(parts[::-1]), whole)

    def test_counts_are_those_of_the_fields(self, counts):
        fields = compute_fields(small_tissue(), WHOLE)
        cells = counts_of(counts, "cell").set_index("first")
        index, size = np.unique(fields.cell[fields.cell > 0], return_counts=True)
        np.testing.assert_array_equal(cells["voxel_count"].loc[index], size)
        biggest = index[size.argmax()]
        for axis, name in enumerate("zyx"):
            total = np.nonzero(fields.cell == biggest)[axis].sum()
            assert cells[f"sum_{name}_vx"][biggest] == total

    def test_they_keep_their_schema(self, counts):
        assert as_table(counts, COUNTS).num_rows == len(counts)

    def test_an_empty_box_counts_nothing(self):
        box = Box((0, 0, 0), (0, 5, 5))
        assert not len(counts_in(small_tissue(), box))


class TestAreas:
    def test_a_plane_between_two_balls(self):
        balls = [(1, 500, 500, -1200, 1900.0), (2, 500, 500, 2200, 1900.0)]
        tissue = hand_made(balls)
        box = Box.of((40, 100, 100))
        table = measure_contacts(counts_in(tissue, box), tissue)
        assert table["cell_a"].tolist() == [2**63 + 1]
        assert table["area_um2"].item() == pytest.approx(1.0, rel=0.03)

    @pytest.mark.parametrize("radius", [150.0, 300.0])
    def test_a_ball_in_an_astrocyte(self, radius):
        tissue = hand_made([(1, 500, 500, 500, radius)])
        box = Box.of((40, 100, 100))
        table = measure_contacts(counts_in(tissue, box), tissue)
        area = 4 * np.pi * radius**2 / 1e6
        assert table["area_um2"].item() == pytest.approx(area, rel=0.04)

    def test_a_bent_plane_has_the_area_of_its_mesh(self):
        balls = [(1, 500, 500, -1200, 1900.0), (2, 500, 500, 2200, 1900.0)]
        warp = [{"sigma_nm": 180, "amplitude_nm": 60}]
        tissue = hand_made(balls, warp=warp)
        box = Box.of((40, 100, 100))
        fields = compute_fields(tissue, box)
        side = np.where(fields.nearest == 1, -1, 1) * fields.interface_nm
        vertices, faces, _, _ = marching_cubes(side, 0, spacing=(25, 10, 10))
        # The mesh ends at the middles of the outermost voxels.
        mesh = mesh_surface_area(vertices, faces) / 1e6 * (40 / 39) * (100 / 99)
        table = measure_contacts(counts_in(tissue, box), tissue)
        assert mesh > 1.01
        assert table["area_um2"].item() == pytest.approx(mesh, rel=0.04)


class TestTables:
    def test_tables_fit_their_schemas_and_each_other(self, counts):
        tissue = small_tissue()
        truth = measure_truth(counts, tissue)
        for name, table in truth.items():
            assert as_table(table[PHANTOM[name].columns], PHANTOM[name]).num_rows
        cells = set(truth["cells"]["cell"])
        for name, column in itertools.product(["contacts"], ["cell_a", "cell_b"]):
            assert set(truth[name][column]) <= cells
        assert set(truth["synapses"]["pre"]) <= cells
        assert (truth["contacts"]["cell_a"] < truth["contacts"]["cell_b"]).all()
        assert truth["edges"]["count"].sum() == len(truth["synapses"])

    def test_all_synapses_of_the_tissue_are_there(self, counts):
        tissue = small_tissue()
        synapses = measure_truth(counts, tissue)["synapses"]
        assert synapses["synapse"].tolist() == list(range(1, len(tissue.synapses) + 1))
        least = tissue.settings["least_synapse_um2"]
        assert synapses["area_um2"].min() > 0.5 * least

    def test_rendered_blocks_of_two_grids_give_the_same_tables(self):
        tissue = small_tissue()
        false_objects = find_false_objects(tissue)
        render = block_renderer(tissue, false_objects, (WHOLE, WHOLE))
        tables, volumes = [], []
        for shape in (SHAPE, (30, 64, 71)):
            parts = [(box, render(box)) for box in tile(WHOLE, shape)]
            raw = np.zeros(SHAPE, np.uint64)
            for box, part in parts:
                raw[box.slices] = (
                    part[0]["raw"] + part[0]["supervoxels"] + part[1]["cells"]
                )
            volumes.append(raw)
            found = [part[2] for _, part in parts], [part[3] for _, part in parts]
            tables.append(merge_phantom(tissue, *found))
        np.testing.assert_array_equal(*volumes)
        for name in PHANTOM:
            assert_frame_equal(tables[0][name], tables[1][name])
