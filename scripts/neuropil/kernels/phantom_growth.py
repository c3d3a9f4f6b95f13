"""Walks of growing neurites and their packing until they lie side by side."""

import numpy as np
from numba import njit

STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
CHOICES = 8


@njit(cache=True, nogil=True, inline="always")
def uniform(seed, counter):
    """Draw number ``counter`` of a stream, in [0, 1)."""
    bits = seed + np.uint64(counter) * STEP
    bits = (bits ^ (bits >> np.uint64(30))) * FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * SECOND
    bits = bits ^ (bits >> np.uint64(31))
    return np.float64(bits >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True, inline="always")
def normal(seed, counter):
    """Draw a normal-like number (sum of four uniform ones), SD 1."""
    total = 0.0
    for k in range(4):
        total += uniform(seed, 4 * counter + k)
    return (total - 2.0) * 1.7320508075688772


@njit(cache=True, nogil=True)
def crowding(filled, bin_nm, low, z, y, x):
    """Look up the filled fraction at a position; half full outside of the domain."""
    i = int(np.floor((z - low[0]) / bin_nm))
    j = int(np.floor((y - low[1]) / bin_nm))
    k = int(np.floor((x - low[2]) / bin_nm))
    a, b, c = filled.shape
    if i < 0 or j < 0 or k < 0 or i >= a or j >= b or k >= c:
        return 0.5
    return filled[i, j, k]


@njit(cache=True, nogil=True)
def walk(start, heading, shape, filled, bin_nm, low, high, seed, out):
    """Walk with persistence, turning away from crowded bins; return the step count.

    Parameters
    ----------
    start, heading : (3,) float64, nm and a direction
    shape : (3,) float64: step in nm, SD of the turn per step, weight of crowding
    filled : (A, B, C) float32, filled fraction of bins of ``bin_nm`` from ``low``
    low, high : (3,) float64, the walk ends where it leaves this domain
    seed : uint64
    out : (N, 3) float64, written: the positions after each step
    """
    step, turn, shy = shape
    p = start.copy()
    d = heading.copy()
    best = np.empty(3)
    for n in range(out.shape[0]):
        least = np.inf
        for c in range(CHOICES):
            draw = (n * CHOICES + c) * 3
            z = d[0] + turn * normal(seed, draw)
            y = d[1] + turn * normal(seed, draw + 1)
            x = d[2] + turn * normal(seed, draw + 2)
            norm = np.sqrt(z * z + y * y + x * x) + 1e-12
            z, y, x = z / norm, y / norm, x / norm
            cost = -(z * d[0] + y * d[1] + x * d[2])
            for ahead in (1.5, 4.0):
                s = ahead * step
                cost += shy * crowding(
                    filled, bin_nm, low, p[0] + s * z, p[1] + s * y, p[2] + s * x
                )
            if cost < least:
                least = cost
                best[0], best[1], best[2] = z, y, x
        outside = False
        for a in range(3):
            d[a] = best[a]
            p[a] += step * d[a]
            out[n, a] = p[a]
            outside |= p[a] < low[a] or p[a] > high[a]
        if outside:
            return n + 1
    return out.shape[0]


@njit(cache=True, nogil=True)
def fill(filled, bin_nm, low, positions, radii, volume_nm3):
    """Add the volume of each position's piece of neurite to the bins it lies in.

    A seventh each at the centre and at 0.7 radii along every axis, so that thick
    neurites crowd the bins beside their axis too.
    """
    for n in range(len(positions)):
        for spot in range(7):
            inside = True
            key = np.zeros(3, np.int64)
            for a in range(3):
                p = positions[n, a] - low[a]
                if spot == 2 * a + 1:
                    p += 0.7 * radii[n]
                elif spot == 2 * a + 2:
                    p -= 0.7 * radii[n]
                key[a] = int(np.floor(p / bin_nm))
                inside &= key[a] >= 0 and key[a] < filled.shape[a]
            if inside:
                share = volume_nm3[n] / (7.0 * bin_nm**3)
                filled[key[0], key[1], key[2]] += share


@njit(cache=True, nogil=True)
def fill_ball(filled, bin_nm, low, centre, radius):
    """Mark the bins whose centre lies in a ball as full."""
    for i in range(filled.shape[0]):
        dz = low[0] + (i + 0.5) * bin_nm - centre[0]
        if abs(dz) > radius:
            continue
        for j in range(filled.shape[1]):
            dy = low[1] + (j + 0.5) * bin_nm - centre[1]
            if dz * dz + dy * dy > radius * radius:
                continue
            for k in range(filled.shape[2]):
                dx = low[2] + (k + 0.5) * bin_nm - centre[2]
                if dz * dz + dy * dy + dx * dx <= radius * radius:
                    filled[i, j, k] += 1.0


@njit(cache=True, nogil=True)
def bin_nodes(position, bin_nm, low, shape):
    """Sort nodes by bin: return (first node of each bin in ``order``, order)."""
    n = len(position)
    place = np.empty(n, np.int64)
    first = np.zeros(shape[0] * shape[1] * shape[2] + 1, np.int64)
    for m in range(n):
        key = 0
        for a in range(3):
            k = int(np.floor((position[m, a] - low[a]) / bin_nm))
            key = key * shape[a] + min(max(k, 0), shape[a] - 1)
        place[m] = key
        first[key + 1] += 1
    for k in range(len(first) - 1):
        first[k + 1] += first[k]
    cursor = first[:-1].copy()
    order = np.empty(n, np.int64)
    for m in range(n):
        order[cursor[place[m]]] = m
        cursor[place[m]] += 1
    return first, order


@njit(cache=True, nogil=True)
def find_pairs(position, radius, cell, partner, bins, near, pairs):
    """List pairs of nodes of different cells that overlap or nearly do.

    A node above ``large_nm`` looks for all smaller ones (and larger ones of higher
    index); a smaller one for smaller ones of higher index. A node's partner cell may
    overlap it (a spine head and its bouton). Returns the number of pairs, which may
    exceed ``len(pairs)``: then only the first ones were written.

    Parameters
    ----------
    position, radius, cell, partner : of the nodes
    bins : (first, order) of `bin_nodes`, its shape, low and bin_nm
    near : (large_nm, skin_nm), pairs are nearer than their radii and the skin
    pairs : (P, 2) int64, written
    """
    first, order, shape, low, bin_nm = bins
    large_nm, skin_nm = near
    count = 0
    for i in range(len(position)):
        reach = radius[i] + large_nm + skin_nm
        if radius[i] > large_nm:
            reach = 2 * radius[i] + skin_nm
        a = np.empty(3, np.int64)
        b = np.empty(3, np.int64)
        for k in range(3):
            a[k] = max(0, int(np.floor((position[i, k] - reach - low[k]) / bin_nm)))
            b[k] = min(
                shape[k] - 1, int(np.floor((position[i, k] + reach - low[k]) / bin_nm))
            )
        for z in range(a[0], b[0] + 1):
            for y in range(a[1], b[1] + 1):
                row = (z * shape[1] + y) * shape[2]
                for m in range(first[row + a[2]], first[row + b[2] + 1]):
                    j = order[m]
                    if cell[i] == cell[j] or partner[i] == cell[j]:
                        continue
                    if partner[j] == cell[i]:
                        continue
                    if radius[j] > large_nm and (radius[i] <= large_nm or j < i):
                        continue
                    if radius[i] <= large_nm and j < i:
                        continue
                    limit = radius[i] + radius[j] + skin_nm
                    square = 0.0
                    for k in range(3):
                        square += (position[i, k] - position[j, k]) ** 2
                    if square < limit * limit:
                        if count < len(pairs):
                            pairs[count, 0] = i
                            pairs[count, 1] = j
                        count += 1
    return count


@njit(cache=True, nogil=True, inline="always")
def approach(position, mobility, i, j, wanted, stiffness, only_apart):
    """Move two nodes along their line towards a wanted distance."""
    d0 = position[i, 0] - position[j, 0]
    d1 = position[i, 1] - position[j, 1]
    d2 = position[i, 2] - position[j, 2]
    distance = np.sqrt(d0 * d0 + d1 * d1 + d2 * d2) + 1e-6
    if only_apart and distance >= wanted:
        return
    total = mobility[i] + mobility[j]
    if total == 0.0:
        return
    push = stiffness * (wanted - distance) / (distance * total)
    position[i, 0] += push * mobility[i] * d0
    position[i, 1] += push * mobility[i] * d1
    position[i, 2] += push * mobility[i] * d2
    position[j, 0] -= push * mobility[j] * d0
    position[j, 1] -= push * mobility[j] * d1
    position[j, 2] -= push * mobility[j] * d2


@njit(cache=True, nogil=True)
def relax(position, radius, mobility, parent, rest, pairs, links, domain, rounds):
    """Push overlapping nodes apart while neurites keep their length and smoothness.

    One sweep of position-based dynamics per round, in the order of the nodes, so that
    the result is a function of the input alone.

    Parameters
    ----------
    position : (N, 3) float64, nm, changed
    radius, mobility : (N,) float64; a node of mobility 0 stays
    parent : (N,) int64, -1 at a root
    rest : (N,) float64, nm, wanted distance to the parent
    pairs : (P, 2) int64, nodes that must not overlap
    links : (L, 3) float64: node, node, wanted distance in nm (boutons and targets)
    domain : (2, 3) float64, low and high: nodes stay inside
    """
    for _ in range(rounds):
        for m in range(len(pairs)):
            i, j = pairs[m, 0], pairs[m, 1]
            approach(position, mobility, i, j, radius[i] + radius[j], 0.35, True)
        for m in range(len(links)):
            i, j = np.int64(links[m, 0]), np.int64(links[m, 1])
            approach(position, mobility, i, j, links[m, 2], 0.5, False)
        for i in range(len(position)):
            p = parent[i]
            if p < 0:
                continue
            approach(position, mobility, i, p, rest[i], 0.5, False)
            g = parent[p]
            if g >= 0 and mobility[p] > 0:
                both = rest[p] + rest[i]
                share = rest[p] / both if both > 0 else 0.5  # nodes in one place
                for k in range(3):
                    between = position[i, k] - position[g, k]
                    wanted = position[g, k] + share * between
                    position[p, k] += 0.12 * (wanted - position[p, k])
        for i in range(len(position)):
            for k in range(3):
                position[i, k] = min(max(position[i, k], domain[0, k]), domain[1, k])
