"""The map of membranes: what parts cells, with holes, and outlines of mitochondria."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from neuropil.grid import Box
from neuropil.phantom.fields import Fields
from neuropil.phantom.noise import derive_seed, smooth_noise, uniform
from neuropil.phantom.tissue import Tissue

MEMBRANE_NM = 15.0  # from a surface inward: what a network calls membrane is thicker
HOLE_NM = 40.0  # scale of the places where a membrane is not seen


def membrane_levels(fields: Fields, box: Box, tissue: Tissue) -> np.ndarray:
    """Ideal map of membranes, the space between cells and myelin, with its mistakes.

    A share ``missed`` of all places has no membrane; a share ``added`` of mitochondria
    has an outer membrane that looks like that of a cell.

    Parameters
    ----------
    fields : of ``box``

    Returns
    -------
    (Z, Y, X) array of uint8, 0 or 255
    """
    maps = tissue.settings["maps"]["membrane"]
    shown = (fields.cell == 0) | (fields.membrane_nm < MEMBRANE_NM)
    if maps["missed"] > 0:
        key = derive_seed(tissue.seed, "missed", "membrane")
        noise = smooth_noise(box, tissue.voxel_size_nm, HOLE_NM, key)
        shown &= noise < np.float32(NormalDist().inv_cdf(1 - maps["missed"]))
    count = int(fields.mito.max(initial=0))
    number = np.arange(count + 1)
    mistaken = uniform(number, derive_seed(tissue.seed, "added", "membrane"))
    mistaken = mistaken < maps["added"]
    mistaken[0] = False
    shown |= mistaken[fields.mito] & (fields.mito_depth_nm < MEMBRANE_NM)
    return shown.view(np.uint8) * np.uint8(255)
