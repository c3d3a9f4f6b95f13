import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from neuropil.kernels.phantom_growth import bin_nodes, find_pairs, relax, walk
from neuropil.phantom.growth import grow_cells
from neuropil.phantom.packing import overlapping_pairs, pack_nodes
from neuropil.phantom.types import Compartment
from phantom_tissue import PLACE, phantom_settings

LOW, HIGH = np.full(3, -400.0), np.full(3, 2400.0)


@pytest.fixture(scope="module")
def settings():
    dense = phantom_settings()
    dense["density"]["somata_per_um3"] = 0.1
    return dense


@pytest.fixture(scope="module")
def grown(settings):
    return grow_cells(settings, LOW, HIGH, seed=1)


def overlap(position, nodes):
    """Mean depth by which nodes of different cells overlap, in nm."""
    radius = (nodes["radius_nm"] + nodes["sheath_nm"]).to_numpy()
    cell = nodes["cell_index"].to_numpy()
    none = np.zeros(len(nodes), np.int64)
    domain = np.stack([LOW, HIGH])
    one, two = overlapping_pairs(position, radius, cell, none, domain).T
    apart = np.linalg.norm(position[one] - position[two], axis=1)
    return np.maximum(radius[one] + radius[two] - apart, 0).sum() / len(nodes)


class TestGrowth:
    def test_the_same_seed_grows_the_same(self, settings, grown):
        for first, second in zip(grown, grow_cells(settings, LOW, HIGH, seed=1)):
            assert_frame_equal(first, second)

    def test_another_seed_grows_other_tissue(self, settings, grown):
        _, nodes = grow_cells(settings, LOW, HIGH, seed=2)
        assert len(nodes) != len(grown[1])

    def test_nodes_make_one_tree_per_cell(self, grown):
        cells, nodes = grown
        parent, cell = nodes["parent"].to_numpy(), nodes["cell_index"].to_numpy()
        assert (parent < np.arange(len(nodes))).all()
        inner = parent >= 0
        np.testing.assert_array_equal(cell[inner], cell[parent[inner]])
        assert (np.bincount(cell[~inner], minlength=len(cells) + 1)[1:] == 1).all()

    def test_tissue_is_filled_as_wanted(self, settings, grown):
        nodes = grown[1]
        area = np.pi * (nodes["radius_nm"] + nodes["sheath_nm"]) ** 2
        tubes = nodes["compartment"] != Compartment.SOMA
        body = 4 / 3 * np.pi * nodes["radius_nm"][~tubes] ** 3
        # Some of a cell body, and of what is grown, lies outside of the domain.
        filled = (area[tubes].sum() * 90 + body.sum()) / np.prod(HIGH - LOW)
        assert settings["density"]["filled_fraction"] < filled < 1.2

    def test_radii_keep_to_the_table(self, settings, grown):
        cells, nodes = grown
        names = cells["type"].to_numpy()[nodes["cell_index"] - 1]
        for name, spec in settings["types"].items():
            axon = (names == name) & (nodes["compartment"] == Compartment.AXON)
            assert (nodes["radius_nm"][axon] >= spec["axon"]["least_nm"] - 1e-9).all()

    def test_whole_neurons_have_one_cell_body_and_an_axon(self, grown):
        cells, nodes = grown
        whole = np.flatnonzero(cells["kind"] == "neuron") + 1
        assert len(whole)
        for cell in whole:
            codes = nodes["compartment"][nodes["cell_index"] == cell]
            assert (codes == Compartment.SOMA).sum() == 1
            assert {Compartment.AXON, Compartment.DENDRITE} <= set(codes)

    def test_all_types_grow(self, settings):
        high = np.full(3, 4200.0)
        cells, _ = grow_cells(settings, LOW, high, seed=1)
        assert set(settings["types"]) | {"AST"} == set(cells["type"])

    def test_cost_grows_with_the_volume(self, settings, grown):
        high = HIGH + np.array([2800.0, 0, 0])
        _, nodes = grow_cells(settings, LOW, high, seed=1)
        assert 1.6 < len(nodes) / len(grown[1]) < 2.6

    def test_a_walk_ends_where_it_leaves_the_domain(self):
        out = np.empty((500, 3))
        filled = np.zeros((12, 12, 12), np.float32)
        shape, heading = np.array([90.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
        count = walk(
            np.full(3, 1000.0),
            heading,
            shape,
            filled,
            250.0,
            LOW,
            HIGH,
            np.uint64(7),
            out,
        )
        assert count == 16
        np.testing.assert_allclose(out[:count, 2], 1000 + 90 * np.arange(1, 17))


class TestPacking:
    def test_pairs_are_those_of_all_comparisons(self):
        random = np.random.default_rng(0)
        position = random.uniform(-300, 1500, (160, 3))
        radius = random.uniform(30, 300, 160)
        radius[:4] = 700.0
        cell = random.integers(1, 9, 160)
        partner = np.zeros(160, np.int64)
        partner[10:40] = 3
        low, shape = np.full(3, -300.0), np.full(3, 5)
        bins = (*bin_nodes(position, 400.0, low, shape), shape, low, 400.0)
        pairs = np.empty((20000, 2), np.int64)
        count = find_pairs(position, radius, cell, partner, bins, (400.0, 50.0), pairs)
        apart = np.linalg.norm(position[:, None] - position[None], axis=2)
        near = apart < radius[:, None] + radius[None] + 50
        near &= cell[:, None] != cell[None]
        near &= (partner[:, None] != cell[None]) & (partner[None] != cell[:, None])
        found = {tuple(sorted(pair)) for pair in pairs[:count].tolist()}
        assert found == set(zip(*(i.tolist() for i in np.nonzero(np.triu(near)))))
        assert len(found) == count

    def test_packing_takes_overlap_away(self, grown):
        nodes = grown[1]
        before = nodes[PLACE].to_numpy().copy()
        links = np.empty((0, 3))
        after = pack_nodes(nodes, links, np.stack([LOW, HIGH]), rounds=8)
        assert overlap(after, nodes) < 0.25 * overlap(before, nodes)
        np.testing.assert_array_equal(nodes[PLACE].to_numpy(), before)

    def test_packing_keeps_cell_bodies_and_lengths(self, grown):
        nodes = grown[1]
        before = nodes[PLACE].to_numpy()
        inside = ((before > LOW) & (before < HIGH)).all(axis=1)
        after = pack_nodes(nodes, np.empty((0, 3)), np.stack([LOW, HIGH]), rounds=8)
        body = (nodes["compartment"] == Compartment.SOMA) & inside
        np.testing.assert_array_equal(after[body], before[body])
        parent = nodes["parent"].to_numpy()
        kept = np.flatnonzero((parent >= 0) & inside & inside[parent])
        length = [
            np.linalg.norm(p[kept] - p[parent[kept]], axis=1) for p in (before, after)
        ]
        assert np.median(np.abs(length[1] / length[0] - 1)) < 0.1

    def test_linked_nodes_come_together(self):
        cells = [[1, 0, 0, 0, -1], [2, 0, 0, 900, -1]]
        nodes = pd.DataFrame(cells, columns=["cell_index", *PLACE, "parent"])
        nodes = nodes.assign(radius_nm=200.0, sheath_nm=0.0, compartment=2)
        links = np.array([[0.0, 1.0, 330.0]])
        domain = np.array([[-2000.0] * 3, [2000.0] * 3])
        after = pack_nodes(nodes, links, domain, rounds=5)
        assert np.linalg.norm(after[0] - after[1]) == pytest.approx(330, abs=1)


def test_nodes_of_a_neurite_may_lie_in_one_place():
    position = np.full((3, 3), 500.0)
    domain = np.array([[0.0] * 3, [1000.0] * 3])
    ones, parent = np.ones(3), np.array([-1, 0, 1])
    none = (np.zeros((0, 2), np.int64), np.zeros((0, 3)))
    relax(position, ones, ones, parent, np.zeros(3), *none, domain, 2)
    assert (position == 500).all()
