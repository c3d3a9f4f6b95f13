"""Which process each voxel of the phantom belongs to, and how far its borders are.

Voxels are worked on in bricks on a global lattice. For a brick, the pieces of neurite
that can be nearest or second nearest anywhere in it are gathered by a bound on their
distance; which more are gathered changes no result, so any box gives the same voxels.
"""

import numpy as np
from numba import njit

FAR = np.float32(1e9)
LIPSCHITZ = 1.15  # a tapering rod's distance may change faster than position does
SHEET_NM = 45.0  # an astrocyte's sheets are not thinner
FLAT = 0.4  # a smaller gradient says too little about a distance
NUCLEUS = 0.66  # radius of a nucleus over that of its cell body
SOMA, IN_NUCLEUS, GLIA = np.uint8(6), np.uint8(7), np.uint8(8)  # see `Compartment`


@njit(cache=True, nogil=True)
def sort_into_bins(low, high, origin, bin_nm, shape):
    """List in each bin the items whose boxes reach it: (first of each bin, items)."""
    n = len(low)
    first = np.zeros(shape[0] * shape[1] * shape[2] + 1, np.int64)
    a = np.empty(3, np.int64)
    b = np.empty(3, np.int64)
    items = np.empty(0, np.int64)
    cursor = first[:-1].copy()
    for write in range(2):
        for m in range(n):
            for k in range(3):
                a[k] = max(0, int(np.floor((low[m, k] - origin[k]) / bin_nm)))
                b[k] = int(np.floor((high[m, k] - origin[k]) / bin_nm))
                b[k] = min(shape[k] - 1, b[k])
            for z in range(a[0], b[0] + 1):
                for y in range(a[1], b[1] + 1):
                    for x in range(a[2], b[2] + 1):
                        key = (z * shape[1] + y) * shape[2] + x
                        if write == 1:
                            items[cursor[key]] = m
                            cursor[key] += 1
                        else:
                            first[key + 1] += 1
        if write == 0:
            for k in range(len(first) - 1):
                first[k + 1] += first[k]
            cursor = first[:-1].copy()
            items = np.empty(first[-1], np.int64)
    return first, items


@njit(cache=True, nogil=True, inline="always")
def surface_distance(rods, j, z, y, x):
    """Signed distance from a point to the surface of a tapering rod."""
    az, ay, ax = rods[0][j, 0], rods[0][j, 1], rods[0][j, 2]
    bz, by, bx = rods[1][j, 0] - az, rods[1][j, 1] - ay, rods[1][j, 2] - ax
    dz, dy, dx = z - az, y - ay, x - ax
    square = bz * bz + by * by + bx * bx
    t = 0.0
    if square > 0.0:
        t = min(max((dz * bz + dy * by + dx * bx) / square, 0.0), 1.0)
    dz, dy, dx = dz - t * bz, dy - t * by, dx - t * bx
    radius = rods[2][j] + t * (rods[3][j] - rods[2][j])
    return np.sqrt(dz * dz + dy * dy + dx * dx) - radius


@njit(cache=True, nogil=True)
def gather(rods, stamp, serial, centre, half, reach, found, value):
    """List the rods nearer than ``reach`` to a brick's voxels, with their distance.

    Distances are those of the brick's centre. Returns the number found; there may be
    more than ``len(found)``, which are then not listed.
    """
    first, items, shape, origin, bin_nm = rods[8]
    a = np.empty(3, np.int64)
    b = np.empty(3, np.int64)
    for k in range(3):
        lower, upper = centre[k] - half - reach, centre[k] + half + reach
        a[k] = max(0, int(np.floor((lower - origin[k]) / bin_nm)))
        b[k] = min(shape[k] - 1, int(np.floor((upper - origin[k]) / bin_nm)))
    count = 0
    for z in range(a[0], b[0] + 1):
        for y in range(a[1], b[1] + 1):
            for x in range(a[2], b[2] + 1):
                key = (z * shape[1] + y) * shape[2] + x
                for m in range(first[key], first[key + 1]):
                    j = items[m]
                    if stamp[j] == serial:
                        continue
                    stamp[j] = serial
                    d = surface_distance(rods, j, centre[0], centre[1], centre[2])
                    if d <= reach + LIPSCHITZ * half:
                        if count < len(found):
                            found[count] = j
                            value[count] = d
                        count += 1
    return count


@njit(cache=True, nogil=True)
def prune(count, found, value, cell, half):
    """Keep what can be nearest or second nearest cell in a brick; sort it by cell."""
    nearest = np.inf
    owner = np.uint32(0)
    for m in range(count):
        if value[m] < nearest:
            nearest = value[m]
            owner = cell[found[m]]
    second = np.inf
    for m in range(count):
        if cell[found[m]] != owner and value[m] < second:
            second = value[m]
    kept = 0
    for m in range(count):
        if value[m] <= second + 2.0 * LIPSCHITZ * half:
            j = found[m]
            k = kept
            while k > 0 and (
                cell[found[k - 1]] > cell[j]
                or (cell[found[k - 1]] == cell[j] and found[k - 1] > j)
            ):
                found[k] = found[k - 1]
                k -= 1
            found[k] = j
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def sweep(rods, j, corner, points, count, best, which):
    """Lower each point's distance to one cell by a rod of that cell."""
    one = np.float32(1.0)
    nil = np.float32(0.0)
    az = np.float32(rods[0][j, 0] - corner[0])
    ay = np.float32(rods[0][j, 1] - corner[1])
    ax = np.float32(rods[0][j, 2] - corner[2])
    bz = np.float32(rods[1][j, 0] - rods[0][j, 0])
    by = np.float32(rods[1][j, 1] - rods[0][j, 1])
    bx = np.float32(rods[1][j, 2] - rods[0][j, 2])
    square = bz * bz + by * by + bx * bx
    inverse = one / square if square > nil else nil
    wide = np.float32(rods[2][j])
    change = np.float32(rods[3][j]) - wide
    pz, py, px = points[0], points[1], points[2]
    for v in range(count):
        dz, dy, dx = pz[v] - az, py[v] - ay, px[v] - ax
        t = (dz * bz + dy * by + dx * bx) * inverse
        t = min(max(t, nil), one)
        dz, dy, dx = dz - t * bz, dy - t * by, dx - t * bx
        d = np.sqrt(dz * dz + dy * dy + dx * dx) - (wide + t * change)
        if d < best[v]:
            best[v] = d
            which[v] = j


@njit(cache=True, nogil=True)
def rank(count, best, which, near, near_rod, next_, next_rod):
    """Sort a cell's distance into the two smallest of each point; reset it."""
    for v in range(count):
        d = best[v]
        if d < next_[v]:
            if d < near[v]:
                next_[v] = near[v]
                next_rod[v] = near_rod[v]
                near[v] = d
                near_rod[v] = which[v]
            else:
                next_[v] = d
                next_rod[v] = which[v]
        best[v] = FAR


@njit(cache=True, nogil=True)
def rank_cells(rods, kept, found, corner, points, count, scratch, ids):
    """Find the two nearest cells of each point: distances and rods, in scratch."""
    cell = rods[4]
    best, near, next_ = scratch
    which, near_rod, next_rod = ids
    for v in range(count):
        best[v] = FAR
        near[v] = FAR
        next_[v] = FAR
        near_rod[v] = -1
        next_rod[v] = -1
    for m in range(kept):
        sweep(rods, found[m], corner, points, count, best, which)
        if m + 1 == kept or cell[found[m + 1]] != cell[found[m]]:
            rank(count, best, which, near, near_rod, next_, next_rod)


@njit(cache=True, nogil=True, inline="always")
def add_normal(rods, j, z, y, x, sign, normal):
    """Add the direction from a rod's axis to a point; return place and distance."""
    az, ay, ax = rods[0][j, 0], rods[0][j, 1], rods[0][j, 2]
    bz, by, bx = rods[1][j, 0] - az, rods[1][j, 1] - ay, rods[1][j, 2] - ax
    dz, dy, dx = z - az, y - ay, x - ax
    square = bz * bz + by * by + bx * bx
    t = 0.0
    if square > 0.0:
        t = min(max((dz * bz + dy * by + dx * bx) / square, 0.0), 1.0)
    dz, dy, dx = dz - t * bz, dy - t * by, dx - t * bx
    length = np.sqrt(dz * dz + dy * dy + dx * dx) + 1e-9
    normal[0] += sign * dz / length
    normal[1] += sign * dy / length
    normal[2] += sign * dx / length
    return t, length


@njit(cache=True, nogil=True)
def steepness(warp, place, size, n):
    """Length of the gradient, in the volume, of what has gradient n in warped space.

    The change of the displacements (padded by a voxel) is that of the six neighbours.
    """
    z, y, x = place
    total = 0.0
    for axis in range(3):
        i, j, k = int(axis == 0), int(axis == 1), int(axis == 2)
        az, ay, ax = z + 1 + i, y + 1 + j, x + 1 + k
        bz, by, bx = z + 1 - i, y + 1 - j, x + 1 - k
        slope = n[axis]
        for a in range(3):
            rise = np.float64(warp[a, az, ay, ax]) - warp[a, bz, by, bx]
            slope += n[a] * rise / (2.0 * size[axis])
        total += slope * slope
    return np.sqrt(total)


@njit(cache=True, nogil=True)
def surface_between(apart, normal, warp, place, size, cap):
    """Distance in nm to the surface where two cells' distances are equal.

    To first order it is their difference over the length of its gradient, ``normal``
    in warped space; that is 2 between cells that face each other.
    """
    norm = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    if norm == 0.0 or apart > 1.6 * cap * max(norm, FLAT):
        return cap
    steep = steepness(warp, place, size, normal) * max(1.0, FLAT / norm)
    return min(cap, apart / steep)


@njit(cache=True, nogil=True)
def territories(seeds, owner, z, y, x):
    """Find the nearest two astrocytes, and the distance to the border of both."""
    one, two = 1e30, 1e30
    first, second = 0, 0
    for m in range(len(seeds)):
        dz, dy, dx = z - seeds[m, 0], y - seeds[m, 1], x - seeds[m, 2]
        square = dz * dz + dy * dy + dx * dx
        if square < one:
            two, second = one, first
            one, first = square, m
        elif square < two:
            two, second = square, m
    if two > 1e29:
        return owner[first], owner[first], 1e9
    dz = seeds[second, 0] - seeds[first, 0]
    dy = seeds[second, 1] - seeds[first, 1]
    dx = seeds[second, 2] - seeds[first, 2]
    apart = np.sqrt(dz * dz + dy * dy + dx * dx)
    return owner[first], owner[second], (two - one) / (2.0 * apart)


@njit(cache=True, nogil=True)
def place_points(start, size, cut, corner, warp, points):
    """Write the warped positions of a brick's voxels, from its corner; count them."""
    v = 0
    for z in range(cut[0, 0], cut[1, 0]):
        for y in range(cut[0, 1], cut[1, 1]):
            for x in range(cut[0, 2], cut[1, 2]):
                pz = (start[0] + z + 0.5) * size[0] - corner[0]
                py = (start[1] + y + 0.5) * size[1] - corner[1]
                px = (start[2] + x + 0.5) * size[2] - corner[2]
                points[0, v] = pz + warp[0, z + 1, y + 1, x + 1]
                points[1, v] = py + warp[1, z + 1, y + 1, x + 1]
                points[2, v] = px + warp[2, z + 1, y + 1, x + 1]
                v += 1
    return v


@njit(cache=True, nogil=True)
def enclose(points, count, corner, centre):
    """Write the centre of the points' box; return half of its diagonal."""
    square = 0.0
    for k in range(3):
        least, most = np.float32(1e9), np.float32(-1e9)
        for v in range(count):
            least = min(least, points[k, v])
            most = max(most, points[k, v])
        centre[k] = corner[k] + 0.5 * (np.float64(least) + np.float64(most))
        square += (0.5 * (np.float64(most) - np.float64(least))) ** 2
    return np.sqrt(square) + 1e-3


@njit(cache=True, nogil=True)
def finish(size, at, scratch, ids, rods, seeds, noises, limits, out):
    """Write the fields of a brick from the two nearest rods of its voxels."""
    cut, corner, points = at
    cap = limits[1]
    warp, glia_limit, gap = noises
    normal = np.empty(3)
    v = -1
    for z in range(cut[0, 0], cut[1, 0]):
        for y in range(cut[0, 1], cut[1, 1]):
            for x in range(cut[0, 2], cut[1, 2]):
                v += 1
                pz = corner[0] + np.float64(points[0, v])
                py = corner[1] + np.float64(points[1, v])
                px = corner[2] + np.float64(points[2, v])
                j, k = ids[1, v], ids[2, v]
                f, g = np.float64(scratch[1, v]), np.float64(scratch[2, v])
                if f > limits[0]:  # a rod that other boxes' bricks may not gather
                    f, j = 1e9, -1
                if g > limits[0]:
                    g, k = 1e9, -1
                mine = rods[4][j] if j >= 0 else np.uint32(0)
                other = rods[4][k] if k >= 0 else np.uint32(0)
                limit = np.float64(glia_limit[z, y, x])
                border, rival = 1e9, np.uint32(0)
                if f + g > 2.0 * limit + SHEET_NM:  # there is room for a sheet
                    glia, next_, edge = territories(seeds[0], seeds[1], pz, py, px)
                    if f <= limit and glia != mine:
                        border, rival = limit - f, glia
                    elif f > limit:
                        if glia != mine:
                            g, k, other = f, j, mine
                        f, j, mine = limit, -1, glia
                        border, rival = edge, next_
                normal[0] = normal[1] = normal[2] = 0.0
                t, axis_nm, place = 0.0, 0.0, (z, y, x)
                if j >= 0:
                    t, axis_nm = add_normal(rods, j, pz, py, px, -1.0, normal)
                    if rival > 0:
                        border = surface_between(border, normal, warp, place, size, cap)
                if k >= 0:
                    add_normal(rods, k, pz, py, px, 1.0, normal)
                distance = surface_between(g - f, normal, warp, place, size, cap)
                if border < distance and rival != mine:
                    distance, other, k = border, rival, -1
                if other == mine:
                    other, distance = np.uint32(0), cap
                if k >= 0 and rods[6][k] > 0.0:
                    other = np.uint32(0)  # a sheath is no cell
                inside = distance - np.float64(gap[z, y, x])
                if j >= 0 and rods[6][j] > 0.0:
                    other = np.uint32(0)
                    outward = f + rods[6][j] + t * (rods[7][j] - rods[6][j])
                    if outward <= 0.0:
                        distance = inside = min(cap, max(1e-3, -outward))
                    elif inside > 0.0:
                        out[2][z, y, x], out[3][z, y, x] = distance, -outward
                        out[4][z, y, x] = 1
                        out[5][z, y, x] = outward
                        out[6][z, y, x] = -cap
                        continue
                out[0][z, y, x], out[1][z, y, x] = mine, other
                out[2][z, y, x], out[3][z, y, x] = distance, inside
                out[6][z, y, x] = -cap
                code = rods[5][j] if j >= 0 else GLIA
                if code == SOMA:
                    nucleus = NUCLEUS * rods[2][j] - axis_nm
                    out[6][z, y, x] = max(-cap, min(cap, nucleus))
                    if nucleus > 0.0:
                        code = IN_NUCLEUS
                out[7][z, y, x] = code


@njit(cache=True, nogil=True)
def fill_fields(lattice, rods, seeds, noises, limits, out):
    """Give every voxel of a box to a cell, and measure how far its borders are.

    Parameters
    ----------
    lattice : start (3,) of the box in voxels, voxel size (3,) in nm, brick (3,) in
        voxels
    rods : head, tail (N, 3), outer radius at head and tail (N,), all float64 in nm;
        cell (N,) uint32; compartment (N,) uint8; sheath at head and tail (N,) in nm;
        bins (first, items, shape, origin, bin_nm) that list the rods by place
    seeds : position (M, 3) and cell (M,) of the astrocytes
    noises : warp (3, Z + 2, Y + 2, X + 2) in nm, padded by a voxel; glia limit and
        half width of the gap between cells, (Z, Y, X) float32 in nm
    limits : how far rods matter, and where distances are cut off, in nm
    out : nearest, neighbour, interface_nm, membrane_nm, myelin, myelin_depth_nm,
        nucleus_nm, compartment: (Z, Y, X), see `neuropil.phantom.fields.Fields`; the
        compartment is that of the nearest cell, in extracellular space too
    """
    start, size, brick = lattice
    shape = out[0].shape
    most = brick[0] * brick[1] * brick[2]
    points = np.empty((3, most), np.float32)
    scratch = np.empty((3, most), np.float32)
    ids = np.empty((3, most), np.int32)
    found = np.empty(4096, np.int64)
    value = np.empty(4096)
    stamp = np.zeros(len(rods[2]), np.int64)
    low = np.empty(3, np.int64)
    bricks = np.empty(3, np.int64)
    for k in range(3):
        low[k] = start[k] // brick[k]
        bricks[k] = (start[k] + shape[k] - 1) // brick[k] - low[k] + 1
    corner = np.empty(3)
    centre = np.empty(3)
    cut = np.empty((2, 3), np.int64)
    for serial in range(1, bricks[0] * bricks[1] * bricks[2] + 1):
        rest = serial - 1
        for k in (2, 1, 0):
            b = low[k] + rest % bricks[k]
            rest //= bricks[k]
            corner[k] = b * brick[k] * size[k]
            cut[0, k] = max(0, b * brick[k] - start[k])
            cut[1, k] = min(shape[k], (b + 1) * brick[k] - start[k])
        count = place_points(start, size, cut, corner, noises[0], points)
        half = enclose(points, count, corner, centre)
        n = gather(rods, stamp, serial, centre, half, limits[0], found, value)
        if n > len(found):
            raise ValueError("too many neurites lie in one place")
        kept = prune(n, found, value, rods[4], half)
        rank_cells(rods, kept, found, corner, points, count, scratch, ids)
        at = (cut, corner, points)
        finish(size, at, scratch, ids, rods, seeds, noises, limits, out)
