"""Cut cells into pieces around hashed seed points, and count where pieces meet."""

import math

import numpy as np
from numba import njit

STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
LOW62 = np.uint64(2**62 - 1)
TOP = np.uint64(2**62)
ODD1 = np.uint64(0x2545F4914F6CDD1D)
ODD2 = np.uint64(0x1B03738712FAD5C9)
S31 = np.uint64(31)
U1 = np.uint64(1)


@njit(cache=True, nogil=True)
def mix(value):
    """Finaliser of splitmix64 (its twin in phantom_noise: one file per kernel)."""
    value = (value ^ (value >> np.uint64(30))) * FIRST
    value = (value ^ (value >> np.uint64(27))) * SECOND
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def encode(cell, i, j, k):
    """Supervoxel of a cell's piece at seed (i, j, k): 2**62 and above, one to one.

    32 bits of cell and 10 of each index are scrambled by steps that can be undone:
    products with odd numbers modulo 2**62 and exclusive-or with the upper half.
    """
    m = np.uint64(1023)
    packed = np.uint64(cell) << np.uint64(30)
    packed |= (np.uint64(i) & m) << np.uint64(20)
    packed |= (np.uint64(j) & m) << np.uint64(10)
    packed |= np.uint64(k) & m
    packed = (packed * ODD1) & LOW62
    packed = ((packed ^ (packed >> S31)) * ODD2) & LOW62
    return packed ^ (packed >> S31) | TOP


@njit(cache=True, nogil=True)
def fill_seeds(home, seed, pitch, seeds):
    """Write the 27 seed points (nm) around a cell of the lattice into seeds (27, 3)."""
    n = 0
    for i in range(home[0] - 1, home[0] + 2):
        plane = mix(seed + np.uint64(i) * STEP)
        for j in range(home[1] - 1, home[1] + 2):
            row = mix(plane + np.uint64(j) * STEP)
            for k in range(home[2] - 1, home[2] + 2):
                bits = mix(row + np.uint64(k) * STEP)
                lattice = (i, j, k)
                for axis in range(3):
                    part = (bits >> np.uint64(20 * axis)) & np.uint64(0xFFFFF)
                    away = 0.6 * (np.float64(part) / 1048576.0 - 0.5)
                    seeds[n, axis] = (lattice[axis] + 0.5 + away) * pitch
                n += 1


@njit(cache=True, nogil=True)
def cut_cells(cell, bend, place, out):
    """Give each voxel of a cell the supervoxel of the nearest seed point.

    Parameters
    ----------
    cell : (Z, Y, X) array of uint32, cell index, 0 stays 0
    bend : 3 arrays (Z, Y, X) of float32, shift of each voxel in nm before the search
    place : seed (uint64), start of the arrays in voxels (3,) int64, voxel_size_nm (3,),
        pitch of the lattice in nm
    out : (Z, Y, X) array of uint64, written
    """
    seed, start, size, pitch = place
    seeds = np.empty((27, 3))
    home = np.array([-(2**40)] * 3)
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                if cell[z, y, x] == 0:
                    out[z, y, x] = 0
                    continue
                pz = (start[0] + z + 0.5) * size[0] + bend[0][z, y, x]
                py = (start[1] + y + 0.5) * size[1] + bend[1][z, y, x]
                px = (start[2] + x + 0.5) * size[2] + bend[2][z, y, x]
                i = math.floor(pz / pitch)
                j, k = math.floor(py / pitch), math.floor(px / pitch)
                if i != home[0] or j != home[1] or k != home[2]:
                    home[0], home[1], home[2] = i, j, k
                    fill_seeds(home, seed, pitch, seeds)
                best, nearest = np.inf, 0
                for n in range(27):
                    dz, dy, dx = pz - seeds[n, 0], py - seeds[n, 1], px - seeds[n, 2]
                    far = dz * dz + dy * dy + dx * dx
                    if far < best:
                        best, nearest = far, n
                i += nearest // 9 - 1
                j += nearest // 3 % 3 - 1
                k += nearest % 3 - 1
                out[z, y, x] = encode(cell[z, y, x], i, j, k)


@njit(cache=True, nogil=True)
def add_pair(one, two, number, table, count):
    """Add to the count of a pair in an open-addressing table; True if it is new."""
    mask = np.uint64(len(count) - 1)
    slot = mix(one + mix(two)) & mask
    while count[slot] != 0:
        if table[slot, 0] == one and table[slot, 1] == two:
            count[slot] += number
            return False
        slot = (slot + U1) & mask
    table[slot, 0], table[slot, 1], count[slot] = one, two, number
    return True


@njit(cache=True, nogil=True)
def count_pairs(labels, core_shape, gap, table, count):
    """Count voxels of each label, and places where two labels meet, into a table.

    Two labels meet where, from a voxel of the core along an axis, the next label within
    ``gap`` voxels is another one; background in between is skipped.

    Parameters
    ----------
    labels : (Z, Y, X) array of uint64, the core and ``gap`` voxels after it
    core_shape : (3,) of int
    gap : (3,) of int, voxels along z, y, x
    table, count : (N, 2) uint64 and (N,) int64, N a power of two, zero at the start; a
        voxel count stands under (label, label), a meeting under (smaller, larger)

    Returns
    -------
    False if the table is more than half full: start again with a larger one.
    """
    used = 0
    for z in range(core_shape[0]):
        for y in range(core_shape[1]):
            run = 0
            for x in range(core_shape[2]):
                one = labels[z, y, x]
                run += 1
                if x + 1 == core_shape[2] or labels[z, y, x + 1] != one:
                    if one != 0:
                        used += add_pair(one, one, run, table, count)
                    run = 0
                if one == 0:
                    continue
                for axis in range(3):
                    two = ahead(labels, (z, y, x), axis, gap[axis])
                    if two != one and two != 0:
                        low, high = min(one, two), max(one, two)
                        used += add_pair(low, high, 1, table, count)
                if 2 * used > len(count):
                    return False
    return True


@njit(cache=True, nogil=True)
def ahead(labels, voxel, axis, gap):
    """Next label along an axis within ``gap`` voxels; 0 if there is none."""
    z, y, x = voxel
    for _ in range(gap):
        z, y, x = z + (axis == 0), y + (axis == 1), x + (axis == 2)
        if z >= labels.shape[0] or y >= labels.shape[1] or x >= labels.shape[2]:
            return np.uint64(0)
        if labels[z, y, x] != 0:
            return labels[z, y, x]
    return np.uint64(0)
