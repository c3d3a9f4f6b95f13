"""Skeletons against true trees: distances, lengths, branches found and missed."""

import numpy as np
import pandas as pd
import pytest

from neuropil.evaluation.skeletons import evaluate_skeletons
from neuropil.phantom.types import Compartment
from neuropil.schemas.evaluation import BRANCH_MATCHES
from neuropil.skeletons.store import Skeleton
from neuropil.storage import as_table

HUGE = np.uint64(2**63 + 5)
BOX = ((0, 0, 0), (5000, 5000, 5000))
CELLS = pd.DataFrame({"cell": [11, 12], "truth_cell": [HUGE, HUGE]}, dtype="u8")
KNOWN = pd.DataFrame(
    {"cell": np.array([HUGE, 3], "u8"), "kind": ["neuron", "glia"]},
)


def tree(lines, compartment=Compartment.AXON, radius=50.0):
    """True nodes of polylines (z, y, x) that begin in the first node of the first."""
    rows = [(lines[0][0], -1)]
    for line in lines:
        above = 0
        for place in line[1:]:
            rows.append((place, above))
            above = len(rows) - 1
    places, parents = zip(*rows)
    table = pd.DataFrame(np.array(places, float), columns=["z_nm", "y_nm", "x_nm"])
    ids = {"cell": HUGE, "node": np.arange(len(rows)), "parent": parents}
    return table.assign(**ids, radius_nm=radius, compartment=int(compartment))


def skeleton(*lines, shift=0.0):
    """Skeleton of polylines that do not touch."""
    counts = [len(line) for line in lines]
    first = np.repeat(np.cumsum(counts) - counts, counts)
    row = np.arange(sum(counts))
    below = row > first
    edges = np.stack([row[below] - 1, row[below]], axis=1)
    part = np.repeat(np.arange(len(lines)), counts)
    places = np.concatenate([np.asarray(line, float) for line in lines])
    return Skeleton(np.add(places, (0, shift, 0)), edges, np.ones(len(row)), part)


def straight(start, stop, count=11):
    return np.linspace(start, stop, count)


TRUNK = straight((1000, 1000, 500), (1000, 1000, 4500), 41)
SIDE = straight((1000, 1000, 500), (1000, 3000, 500), 21)
THIRD = straight((1000, 1000, 500), (3000, 1000, 500), 21)


def scores(found, nodes):
    """Scores of skeletons of cells 11, 12; the table fits its schema."""
    branches, made = evaluate_skeletons(found, CELLS, (KNOWN, nodes), BOX)
    as_table(branches, BRANCH_MATCHES)
    return made["skeletons"]


def test_a_copy_of_the_truth_is_perfect():
    made = scores([(11, skeleton(TRUNK)), (12, skeleton(SIDE))], tree([TRUNK, SIDE]))
    assert made["cable_ratio"] == pytest.approx(1)
    assert made["cable_um"] == pytest.approx(6)
    assert made["distance_nm"] == pytest.approx(0, abs=1)
    assert (made["branch_recall"], made["branch_precision"]) == (1, 1)
    assert (made["cycle_count"], made["orphan_count"]) == (0, 0)


@pytest.mark.parametrize(("shift", "found"), [(90, 1), (110, 0)])
def test_a_branch_is_near_within_100_nm(shift, found):
    made = scores([(11, skeleton(TRUNK, shift=shift))], tree([TRUNK]))
    assert made["distance_nm"] == pytest.approx(shift)
    assert made["branch_f1"] == found


def test_within_the_true_radius_is_near():
    made = scores([(11, skeleton(TRUNK, shift=110))], tree([TRUNK], radius=120.0))
    assert made["branch_f1"] == 1


def test_missed_and_false_branches_count_and_short_ones_do_not():
    false = straight((3000, 500, 500), (3000, 500, 1100))
    short = straight((3000, 1500, 500), (3000, 1500, 900))
    made = scores([(11, skeleton(TRUNK, false, short))], tree([TRUNK, SIDE, THIRD]))
    assert made["branch_count"] == 3
    assert made["branch_recall"] == pytest.approx(1 / 3)
    assert made["branch_precision"] == 0.5
    assert made["branch_f1"] == pytest.approx(0.4)
    assert made["cable_ratio"] == pytest.approx(5 / 8)


def test_what_lies_outside_or_in_a_soma_does_not_count():
    beyond = straight((1000, 1000, 500), (1000, 1000, -3500), 41)
    nodes = tree([TRUNK, beyond])
    nodes.loc[nodes["x_nm"] > 3000, "compartment"] = int(Compartment.SOMA)
    whole = straight((1000, 1000, 0), (1000, 1000, 4500), 46)
    made = scores([(11, skeleton(whole))], nodes)
    assert made["cable_um"] == pytest.approx(3, abs=0.15)
    assert made["cable_ratio"] == pytest.approx(1, abs=0.1)
    assert made["branch_f1"] == 1


def test_cells_without_a_skeleton_are_missed_and_glia_are_left_out():
    nodes = pd.concat([tree([TRUNK]), tree([SIDE]).assign(cell=np.uint64(3))])
    made = scores([], nodes)
    assert (made["branch_count"], made["branch_recall"], made["branch_f1"]) == (1, 0, 0)
    assert np.isnan(made["distance_nm"])


def test_cycles_and_orphans_are_counted():
    ring = skeleton([(0, 0, 0), (0, 0, 900), (0, 900, 0)], [(9, 9, 9)])
    closed = ring._replace(edges=np.append(ring.edges, [[0, 2]], axis=0))
    made = scores([(11, closed)], tree([TRUNK]))
    assert (made["cycle_count"], made["orphan_count"]) == (1, 1)


@pytest.mark.parametrize(("beside", "counted"), [(5, 0), (90, 0), (400, 2)])
def test_the_rim_of_a_neurite_beyond_the_border_does_not_count(beside, counted):
    beyond = straight((1000, -350, 500), (1000, -350, 2500), 21)
    rim = straight((1000, beside, 500), (1000, beside, 2500), 21)
    made = scores([(11, skeleton(rim))], tree([beyond]))
    assert made["cable_um"] == pytest.approx(counted)
    assert made["branch_precision"] == (0 if counted else 1)
