"""Colours for many cells, such that those which touch are told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuropil.buckets import mix
from neuropil.cells import look_up
from neuropil.figures.style import convert_oklch

HUES, LIGHTS = 14, (0.55, 0.72, 0.88)
CHROMA = 0.13
LAGS = (1, 12, 40)  # pixels between neighbours: membranes may be no cell's
CLOSE = 0.3  # distance of two colours (OKLab) that is as good as any larger one


def list_palette() -> tuple[np.ndarray, np.ndarray]:
    """Colours to choose from, and where they lie in OKLab (both (N, 3) float)."""
    hue, light = np.meshgrid(np.arange(HUES) * 2 * np.pi / HUES, LIGHTS)
    hue, light = hue.ravel(), light.ravel()
    chroma = np.full(hue.shape, CHROMA)
    place = [light, CHROMA * np.cos(hue), CHROMA * np.sin(hue)]
    return convert_oklch(light, chroma, hue), np.stack(place, axis=1)


def find_neighbours(images: Sequence[np.ndarray], ids: np.ndarray) -> list[np.ndarray]:
    """Numbers of the neighbours of each id in images of ids.

    Parameters
    ----------
    images : (rows, columns) each
    ids : (N,) of all images, ascending, 0 (none) among them or not
    """
    pairs = []
    for image in images:
        index = np.searchsorted(ids, image)
        for lag in LAGS:
            for a, b in (
                (index[lag:], index[:-lag]),
                (index[:, lag:], index[:, :-lag]),
            ):
                touching = a != b
                keys = a[touching] * len(ids) + b[touching]
                pairs.append(np.unique(keys))
    keys = np.unique(np.concatenate(pairs)) if pairs else np.zeros(0, int)
    first, second = np.divmod(keys, max(len(ids), 1))
    first, second = np.append(first, second), np.append(second, first)
    order = np.lexsort((second, first))
    ends = np.searchsorted(first[order], np.arange(len(ids) + 1))
    return np.split(second[order], ends[1:-1])


def choose_colours(images: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Choose a colour for each id of some images, the same in all of them.

    The largest are served first; each takes the colour that is farthest from those of
    its neighbours, and of equally good ones the one that its id says.

    Parameters
    ----------
    images : (rows, columns) of ids each, 0 is none

    Returns
    -------
    ids (N,), colours (N, 3), sRGB from 0 to 1; that of 0 is black
    """
    counted = [np.unique(image, return_counts=True) for image in images]
    every = np.concatenate([ids for ids, _ in counted])
    ids, index = np.unique(every, return_inverse=True)
    sizes = np.bincount(index, np.concatenate([n for _, n in counted]))
    neighbours = find_neighbours(images, ids)
    colours, places = list_palette()
    first = (mix(ids) % np.uint64(len(places))).astype(int)
    chosen = np.full(len(ids), -1)
    order = np.argsort(-sizes, kind="stable")
    for number in order[ids[order] != 0]:
        beside = chosen[neighbours[number]]
        beside = places[beside[beside >= 0]]
        away = np.linalg.norm(places[:, None] - beside[None], axis=2)
        away = away.min(axis=1, initial=CLOSE)
        turns = np.roll(np.arange(len(places)), -first[number])
        chosen[number] = turns[np.argmax(away[turns])]
    return ids, np.where((ids == 0)[:, None], 0.0, colours[chosen])


def colour_image(image: np.ndarray, ids: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Colours (rows, columns, 3) of an image of ids; arguments of `choose_colours`."""
    number = look_up(ids, np.arange(len(ids)), image.ravel())
    return colours[number].reshape(*image.shape, 3)
