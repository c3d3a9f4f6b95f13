"""Myelinated nodes against true sheaths."""

import numpy as np
import pandas as pd
import pytest

from neuropil.evaluation.myelin import evaluate_myelin
from neuropil.skeletons.store import Skeleton

HUGE = np.uint64(2**63 + 5)
CELLS = pd.DataFrame({"cell": [11, 12], "truth_cell": [HUGE, 0]}, dtype="u8")
# A true axon along x whose first five nodes have a sheath.
TRUTH = pd.DataFrame(
    {
        "cell": HUGE,
        "z_nm": 500.0,
        "y_nm": 500.0,
        "x_nm": np.arange(10) * 200.0,
        "radius_nm": 80.0,
        "sheath_nm": [100.0] * 5 + [0.0] * 5,
    }
)


def skeleton(shift=0.0):
    places = np.stack([[500 + shift] * 10, [500] * 10, np.arange(10) * 200], axis=1)
    edges = np.stack([np.arange(9), np.arange(1, 10)], axis=1)
    return Skeleton(places.astype("f4"), edges, np.ones(10), np.zeros(10))


def told(*values, cell=11):
    """A table of nodes, its rows in no order."""
    table = pd.DataFrame({"cell": np.uint64(cell), "node": np.arange(10)})
    return table.assign(is_myelinated=np.array(values, bool)).sample(
        frac=1, random_state=0
    )


def scores(found, table):
    return evaluate_myelin(found, table, CELLS, TRUTH)["myelin"]


def test_nodes_are_compared_with_the_sheaths_beside_them():
    made = scores([(11, skeleton(30))], told(*[1] * 4, *[0] * 5, 1))
    assert made["node_count"] == 10
    assert made["accuracy"] == pytest.approx(0.8)
    assert (made["precision"], made["recall"]) == pytest.approx((0.8, 0.8))


def test_nodes_far_from_the_truth_and_cells_without_one_do_not_count():
    table = pd.concat([told(*[1] * 10), told(*[1] * 10, cell=12)])
    made = scores([(11, skeleton(300)), (12, skeleton())], table)
    assert made["node_count"] == 0
    assert made["accuracy"] == 1
