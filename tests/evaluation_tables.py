"""Small tables with which the tests of the evaluation work."""

import numpy as np
import pandas as pd

from neuropil.evaluation import organelles

BIG = 2**63 + 5


def make_synapses(rows):
    """Rows of (synapse, pre, post, x_nm, sign)."""
    frame = pd.DataFrame(rows, columns=["synapse", "pre", "post", "x_nm", "sign"])
    ids = {"synapse": "uint64", "pre": "uint64", "post": "uint64", "sign": "int8"}
    return frame.astype({**ids, "x_nm": float}).assign(z_nm=0.0, y_nm=0.0, area_um2=0.2)


def make_mapping(pairs):
    """Predicted cell -> true cell."""
    frame = pd.DataFrame(list(pairs.items()), columns=["cell", "truth_cell"])
    return frame.astype("uint64")


def make_edges(rows):
    frame = pd.DataFrame(rows, columns=["pre", "post", "synapse_count"])
    ids = frame.astype({"pre": "uint64", "post": "uint64"})
    return ids.assign(area_um2=ids["synapse_count"] * 0.2, sign=np.int8(1))


def make_contacts(rows):
    frame = pd.DataFrame(rows, columns=["cell_a", "cell_b", "area_um2"])
    return frame.astype({"cell_a": "uint64", "cell_b": "uint64", "area_um2": float})


def match_volumes(truth, predicted):
    return organelles.match_objects(organelles.extract_overlaps(truth, predicted))


IDENTITY = make_mapping({i: i for i in range(1, 10)} | {BIG: BIG})
TRUTH = make_synapses([(1, 1, 2, 0, 1), (2, 2, 3, 1000, -1), (BIG, BIG, 3, 5000, 1)])
