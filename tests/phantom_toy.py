"""A small tissue of balls with the fields of a phantom, to test rendering on."""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from neuropil.grid import Box
from neuropil.phantom.fields import Fields
from neuropil.phantom.noise import derive_seed, smooth_noise
from neuropil.phantom.tissue import Tissue
from neuropil.phantom.types import REACH_NM, Compartment

GAP_NM = 10.0
SHEATH_NM = 110.0


def toy_settings():
    """Section `phantom` of the config, a copy to change."""
    path = Path(__file__).parents[1] / "config" / "phantom.yaml"
    return yaml.safe_load(path.read_text())["phantom"]


def cut_fields(fields, outer, inner):
    """Fields of a box out of those of a larger one."""
    cut = inner.within(outer)
    return Fields(**{k: v[cut].copy() for k, v in fields.__dict__.items()})


def toy_tissue(settings, shape=(60, 96, 96), size=(10.0, 10.0, 10.0), seed=3):
    """Balls as cells; a synapse between each of some neighbours, mitochondria."""
    random = np.random.default_rng(seed)
    extent = np.multiply(shape, size)
    count = max(12, round(float(np.prod(extent)) / 450.0**3))
    centres = random.uniform(-200, extent + 200, (count, 3))
    nodes = pd.DataFrame(centres, columns=["z_nm", "y_nm", "x_nm"])
    nodes["radius_nm"] = random.uniform(50, 300, count)
    nodes["cell_index"] = np.arange(1, count + 1)
    cells = pd.DataFrame({"cell": np.arange(1, count + 1).astype("u8") + 2**40})
    tissue = Tissue(
        cells=cells,
        nodes=nodes,
        organelles=toy_mitos(nodes, random),
        synapses=pd.DataFrame(columns=["pre_index", "post_index", "sign"]),
        seed=seed,
        voxel_size_nm=np.asarray(size),
        shape_vx=tuple(shape),
        settings=settings,
    )
    return tissue_with_synapses(tissue, random)


def toy_mitos(nodes, random):
    picked = nodes[nodes["radius_nm"] > 150].reset_index(drop=True)
    shift = random.uniform(-60, 60, (len(picked), 3))
    table = picked[["cell_index", "z_nm", "y_nm", "x_nm"]].copy()
    table[["z_nm", "y_nm", "x_nm"]] += shift
    table["radius_nm"] = picked["radius_nm"] * 0.6
    table["organelle"], table["object"] = "mi", np.arange(1, len(picked) + 1)
    return table


def tissue_with_synapses(tissue, random, planes=5, per_plane=8):
    """Put synapses at random voxels of interfaces in some planes."""
    rows = []
    for z in np.linspace(0, tissue.shape_vx[0] - 1, planes).astype(int):
        plane = Box((int(z), 0, 0), (int(z) + 1, *tissue.shape_vx[1:]))
        fields = toy_fields(tissue, plane)
        fits = np.argwhere((fields.interface_nm < 15) & (fields.myelin == 0))
        for place in random.permutation(fits)[:per_plane]:
            ends = fields.nearest[tuple(place)], fields.neighbour[tuple(place)]
            centre = (place + plane.start + 0.5) * tissue.voxel_size_nm
            radius = random.uniform(90, 200)
            rows.append((*ends, *centre, radius, random.choice([-1, 1])))
    names = ["pre_index", "post_index", "z_nm", "y_nm", "x_nm", "radius_nm", "sign"]
    synapses = pd.DataFrame(rows, columns=names)
    clouds = synapses.rename(columns={"pre_index": "cell_index"})
    clouds = clouds[["cell_index", "z_nm", "y_nm", "x_nm", "radius_nm"]]
    clouds = clouds.assign(organelle="vc", object=np.arange(1, len(clouds) + 1))
    organelles = pd.concat([tissue.organelles, clouds], ignore_index=True)
    values = {**tissue.__dict__, "synapses": synapses, "organelles": organelles}
    return Tissue(**values)


def toy_fields(tissue, box):
    """All fields of a box, voxel by voxel from global coordinates."""
    size = tissue.voxel_size_nm
    axes = [(np.arange(a, b) + 0.5) * s for a, b, s in zip(*box, size)]
    bend = [
        60 * smooth_noise(box, size, 120.0, derive_seed(tissue.seed, "bend", i))
        for i in range(3)
    ]
    places = [a + d for a, d in zip(np.meshgrid(*axes, indexing="ij"), bend)]
    nodes = tissue.nodes.sort_values("cell_index")
    first, second = np.full(box.shape, np.inf), np.full(box.shape, np.inf)
    nearest, neighbour = np.zeros(box.shape, "u4"), np.zeros(box.shape, "u4")
    for node in nodes.itertuples():
        far = distance(places, node) - node.radius_nm
        closer, runner = far < first, (far >= first) & (far < second)
        second = np.where(closer, first, np.where(runner, far, second))
        neighbour = np.where(
            closer, nearest, np.where(runner, node.cell_index, neighbour)
        )
        first = np.where(closer, far, first)
        nearest = np.where(closer, node.cell_index, nearest)
    interface = np.minimum((second - first) / 2, REACH_NM)
    sheath = np.hypot(places[0] - 300, places[1] - 200) - 120
    myelin = (sheath > 0) & (sheath < SHEATH_NM)
    cell = np.where((interface < GAP_NM) | myelin, 0, nearest)
    membrane = np.minimum(interface - GAP_NM, np.abs(sheath))
    mito, mito_depth = toy_objects(tissue, places, cell, membrane)
    junction, cloud = toy_junctions(tissue, places, nearest, neighbour, interface)
    cloud[(cell == 0) | (mito > 0) | (membrane < 20)] = 0
    core = nodes.iloc[0]
    nucleus = (core.radius_nm - 80 - distance(places, core)).clip(-REACH_NM)
    nucleus[cell != core.cell_index] = -REACH_NM
    values = {
        "cell": cell.astype("u4"),
        "neighbour": neighbour.astype("u4"),
        "nearest": nearest.astype("u4"),
        "interface_nm": interface.astype("f4"),
        "membrane_nm": membrane.astype("f4"),
        "synapse": np.where(myelin, 0, junction).astype("u4"),
        "mito": mito,
        "mito_depth_nm": mito_depth,
        "vesicles": cloud,
        "myelin": myelin.astype("u1"),
        "myelin_depth_nm": np.where(myelin, sheath, 0).astype("f4"),
        "nucleus_nm": np.where(cell == core.cell_index, nucleus, -REACH_NM).astype(
            "f4"
        ),
        "compartment": np.where(cell, np.uint8(Compartment.DENDRITE), 0).astype("u1"),
    }
    return Fields(**values)


def toy_objects(tissue, places, cell, membrane):
    mito, depth = np.zeros(cell.shape, "u4"), np.zeros(cell.shape, "f4")
    mitos = tissue.organelles[tissue.organelles["organelle"] == "mi"]
    for row in mitos.itertuples():
        inside = np.minimum(row.radius_nm - distance(places, row), membrane - 25)
        inside = np.where(cell == row.cell_index, inside, 0)
        mito[inside > 0] = row.object
        depth = np.maximum(depth, inside).astype("f4")
    return mito, depth


def toy_junctions(tissue, places, nearest, neighbour, interface):
    junction, cloud = np.zeros(nearest.shape, "u4"), np.zeros(nearest.shape, "u4")
    for index, row in enumerate(tissue.synapses.itertuples(), 1):
        far = distance(places, row)
        ahead = (nearest == row.pre_index) & (neighbour == row.post_index)
        behind = (nearest == row.post_index) & (neighbour == row.pre_index)
        on = (far < row.radius_nm) & (interface < 38) & (ahead | behind)
        junction[on & (junction == 0)] = index
        near = (far < 2 * row.radius_nm) & (nearest == row.pre_index)
        cloud[near & (cloud == 0)] = index
    return junction, cloud


def distance(places, row):
    centre = (row.z_nm, row.y_nm, row.x_nm)
    return np.sqrt(sum((p - c) ** 2 for p, c in zip(places, centre)))
