"""Contact sites once more, in plain numpy and scipy: slow, whole volumes, no tricks."""

import collections

import numpy as np
from scipy import ndimage

from neuropil.contacts.plan import Plan


def pair_boundaries(volume, radius):
    """Partner of each boundary voxel, 0 elsewhere."""
    edge = np.zeros(volume.shape, bool)
    for axis in range(3):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        differs = volume[tuple(low)] != volume[tuple(high)]
        edge[tuple(low)] |= differs
        edge[tuple(high)] |= differs
    best = np.zeros(volume.shape, int)
    partner = np.zeros(volume.shape, np.uint64)
    for value in np.unique(volume[volume != 0]):
        mask = volume == value
        count = mask.astype(int)
        for axis, r in enumerate(radius):
            count = ndimage.convolve1d(count, [1] * (2 * r + 1), axis, mode="constant")
        count[mask] = 0
        partner[count > best] = value
        best = np.maximum(best, count)
    partner[~edge | (volume == 0)] = 0
    return partner


def grow(mask, steps):
    for step in steps:
        cross = np.zeros((3, 3, 3), bool)
        cross[1, 1, 1] = True
        for axis in range(3):
            if step[axis]:
                for side in (0, 2):
                    cross[tuple(side if a == axis else 1 for a in range(3))] = True
        mask = ndimage.binary_dilation(mask, cross)
    return mask


def close_pairs(pairs, closing, dilation):
    """Close and dilate an array of numbers; free voxels go to the smallest number."""
    pad = len(closing) + len(dilation) + 1
    out = pairs.copy()
    for value in np.unique(pairs[pairs != 0]):
        mask = grow(np.pad(pairs == value, pad), closing)
        mask = ~grow(~mask, closing)
        mask = grow(mask, dilation)[pad:-pad, pad:-pad, pad:-pad]
        out[mask & (out == 0)] = value
    return out


def pair_numbers(volume, partner):
    """Sorted pairs (N, 2) and, per voxel, the number from 1 of its pair."""
    both = np.stack([np.minimum(volume, partner), np.maximum(volume, partner)], -1)
    both[partner == 0] = 0
    pairs, number = np.unique(both.reshape(-1, 2), axis=0, return_inverse=True)
    if pairs[0].any():
        return pairs, number.reshape(volume.shape) + 1
    return pairs[1:], number.reshape(volume.shape)


def find_sites(volume, plan: Plan):
    """Sites of a whole volume: labels by first voxel, and the pair of each."""
    pairs, number = pair_numbers(volume, pair_boundaries(volume, plan.radius))
    closed = close_pairs(number, plan.closing, plan.dilation)
    labels = np.zeros(volume.shape, np.uint64)
    count = 0
    for value in range(1, len(pairs) + 1):
        part, n = ndimage.label(closed == value, np.ones((3, 3, 3)))
        labels[part > 0] = part[part > 0].astype(np.uint64) + np.uint64(count)
        count += n
    _, first, label = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first[1:] if (labels == 0).any() else first)) + 1
    rank = np.append(0, rank) if (labels == 0).any() else rank
    labels = rank[label].reshape(volume.shape).astype(np.uint64)
    of = {int(s): tuple(pairs[closed[labels == s][0] - 1]) for s in range(1, count + 1)}
    return labels, of


def touching_sites(labels):
    found = set()
    for z, y, x in np.argwhere(labels):
        here = int(labels[z, y, x])
        near = labels[
            max(z - 1, 0) : z + 2, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2
        ]
        found |= {(here, int(v)) for v in np.unique(near) if v > here}
    return found


def count_crossings(volume, labels, pair_of, lines):
    """Crossings per (label, column) and per (pair and behind, column) of strays."""
    steps, kinds, longest, lengths = lines
    pad = np.abs(steps * longest[:, None]).max(axis=0)
    mirrored = np.pad(volume, [(p, p) for p in pad], mode="symmetric")
    sited, strays = collections.Counter(), collections.Counter()
    for place in np.argwhere(volume):
        own = int(volume[tuple(place)])
        at_once, gap, met = [], [], []
        for step, kind, most, length in zip(steps, kinds, longest, lengths):
            values = [
                int(mirrored[tuple(place + pad + k * step)]) for k in range(1, most + 1)
            ]
            if values[0] == own:
                continue
            if values[0] == 0:
                gap.append(int(kind))
            else:
                at_once.append((values[0], int(kind)))
            entered = [(k, value) for k, value in enumerate(values, 1) if value != 0]
            if entered and entered[0][1] != own:
                k, value = entered[0]
                met.append((k * int(length), value, values[0] == 0))
        label = int(labels[tuple(place)])
        pair = tuple(map(int, pair_of.get(label, (0, 0))))
        nearest = min(met, default=(0, 0, True))[1]
        behind = min((m for m in met if m[2]), default=(0, 0, True))
        shown = behind[1] not in (0, nearest)
        lines_of = [(*line, False) for line in at_once]
        lines_of += [(nearest, kind, shown) for kind in gap if nearest]
        for value, kind, is_open in lines_of:
            key = (min(own, value), max(own, value))
            column = kind + (0 if own < value else 7)
            if is_open:
                strays[(*key, behind[1]), column] += 1
            elif key == pair:
                sited[label, column] += 1
            else:
                strays[(*key, 0), column] += 1
    return sited, strays
