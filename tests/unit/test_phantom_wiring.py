import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from neuropil.phantom.boutons import (
    Wiring,
    grow_spines,
    place_boutons,
    touching_distance,
)
from neuropil.phantom.contents import place_organelles
from neuropil.phantom.growth import grow_cells
from neuropil.phantom.types import Compartment
from phantom_tissue import PLACE, phantom_settings, small_tissue


@pytest.fixture(scope="module")
def wiring():
    settings = phantom_settings()
    cells, nodes = grow_cells(settings, np.full(3, 0.0), np.full(3, 3400.0), seed=3)
    made = Wiring(cells, nodes, settings, seed=3)
    place_boutons(made)
    grow_spines(made)
    return made


class TestBoutons:
    def test_boutons_are_swellings_of_bare_axons(self, wiring):
        nodes = np.array([bouton[0] for bouton in wiring.boutons])
        assert len(nodes) == len(set(nodes.tolist())) > 20
        assert (wiring.code[nodes] == Compartment.BOUTON).all()
        assert not wiring.wrapped[nodes].any()
        for node in nodes:
            spec = wiring.settings["types"][wiring.type_of(node)]
            assert wiring.radius[node] > 1.5 * spec["axon"]["least_nm"]

    def test_areas_are_log_normal_around_the_tables_median(self, wiring):
        rows = pd.DataFrame(wiring.boutons, columns=["node", "area", "size", "onto"])
        rows["type"] = [wiring.type_of(n) for n in rows["node"]]
        for name, group in rows.groupby("type"):
            spec = wiring.settings["types"][name]["bouton"]
            size = np.log(group["area"] / spec["area_um2"]) / spec["area_spread"]
            np.testing.assert_allclose(size, group["size"], atol=1e-9)

    def test_boutons_of_an_axon_keep_their_distance(self, wiring):
        nodes = np.sort([bouton[0] for bouton in wiring.boutons])
        same = wiring.run[nodes[1:]] == wiring.run[nodes[:-1]]
        assert np.diff(nodes)[same].min() >= 7


class TestSpines:
    def test_a_head_is_pressed_on_its_bouton(self, wiring):
        assert len(wiring.spines) == len(wiring.links) > 10
        for frame, (bouton, head, distance) in zip(wiring.spines, wiring.links):
            tip = frame.iloc[-1]
            assert tip["compartment"] == Compartment.SPINE_HEAD
            apart = np.linalg.norm(tip[PLACE] - wiring.position[bouton])
            assert apart == pytest.approx(distance)
            radii = wiring.radius[bouton], tip["radius_nm"]
            assert distance <= touching_distance(*radii) + 1e-6
            assert head >= len(wiring.run)

    def test_a_spine_hangs_on_a_dendrite_of_another_cell(self, wiring):
        for frame, link in zip(wiring.spines, wiring.links):
            site = int(frame["parent"].iloc[0])
            assert wiring.code[site] == Compartment.DENDRITE
            assert wiring.cell[site] == frame["cell_index"].iloc[0]
            assert wiring.cell[site] != wiring.cell[link[0]]

    def test_only_types_with_spines_bear_them(self, wiring):
        types = wiring.settings["types"]
        spiny = {
            n for n, t in types.items() if t.get("dendrite", {}).get("spines_per_um")
        }
        bearing = {wiring.type[f["cell_index"].iloc[0] - 1] for f in wiring.spines}
        assert "SPN" in bearing <= spiny


class TestSynapses:
    def test_synapses_connect_two_cells_and_have_their_types_sign(self):
        tissue = small_tissue()
        synapses = tissue.synapses
        assert len(synapses) > 1
        assert (synapses["pre_index"] != synapses["post_index"]).all()
        pre = tissue.cells.iloc[synapses["pre_index"] - 1]
        np.testing.assert_array_equal(synapses["sign"], pre["sign"])
        for name, sign in (("SPN", -1), ("GP", -1), ("AFF", 1), ("STN", 1), ("AST", 0)):
            assert (tissue.cells["sign"][tissue.cells["type"] == name] == sign).all()

    def test_what_they_sit_on_is_possible(self):
        tissue = small_tissue()
        for row in tissue.synapses.itertuples():
            pre, post = (
                tissue.cells["type"][i - 1] for i in (row.pre_index, row.post_index)
            )
            assert post != "AST"
            weights = tissue.settings["wiring"][pre]["onto"]
            assert weights[row.onto] > 0

    def test_ids_are_unique_and_some_are_large(self):
        ids = small_tissue().cells["cell"].to_numpy()
        assert ids.dtype == np.uint64
        assert len(np.unique(ids)) == len(ids)
        assert (ids > 2**53).any()
        assert (ids < 2**40).any()
        assert not (
            ids[ids > 2**53].astype(float).astype(np.uint64) == ids[ids > 2**53]
        ).all()


def straight_axons(name, count=40):
    """Axons of one type along x with a bouton and a synapse in the middle of each."""
    steps = np.arange(80) * 90.0
    rows = [
        (c + 1, c, 80 * c + k - 1 if k else -1, 2000.0 * c, 0.0, x)
        for c in range(count)
        for k, x in enumerate(steps)
    ]
    columns = ["cell_index", "run", "parent", *PLACE]
    nodes = pd.DataFrame(rows, columns=columns).assign(radius_nm=80.0, sheath_nm=0.0)
    nodes["compartment"] = int(Compartment.AXON)
    bouton = 80 * np.arange(count) + 40
    for away, radius in ((0, 350.0), (1, 330.0), (2, 290.0), (3, 180.0)):
        nodes.loc[np.append(bouton - away, bouton + away), "radius_nm"] = radius
    synapses = nodes.loc[bouton, PLACE].reset_index(drop=True)
    synapses["y_nm"] += 330
    synapses["pre_index"] = np.arange(count) + 1
    synapses["bouton"] = bouton
    synapses["size"] = np.where(np.arange(count) % 2, 0.5, -0.5)
    return pd.DataFrame({"type": [name] * count}), nodes, synapses


def medians(name):
    """Median distance to the nearest mitochondrion of small and of large synapses."""
    cells, nodes, synapses = straight_axons(name)
    settings = phantom_settings()
    table, _ = place_organelles(cells, nodes, synapses, settings, seed=2)
    mitos = table[table["organelle"] == "mi"]
    found = {True: [], False: []}
    for row in synapses.itertuples():
        own = mitos[mitos["cell_index"] == row.pre_index]
        place = own[PLACE].to_numpy(float) - (row.z_nm, row.y_nm, row.x_nm)
        if len(own):
            away = np.linalg.norm(place, axis=1) - own["radius_nm"]
            found[row.size > 0].append(away.min())
    return np.median(found[False]), np.median(found[True])


class TestOrganelles:
    def test_larger_synapses_of_spiny_neurons_have_nearer_mitochondria(self):
        small, large = medians("SPN")
        assert 700 < small < 1100
        assert 200 < large < 450

    def test_mitochondria_of_pallidal_neurons_are_near_to_all(self):
        small, large = medians("GP")
        assert 150 < small < 350
        assert 150 < large < 350

    def test_mitochondria_fit_into_their_neurites(self):
        tissue = small_tissue()
        mitos = tissue.organelles[tissue.organelles["organelle"] == "mi"]
        assert mitos["radius_nm"].between(20, 250).all()

    def test_axons_swell_where_a_mitochondrion_would_not_fit(self):
        cells, nodes, synapses = straight_axons("SPN")
        settings = phantom_settings()
        table, swollen = place_organelles(cells, nodes, synapses, settings, seed=2)
        mitos = table[table["organelle"] == "mi"]
        assert mitos["radius_nm"].min() > 0.7 * 100
        place = cKDTree(swollen[PLACE].to_numpy(float))
        away, node = place.query(mitos[PLACE].to_numpy(float))
        around = swollen["radius_nm"].to_numpy()[node]
        assert (away + mitos["radius_nm"] + 20 < around).all()
        assert (swollen["radius_nm"] >= nodes["radius_nm"]).all()
        changed = swollen["radius_nm"] > nodes["radius_nm"]
        assert 0 < changed.mean() < 0.5

    def test_every_bouton_with_a_synapse_has_one_cloud(self):
        tissue = small_tissue()
        clouds = tissue.organelles[tissue.organelles["organelle"] == "vc"]
        inside = tissue.synapses["bouton"].nunique()
        assert 0 < clouds["object"].nunique() <= inside

    def test_no_synapse_no_cloud(self):
        cells, nodes, synapses = straight_axons("SPN", 2)
        table, _ = place_organelles(cells, nodes, synapses[:0], phantom_settings(), 1)
        assert not len(table)
