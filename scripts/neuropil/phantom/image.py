"""Raw grey values of the phantom: stained tissue, then a microscope of a given style.

The tissue is drawn from the fields of a box (`Fields`), noise and hashed vesicles; the
microscope blurs, shifts and shades section by section and adds noise. Every voxel is a
function of global coordinates, so that any box gives the same greys.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuropil.grid import Box, Triple
from neuropil.kernels.phantom_filter import filter_axis
from neuropil.kernels.phantom_image import shade
from neuropil.kernels.phantom_vesicles import paint_vesicles
from neuropil.phantom.fields import Fields
from neuropil.phantom.noise import (
    derive_seed,
    normal,
    smooth_noise,
    uniform,
    white_noise,
)
from neuropil.phantom.sections import (
    SHIFT_LIMIT,
    Sections,
    damage,
    describe_sections,
    lateral_taps,
    normalised_profile,
)
from neuropil.phantom.tissue import Tissue

VESICLE_NM = 40.0  # reach of a vesicle around its centre
CRISTA_NM = 62.0  # distance between two cristae
# Scale of each texture: SD of the Gaussian filter that its noise looks like.
TEXTURES_NM = dict(grain=8, speck=13, patch=42, wide=130, other=130, thread=42)


class Stain(NamedTuple):
    """Greys (0 black, 1 white) and strengths of textures: ``phantom.image.stain``."""

    cytoplasm: np.float32
    extracellular: np.float32
    membrane: np.float32
    matrix: np.float32
    cristae: np.float32
    density: np.float32
    myelin: np.float32
    lamella: np.float32
    nucleoplasm: np.float32
    chromatin: np.float32
    cloud: np.float32
    vesicle: np.float32
    speck: np.float32
    reticulum: np.float32
    filament: np.float32
    grain: np.float32


class Layers(NamedTuple):
    """The fields that greys are drawn from, and the darkness that vesicles add."""

    cell: np.ndarray
    membrane_nm: np.ndarray
    synapse: np.ndarray
    mito: np.ndarray
    mito_depth_nm: np.ndarray
    vesicles: np.ndarray
    myelin: np.ndarray
    myelin_depth_nm: np.ndarray
    nucleus_nm: np.ndarray
    compartment: np.ndarray
    vesicle: np.ndarray


class Objects(NamedTuple):
    """Properties by index; row 0 is nothing."""

    tint: np.ndarray
    post: np.ndarray
    sign: np.ndarray
    lamella: np.ndarray


def image_reach(voxel_size_nm: Sequence[float], settings: dict) -> Triple:
    """Voxels around a box whose fields `render_image` needs, (z, y, x).

    Parameters
    ----------
    settings : section ``phantom`` of the config
    """
    optics = optics_reach(voxel_size_nm, settings["image"])
    vesicle = [math.ceil(VESICLE_NM / size) for size in voxel_size_nm]
    return tuple(a + b for a, b in zip(optics, vesicle))


def optics_reach(voxel_size_nm: Sequence[float], image: dict) -> Triple:
    """Voxels that blur and jitter reach along z, y, x."""
    style = image["styles"][image["style"]]
    jitter = SHIFT_LIMIT * style["jitter_nm"]
    reach = [2.0 * style["depth_blur_nm"]] + [2.0 * style["blur_nm"] + jitter] * 2
    return tuple(math.ceil(nm / size) for nm, size in zip(reach, voxel_size_nm))


def render_image(fields: Fields, box: Box, tissue: Tissue) -> np.ndarray:
    """Raw grey values of a box.

    Parameters
    ----------
    fields : `Fields` of ``box`` grown by `image_reach`
    box : voxels wanted, global coordinates
    tissue : its seed, tables and settings

    Returns
    -------
    (Z, Y, X) array of uint8
    """
    image = tissue.settings["image"]
    optics = optics_reach(tissue.voxel_size_nm, image)
    outer = box.grow(image_reach(tissue.voxel_size_nm, tissue.settings))
    inner = box.grow(optics)
    # One section more than the optics need, for the slope of membranes.
    drawn = inner.grow((1, 0, 0)).intersect(outer)
    grey = draw_tissue(fields, outer, drawn, tissue)[inner.within(drawn)]
    depth = (tissue.shape_vx[0], float(tissue.voxel_size_nm[0]))
    sections = describe_sections(box, depth, tissue)
    style = image["styles"][image["style"]]
    blurred = blur(grey, sections, optics, tissue.voxel_size_nm, style)
    return develop(blurred, box, sections, tissue)


def draw_tissue(fields: Fields, outer: Box, drawn: Box, tissue: Tissue) -> np.ndarray:
    """Draw stained tissue: greys (float32, 0 to 1) of a box before the microscope.

    ``fields`` cover ``outer``; at its outermost 40 nm vesicles may lack.
    """
    stain = make_stain(tissue.settings["image"])
    size = np.asarray(tissue.voxel_size_nm, float)
    vesicle = np.zeros(outer.shape, np.float32)
    paint_vesicles(
        fields.vesicles,
        fields.membrane_nm,
        fields.mito,
        (derive_seed(tissue.seed, "vesicles"), np.array(outer.start), size),
        (stain.vesicle, 0.15 * stain.vesicle, 1.3 * stain.vesicle),
        vesicle,
    )
    cut = drawn.within(outer)
    arrays = {k: getattr(fields, k)[cut] for k in Layers._fields[:-1]}
    layers = Layers(**arrays, vesicle=vesicle[cut])
    noise = tuple(
        smooth_noise(drawn, size, sigma, derive_seed(tissue.seed, name))
        for name, sigma in TEXTURES_NM.items()
    )
    grey = np.empty(drawn.shape, np.float32)
    place = (np.array(drawn.start), size)
    shade(layers, object_tables(tissue), stain, noise, place, grey)
    return grey


def make_stain(image: dict) -> Stain:
    """Greys of the config, with those that its style changes."""
    greys = {**image["stain"], **image["styles"][image["style"]]["stain"]}
    return Stain(**{name: np.float32(value) for name, value in greys.items()})


def object_tables(tissue: Tissue) -> Objects:
    """Tints of cells, sides and signs of synapses, direction of cristae, by index."""
    synapses = tissue.synapses
    return Objects(
        tint=cell_tints(len(tissue.cells), tissue),
        post=np.concatenate([[0], synapses["post_index"]]).astype(np.uint32),
        sign=np.concatenate([[0], synapses["sign"]]).astype(np.int8),
        lamella=crista_waves(tissue),
    )


def crista_waves(tissue: Tissue) -> np.ndarray:
    """Wave vectors of cristae, (N, 3) per nm by mitochondrion; mostly along its length.

    Lamellae stand across the line from a mitochondrion's first node to its last, more
    or less.
    """
    mitos = tissue.organelles[tissue.organelles["organelle"] == "mi"]
    ends = mitos.groupby("object")[["z_nm", "y_nm", "x_nm"]].agg(["first", "last"])
    number = np.arange(1 + int(mitos["object"].max() if len(mitos) else 0))
    length = ends.xs("last", axis=1, level=1) - ends.xs("first", axis=1, level=1)
    length = length.reindex(number, fill_value=0.0).to_numpy(float)
    seeds = [derive_seed(tissue.seed, "lamella", i) for i in range(3)]
    wave = unit(length) + 0.45 * np.stack([normal(number, s) for s in seeds], axis=1)
    spread = 1 + 0.25 * uniform(number, derive_seed(tissue.seed, "waves"))
    return unit(wave) * spread[:, None] / CRISTA_NM


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (N, 3) of length 1; zero stays zero."""
    length = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return vectors / np.where(length > 0, length, 1)


def cell_tints(count: int, tissue: Tissue) -> np.ndarray:
    """How much lighter each cell is than others, float32 by index; some are dark."""
    image, index = tissue.settings["image"], np.arange(count + 1)
    tint = image["tint"] * normal(index, derive_seed(tissue.seed, "tint"))
    dark = uniform(index, derive_seed(tissue.seed, "dark")) < image["dark_cells"]
    return (tint - dark * image["dark_tint"]).astype(np.float32)


def blur(
    grey: np.ndarray,
    sections: Sections,
    reach: Triple,
    voxel_size_nm: Sequence[float],
    style: dict,
) -> np.ndarray:
    """Blur along z, then blur and shift every section along y and x.

    ``grey`` covers the sections' box grown by ``reach``; the result just the box.
    """
    nz = len(sections.focus)
    ny, nx = (n - 2 * r for n, r in zip(grey.shape[1:], reach[1:]))
    steps = np.arange(-reach[0], reach[0] + 1) * voxel_size_nm[0]
    taps = normalised_profile(steps / max(style["depth_blur_nm"], 1e-3))
    deep = np.empty((nz, *grey.shape[1:]), np.float32)
    filter_axis(grey, np.repeat(taps[None], nz, axis=0), 0, deep)
    tall = np.empty((nz, ny, grey.shape[2]), np.float32)
    sigma = style["blur_nm"]
    taps = lateral_taps(sections, 0, sigma, voxel_size_nm[1], reach[1])
    filter_axis(deep, taps, 1, tall)
    out = np.empty((nz, ny, nx), np.float32)
    taps = lateral_taps(sections, 1, sigma, voxel_size_nm[2], reach[2])
    filter_axis(tall, taps, 2, out)
    return out


def develop(
    grey: np.ndarray, box: Box, sections: Sections, tissue: Tissue
) -> np.ndarray:
    """Turn blurred greys into uint8: damage, contrast, shading, noise."""
    image = tissue.settings["image"]
    style = image["styles"][image["style"]]
    size, seed = tissue.voxel_size_nm, tissue.seed
    for z in np.flatnonzero(sections.damaged):
        plane = Box.of((1, *box.shape[1:]), box.start).shift((int(z), 0, 0))
        grey[z : z + 1] = damage(grey[z : z + 1], plane, size, seed)
    gain = (style["contrast"] * sections.gain).astype(np.float32)[:, None, None]
    lift = (style["brightness"] + sections.offset).astype(np.float32)[:, None, None]
    out = (grey - np.float32(0.5)) * gain + (np.float32(0.5) + lift)
    shading = smooth_noise(box, size, 1500.0, derive_seed(seed, "shading"))
    out += shading * np.float32(style["shading"])
    out += scan_lines(box, seed)[..., None] * np.float32(style["line_noise"])
    spread = np.float32(style["shot_noise"] ** 2) * np.maximum(out, 0)
    spread = np.sqrt(spread + np.float32(style["read_noise"] ** 2))
    out += white_noise(box, derive_seed(seed, "detector")) * spread
    return np.rint(out * 255).clip(0, 255).astype(np.uint8)


def scan_lines(box: Box, seed: int) -> np.ndarray:
    """Noise of scan lines, (Z, Y) float32: one number per row of each section."""
    plane = Box((*box.start[:2], 0), (*box.stop[:2], 1))
    return white_noise(plane, derive_seed(seed, "lines"))[..., 0]
