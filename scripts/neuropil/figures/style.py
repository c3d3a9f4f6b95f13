"""What all figures share: style, colours, and how they are saved."""

from __future__ import annotations

import io
import itertools
import os
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from neuropil.figures.packing import pack_svg
from neuropil.whole_files import replacing

#: Decorator and context: draw in the style of the project.
in_style = mpl.rc_context(fname=str(Path(__file__).with_name("neuropil.mplstyle")))

# Okabe and Ito (2008); sj, mi and vc in the hues of the paper's Fig. 1
BLACK, GREY = "#222222", "#8a8a8a"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, RED, PURPLE = "#0072B2", "#D55E00", "#CC79A7"

LARGE = 400_000  # bytes of an image in an SVG, of which a figure may have ten

#: In the order in which they are painted, the last on top.
CLASS_COLOURS = {
    "contacts": YELLOW,
    "myelin": PURPLE,
    "mi": BLUE,
    "vc": GREEN,
    "sj": RED,
}
CLASS_NAMES = {
    "sj": "synaptic junctions",
    "mi": "mitochondria",
    "vc": "vesicle clouds",
    "contacts": "contact sites",
    "myelin": "myelin",
}
SPARE_COLOURS = (ORANGE, SKY, PURPLE, GREY)
SIGN_COLOURS = {1: RED, -1: BLUE, 0: GREY}
SIGN_NAMES = {1: "asymmetric", -1: "symmetric", 0: "unknown"}
TYPE_COLOURS = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY, GREY, BLACK, YELLOW)


def colour_classes(names: list[str]) -> dict[str, str]:
    """Colour of each class, in the order of painting; classes of a user come last."""
    known = {n: colour for n, colour in CLASS_COLOURS.items() if n in names}
    unknown = [name for name in names if name not in CLASS_COLOURS]
    return known | dict(zip(unknown, itertools.cycle(SPARE_COLOURS)))


def colour_ids(ids: np.ndarray) -> np.ndarray:
    """Colour that follows from an id alone; neighbours differ in hue and lightness.

    Colours are spread in OKLCH (Ottosson 2020), where equal steps look equal.

    Parameters
    ----------
    ids : integer array of any shape; 0 is black

    Returns
    -------
    (..., 3) float, sRGB from 0 to 1
    """
    mixed = np.asarray(ids).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    hue = (mixed & np.uint64(0xFFFF)).astype(float) / 0x10000 * 2 * np.pi
    lightness = 0.58 + 0.3 * ((mixed >> np.uint64(16)) & np.uint64(0xFF)) / 255.0
    rgb = convert_oklch(lightness, np.full(hue.shape, 0.13), hue)
    return np.where((np.asarray(ids) == 0)[..., None], 0.0, rgb)


def convert_oklch(lightness, chroma, hue) -> np.ndarray:
    """Convert OKLCH (hue in radians) to sRGB, clipped to 0 ... 1."""
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=-1,
    ).clip(0, 1)
    bright = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, bright)


@in_style
def save_figure(figure: Figure, svg: str | os.PathLike, png: str | os.PathLike) -> None:
    """Save a figure as SVG and as PNG, the same bytes for the same figure.

    Images of more than `LARGE` bytes are packed with losses in the SVG, not in the PNG.
    """
    for path, kind, metadata in (
        (svg, "svg", {"Date": None, "Creator": "neuropil"}),
        (png, "png", {"Software": "neuropil"}),
    ):
        file = io.BytesIO()
        figure.savefig(file, format=kind, metadata=metadata)
        data = file.getvalue()
        with replacing(path) as temporary:
            packed = pack_svg(data, LARGE) if kind == "svg" else data
            Path(temporary).write_bytes(packed)
