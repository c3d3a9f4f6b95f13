"""Small tissues to test the phantom on: grown ones, and ones made by hand."""

import copy
import functools
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from neuropil.phantom.assembly import grow_tissue
from neuropil.phantom.contents import NUMBERS
from neuropil.phantom.tissue import Tissue
from neuropil.phantom.types import Compartment

CONFIG = Path(__file__).parents[1] / "config" / "phantom.yaml"
SIZE = {"z": 25, "y": 10, "x": 10}
SHAPE = (44, 110, 110)
PLACE = ["z_nm", "y_nm", "x_nm"]


def phantom_settings(**changes):
    """Section `phantom` of the config, with some of its keys changed."""
    settings = yaml.safe_load(CONFIG.read_text())["phantom"]
    return copy.deepcopy(settings) | changes


@functools.cache
def small_tissue(seed=5):
    """Tissue of about 1.1 um a side, grown as the demo's."""
    shape = dict(zip("zyx", SHAPE))
    settings = phantom_settings(shape_vx=shape, padding_nm=500, seed=seed)
    return grow_tissue(settings, SIZE)


def hand_made(rows, shape=(40, 100, 100), glia=(2000.0, 2000.0, 2000.0), **field):
    """Tissue of balls (cell, z, y, x, radius), not bent, and one astrocyte.

    The astrocyte has the highest index; ``field`` changes the config's `field`.
    """
    settings = phantom_settings()
    still = {"warp": [{"sigma_nm": 260, "amplitude_nm": 0}], "glia_limit_nm": [0, 0]}
    settings["field"] |= still | field
    cells = int(max(row[0] for row in rows)) + 1
    rows = [*rows, (cells, *glia, 1.0)]
    nodes = pd.DataFrame(rows, columns=["cell_index", *PLACE, "radius_nm"])
    nodes = nodes.assign(run=np.arange(len(rows)), parent=-1, sheath_nm=0.0)
    nodes["compartment"] = int(Compartment.DENDRITE)
    nodes.loc[len(rows) - 1, "compartment"] = int(Compartment.GLIA)
    ids = np.arange(1, cells + 1).astype(np.uint64) + np.uint64(2**63)
    named = pd.DataFrame({"cell": ids, "type": "SPN", "kind": "axon", "sign": -1})
    synapses = ["pre_index", "post_index", *PLACE, "radius_nm", "sign", "onto"]
    return Tissue(
        cells=named.assign(whole=False),
        nodes=nodes,
        organelles=pd.DataFrame(columns=["organelle", *NUMBERS]).astype(
            dict.fromkeys(NUMBERS, float)
        ),
        synapses=pd.DataFrame(columns=synapses),
        seed=1,
        voxel_size_nm=np.array([25.0, 10.0, 10.0]),
        shape_vx=shape,
        settings=settings,
    )
