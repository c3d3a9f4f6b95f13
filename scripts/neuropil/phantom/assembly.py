"""Grow a whole tissue: cells, packed, wired, and filled with organelles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from neuropil.phantom.boutons import Wiring, grow_spines, place_boutons
from neuropil.phantom.contents import Contents, place_organelles
from neuropil.phantom.growth import grow_cells
from neuropil.phantom.noise import derive_seed, scatter
from neuropil.phantom.packing import pack_nodes
from neuropil.phantom.tissue import Tissue
from neuropil.phantom.truth import estimate_areas
from neuropil.phantom.types import Sign
from neuropil.phantom.wiring import SIGNS, Targets, connect_boutons, place_synapses

POSITION = ["z_nm", "y_nm", "x_nm"]
RIM_NM = 150.0


def grow_tissue(settings: dict, voxel_size_nm: dict) -> Tissue:
    """Grow the tissue of a phantom: cells, packed, wired and filled.

    Parameters
    ----------
    settings : section `phantom` of the config
    voxel_size_nm : {z, y, x}

    Returns
    -------
    The tissue; the same for the same settings. Time and memory grow with its volume.
    """
    size = np.array([voxel_size_nm[a] for a in "zyx"], float)
    shape = tuple(settings["shape_vx"][a] for a in "zyx")
    seed = settings["seed"]
    pad = settings["padding_nm"]
    domain = np.stack([np.full(3, -pad), shape * size + pad]).astype(float)
    cells, nodes = grow_cells(settings, *domain, seed)
    cells = name_cells(cells, settings, seed)
    nodes, boutons, links = wire(cells, nodes, settings, domain)
    synapses = place_synapses(cells, nodes, boutons, links)
    empty = Contents(cells, nodes, synapses, settings, seed).table()
    tissue = Tissue(cells, nodes, empty, synapses, seed, size, shape, settings)
    synapses = realised_synapses(tissue)
    organelles, nodes = place_organelles(cells, nodes, synapses, settings, seed)
    organelles = near_volume(organelles, tissue)
    return replace(tissue, nodes=nodes, synapses=synapses, organelles=organelles)


def name_cells(cells: pd.DataFrame, settings: dict, seed: int) -> pd.DataFrame:
    """Give cells scattered ids (every third above 2**53) and the sign of their type."""
    index = np.arange(len(cells))
    bits = scatter(index, derive_seed(seed, "ids"))
    wide = bits >> np.uint64(2) | np.uint64(1 << 60)
    narrow = bits >> np.uint64(30)
    ids = np.where(index % 3 == 0, wide, narrow) // np.uint64(len(cells) + 1)
    ids = ids * np.uint64(len(cells) + 1) + (index + 1).astype(np.uint64)
    signs = {n: SIGNS[t["sign"]] for n, t in settings["types"].items()}
    sign = cells["type"].map(signs).fillna(Sign.UNKNOWN).astype(np.int8)
    return cells.assign(cell=ids, sign=sign)


def wire(cells, nodes, settings: dict, domain: np.ndarray):
    """Make boutons and spines, pack, connect the other boutons, and pack again.

    Returns
    -------
    nodes packed, boutons (node, area_um2, size, onto), links (bouton, target, nm)
    """
    seed, rounds = settings["seed"], settings["packing"]["rounds"]
    wiring = Wiring(cells, nodes, settings, seed)
    place_boutons(wiring)
    grow_spines(wiring)
    boutons = pd.DataFrame(wiring.boutons, columns=["node", "area_um2", "size", "onto"])
    nodes = nodes.assign(radius_nm=wiring.radius, compartment=wiring.code)
    nodes = pd.concat([nodes, *wiring.spines], ignore_index=True)
    links = np.array(wiring.links, float).reshape(-1, 3)
    nodes[POSITION] = pack_nodes(nodes, links, domain, rounds)
    targets = Targets(cells, nodes, settings, seed)
    links = connect_boutons(targets, boutons, links)
    nodes[POSITION] = pack_nodes(nodes, links, domain, max(1, rounds // 4))
    return nodes, boutons, links


def realised_synapses(tissue: Tissue) -> pd.DataFrame:
    """Keep the synapses whose cells truly face each other in the volume.

    Their ``size`` becomes the log of the area found over the median of their type.
    """
    area = estimate_areas(tissue)
    keep = area >= tissue.settings["least_synapse_um2"]
    kept = tissue.synapses[keep].reset_index(drop=True)
    size = pd.Series(np.log(area[keep]))
    types = tissue.cells["type"].to_numpy()[kept["pre_index"].to_numpy() - 1]
    return kept.assign(size=size - size.groupby(types).transform("median"))


def near_volume(organelles: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Keep the organelles with a node in the volume or nearly; number them anew."""
    end = np.multiply(tissue.shape_vx, tissue.voxel_size_nm)
    place = organelles[POSITION].to_numpy(float)
    near = ((place > -RIM_NM) & (place < end + RIM_NM)).all(axis=1)
    names = ["organelle", "object"]
    kept = pd.Series(near).groupby([organelles[n] for n in names]).transform("any")
    table = organelles[kept.to_numpy()].reset_index(drop=True)
    numbers = table.groupby("organelle")["object"].rank(method="dense")
    return table.assign(object=numbers.astype(np.int64))
