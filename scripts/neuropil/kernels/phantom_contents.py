"""Junctions, gaps between cells, mitochondria and vesicle clouds of the phantom."""

import numpy as np
from numba import njit

MITO_MARGIN_NM = 18.0  # organelles keep this far from their cell's membrane
CLOUD_MARGIN_NM = 12.0
APART_NM = 14.0  # vesicles keep this far from mitochondria
RAGGED_NM = 14.0  # SD of a cloud's border
RAGGED_ZONE = 0.12  # SD of an active zone's border, as a share of its radius


@njit(cache=True, nogil=True)
def nearest_rod(rods, key, cell, z, y, x):
    """Distance to the nearest rod of a cell of those in a bin, and which it is.

    Ties go to the rod of lower index.
    """
    head, tail, wide, thin, owner = rods[0], rods[1], rods[2], rods[3], rods[4]
    first, items = rods[6][0], rods[6][1]
    least, best = 1e9, -1
    for m in range(first[key], first[key + 1]):
        j = items[m]
        if owner[j] != cell:
            continue
        az, ay, ax = head[j, 0], head[j, 1], head[j, 2]
        bz, by, bx = tail[j, 0] - az, tail[j, 1] - ay, tail[j, 2] - ax
        dz, dy, dx = z - az, y - ay, x - ax
        square = bz * bz + by * by + bx * bx
        t = 0.0
        if square > 0.0:
            t = min(max((dz * bz + dy * by + dx * bx) / square, 0.0), 1.0)
        dz, dy, dx = dz - t * bz, dy - t * by, dx - t * bx
        radius = wide[j] + t * (thin[j] - wide[j])
        d = np.sqrt(dz * dz + dy * dy + dx * dx) - radius
        if d < least:
            least, best = d, j
    return least, best


@njit(cache=True, nogil=True)
def find_zone(zones, key, mine, other, z, y, x, ragged):
    """Index of the synapse of two cells whose active zone holds a point; 0 if none."""
    place, radius, pre, post = zones[0], zones[2], zones[4], zones[5]
    first, items = zones[7][0], zones[7][1]
    best, index = 1.0, np.uint32(0)
    for m in range(first[key], first[key + 1]):
        j = items[m]
        forth = pre[j] == mine and post[j] == other
        back = pre[j] == other and post[j] == mine
        if forth or back:
            dz, dy, dx = z - place[j, 0], y - place[j, 1], x - place[j, 2]
            reach = radius[j] * (1.0 + RAGGED_ZONE * ragged)
            share = (dz * dz + dy * dy + dx * dx) / (reach * reach)
            if share < best:
                best, index = share, zones[6][j]
    return index


@njit(cache=True, nogil=True, inline="always")
def is_listed(first, items, owner, key, cell):
    """Tell whether a bin lists a rod of a cell."""
    found = False
    for m in range(first[key], first[key + 1]):
        found |= owner[items[m]] == cell
    return found


@njit(cache=True, nogil=True)
def fill_contents(lattice, parts, noises, limits, given, out):
    """Mark junctions, open the gaps between cells, and fill cells with organelles.

    Parameters
    ----------
    lattice : start (3,) of the box in voxels, voxel size (3,) in nm
    parts : mitochondria and vesicle clouds (head, tail, radii, cell, object, bins) and
        active zones (place twice, radius twice, pre, post, index, bins); all have
        the same bins, which hold every voxel
    noises : warp (3, Z + 2, Y + 2, X + 2) in nm, padded by a voxel; raggedness
        (Z, Y, X) of SD 1
    limits : half thickness of a junction, half width of its cleft, in nm
    given : nearest, neighbour, interface_nm, nucleus_nm of `fill_fields`
    out : membrane_nm and compartment of `fill_fields`, changed; cell, synapse, mito,
        mito_depth_nm, vesicles, written
    """
    start, size = lattice
    mitos, clouds, zones = parts
    warp, ragged = noises
    nearest, neighbour, interface, nucleus = given
    membrane, compartment, cell, synapse, mito, mito_depth, vesicles = out
    # Passing a tuple of arrays costs more than most voxels' work: look first.
    m_first, m_items, shape, origin, bin_nm = mitos[6]
    c_first, c_items, z_first = clouds[6][0], clouds[6][1], zones[7][0]
    m_cell, c_cell = mitos[4], clouds[4]
    for z in range(cell.shape[0]):
        for y in range(cell.shape[1]):
            for x in range(cell.shape[2]):
                mine = nearest[z, y, x]
                if mine == 0:
                    continue
                pz = (start[0] + z + 0.5) * size[0] + warp[0, z + 1, y + 1, x + 1]
                py = (start[1] + y + 0.5) * size[1] + warp[1, z + 1, y + 1, x + 1]
                px = (start[2] + x + 0.5) * size[2] + warp[2, z + 1, y + 1, x + 1]
                key = np.int64((pz - origin[0]) / bin_nm)
                key = key * shape[1] + np.int64((py - origin[1]) / bin_nm)
                key = key * shape[2] + np.int64((px - origin[2]) / bin_nm)
                rough = np.float64(ragged[z, y, x])
                if z_first[key] < z_first[key + 1] and interface[z, y, x] < limits[0]:
                    other = neighbour[z, y, x]
                    zone = find_zone(zones, key, mine, other, pz, py, px, rough)
                    if zone > 0:
                        synapse[z, y, x] = zone
                        membrane[z, y, x] = interface[z, y, x] - limits[1]
                depth = np.float64(membrane[z, y, x])
                if depth <= 0.0:
                    compartment[z, y, x] = 0
                    continue
                cell[z, y, x] = mine
                depth = min(depth, -np.float64(nucleus[z, y, x]))
                if depth < CLOUD_MARGIN_NM:
                    continue
                far = 1e9
                if is_listed(m_first, m_items, m_cell, key, mine):
                    far, item = nearest_rod(mitos, key, mine, pz, py, px)
                    inside = min(-far, depth - MITO_MARGIN_NM)
                    if inside > 0.0:
                        mito[z, y, x] = mitos[5][item]
                        mito_depth[z, y, x] = inside
                        continue
                if far > APART_NM and is_listed(c_first, c_items, c_cell, key, mine):
                    away, item = nearest_rod(clouds, key, mine, pz, py, px)
                    if away + RAGGED_NM * rough < 0.0:
                        vesicles[z, y, x] = clouds[5][item]
