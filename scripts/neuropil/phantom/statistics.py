"""What the phantom is like, in numbers that are published for real neuropil."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.phantom.tissue import Tissue
from neuropil.phantom.truth import counts_of
from neuropil.phantom.types import Compartment

POSITION = ["z_nm", "y_nm", "x_nm"]
KASTHURI = "Kasthuri et al. 2015 Cell 162:648, mouse cortex"
MERCHAN = "Merchan-Perez et al. 2014 Cereb Cortex 24:1579, rat cortex"
SHAPSON = "Shapson-Coe et al. 2024 Science 384:eadk4858, human cortex"
NICHOLSON = "Nicholson & Hrabetova 2017 Biophys J 113:2133"
HARRIS = "Harris & Weinberg 2012 Cold Spring Harb Perspect Biol 4:a005587"
DORKENWALD = "Dorkenwald et al. 2017 Nat Methods 14:435; SyConn2, Fig. 2e"
NEURITES = (Compartment.AXON, Compartment.DENDRITE)


def summarise_phantom(
    counts: pd.DataFrame, tissue: Tissue, truth: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Compare the phantom with published neuropil.

    Parameters
    ----------
    counts : table `COUNTS` of the whole volume
    tissue : the tissue
    truth : truth tables by name

    Returns
    -------
    Table `STATISTICS`, without what a small volume has none of.
    """
    synapses = truth["synapses"]
    calibre = neurite_calibre(tissue)
    spines = spine_density(tissue, synapses)
    asymmetric = 100 * (synapses["sign"] > 0).mean()
    rows = [
        *volume_shares(counts, tissue, truth),
        ("median synapse area, um2", synapses["area_um2"].median(), 0.1, 0.4, HARRIS),
        ("asymmetric synapses, %", asymmetric, 50, 95, KASTHURI),
        ("neurite calibre, 10th percentile, nm", calibre[0], 100, 500, SHAPSON),
        ("neurite calibre, median, nm", calibre[1], 100, 500, SHAPSON),
        ("spines per um of spiny dendrite", spines, 0.5, 2, HARRIS),
        *mitochondria_distances(tissue, truth),
    ]
    columns = ["quantity", "value", "low", "high", "source"]
    table = pd.DataFrame(rows, columns=columns).astype({"value": float})
    return table.dropna(ignore_index=True)


def volume_shares(counts, tissue: Tissue, truth: dict[str, pd.DataFrame]) -> list:
    """Rows of the table: synapses per volume, and what fills the volume."""
    total = float(counts_of(counts, "volume")["voxel_count"].sum())
    share = {
        name: 100 * counts_of(counts, name)["voxel_count"].sum() / total
        for name in ("cell", "mi", "vc", "myelin")
    }
    glia = truth["cells"]["kind"] == "glia"
    astrocytes = 100 * truth["cells"]["voxel_count"][glia].sum() / total
    gaps = 100 - share["cell"] - share["myelin"]
    volume = total * float(np.prod(tissue.voxel_size_nm)) / 1e9
    return [
        ("synapses per um3", len(truth["synapses"]) / volume, 0.5, 1.5, MERCHAN),
        ("mitochondria, % of volume", share["mi"], 5, 8, KASTHURI),
        ("vesicle clouds, % of volume", share["vc"], 2, 4, HARRIS),
        ("extracellular space, % of volume", gaps, 5, 15, NICHOLSON),
        ("astrocytes, % of volume", astrocytes, 4, 15, KASTHURI),
    ]


def neurite_calibre(tissue: Tissue) -> np.ndarray:
    """10th percentile and median of neurites' nominal diameters along them, nm."""
    neurite = tissue.nodes["compartment"].isin(NEURITES)
    return np.percentile(2 * tissue.nodes["radius_nm"][neurite], [10, 50])


def inside(tissue: Tissue, table: pd.DataFrame) -> np.ndarray:
    """Tell which rows of a table lie in the volume."""
    place = table[POSITION].to_numpy(float)
    end = np.multiply(tissue.shape_vx, tissue.voxel_size_nm)
    return ((place >= 0) & (place < end)).all(axis=1)


def spine_density(tissue: Tissue, synapses: pd.DataFrame) -> float:
    """Synapses on spines of SPN per um of their dendrites inside the volume."""
    nodes = tissue.nodes
    type_ = tissue.cells["type"].to_numpy()[nodes["cell_index"].to_numpy(int) - 1]
    spiny = (type_ == "SPN") & (nodes["compartment"] == Compartment.DENDRITE)
    spiny &= inside(tissue, nodes) & (nodes["parent"] >= 0)
    place = nodes[POSITION].to_numpy(float)
    step = place[spiny] - place[nodes["parent"].to_numpy(int)[spiny]]
    length = np.linalg.norm(step, axis=1).sum() / 1000
    cells = tissue.cells.loc[tissue.cells["type"] == "SPN", "cell"]
    heads = (synapses["onto"] == "head") & synapses["post"].isin(cells)
    return float(heads.sum() / length) if length else np.nan


def mitochondria_distances(tissue: Tissue, truth: dict[str, pd.DataFrame]) -> list:
    """Median distances from synapses to presynaptic mitochondria, by type and size."""
    synapses, cells = truth["synapses"], tissue.cells
    type_ = synapses["pre"].map(dict(zip(cells["cell"], cells["type"])))
    published = {"SPN": (833, 339), "GP": (267, 232)}
    rows = []
    for name, medians in published.items():
        own = synapses[type_ == name]
        large = own["area_um2"] > own["area_um2"].median()
        for label, part, real in zip(("small", "large"), (~large, large), medians):
            distance = nearest_mitochondria(tissue, own[part])
            text = f"nm from {label} {name} synapses to mitochondria"
            value = float(np.median(distance)) if len(distance) else np.nan
            rows.append((text, value, 0.6 * real, 1.5 * real, DORKENWALD))
    return rows


def nearest_mitochondria(tissue: Tissue, synapses: pd.DataFrame) -> np.ndarray:
    """Distance in nm of synapses to mitochondria (surface) of the presynaptic cell.

    Synapses of cells without mitochondria are left out.
    """
    mitos = tissue.organelles[tissue.organelles["organelle"] == "mi"]
    mitos = mitos.assign(cell=tissue.cells["cell"].to_numpy()[mitos["cell_index"] - 1])
    by_cell = dict(tuple(mitos.groupby("cell")))
    out = []
    for row in synapses.itertuples():
        if row.pre in by_cell:
            own = by_cell[row.pre]
            place = own[POSITION].to_numpy(float) - (row.z_nm, row.y_nm, row.x_nm)
            out.append((np.linalg.norm(place, axis=1) - own["radius_nm"]).min())
    return np.array(out)
