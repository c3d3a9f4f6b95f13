"""Synaptic vesicles on a hashed lattice, in numba."""

import math

import numpy as np
from numba import njit

STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


@njit(cache=True, nogil=True)
def mix(value):
    """Finaliser of splitmix64 (its twin in phantom_noise: one file per kernel)."""
    value = (value ^ (value >> np.uint64(30))) * FIRST
    value = (value ^ (value >> np.uint64(27))) * SECOND
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def fraction(bits, part):
    """One of four independent numbers in [0, 1) from the bits of a hash."""
    return np.float64((bits >> np.uint64(16 * part)) & np.uint64(0xFFFF)) / 65536.0


@njit(cache=True, nogil=True)
def band(distance, centre, sigma):
    """Gaussian profile across a membrane: 1 at its centre."""
    away = (distance - centre) / sigma
    if away * away > 18:
        return np.float32(0)
    return math.exp(np.float32(-0.5) * away * away)


@njit(cache=True, nogil=True)
def ramp(value, low, high):
    """Rise from 0 at ``low`` to 1 at ``high``."""
    return min(np.float32(1), max(np.float32(0), (value - low) / (high - low)))


@njit(cache=True, nogil=True)
def reach(centre, radius, start, size, count):
    """Voxels of an axis whose centres lie within a radius, cut to the array."""
    low = math.floor((centre - radius) / size) - start
    high = math.floor((centre + radius) / size) + 1 - start
    return max(low, 0), min(high, count)


@njit(cache=True, nogil=True)
def vesicle(far, radius, darkness):
    """Darkness at a distance from a vesicle's centre: a rim around a lighter lumen."""
    rim = darkness[0] * band(far, radius, np.float32(5.5))
    return max(rim, darkness[1] * (1 - ramp(far, radius - 6, radius)))


@njit(cache=True, nogil=True)
def paint_vesicles(cloud, membrane_nm, mito, place, darkness, out):
    """Add round vesicles inside clouds to the darkness out (Z, Y, X) float32.

    A hashed jittered lattice of 46 nm holds at most one vesicle per point. A vesicle is
    drawn whole if its centre's voxel lies in a cloud, clear of the membrane and of
    mitochondria. Voxels up to 30 nm from the border of the arrays may lack vesicles.

    Parameters
    ----------
    cloud, mito : (Z, Y, X) array of uint32
    membrane_nm : (Z, Y, X) array of float32, depth below the membrane
    place : seed (uint64), start of the arrays in voxels (3,) int64, voxel_size_nm (3,)
    darkness : (rim, lumen, core) that a vesicle adds: rim, inside, dense core
    """
    seed, start, size = place
    nz, ny, nx = out.shape
    pitch = 46.0
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    centre, vx = np.empty(3), np.empty(3, np.int64)
    for axis in range(3):
        low[axis] = math.floor(start[axis] * size[axis] / pitch)
        high[axis] = math.floor((start[axis] + out.shape[axis]) * size[axis] / pitch)
    for i in range(low[0], high[0] + 1):
        plane = mix(seed + np.uint64(i) * STEP)
        for j in range(low[1], high[1] + 1):
            row = mix(plane + np.uint64(j) * STEP)
            for k in range(low[2], high[2] + 1):
                bits = mix(row + np.uint64(k) * STEP)
                centre[0] = (i + 0.5 + 0.55 * (fraction(bits, 0) - 0.5)) * pitch
                centre[1] = (j + 0.5 + 0.55 * (fraction(bits, 1) - 0.5)) * pitch
                centre[2] = (k + 0.5 + 0.55 * (fraction(bits, 2) - 0.5)) * pitch
                inside = True
                for axis in range(3):
                    vx[axis] = math.floor(centre[axis] / size[axis]) - start[axis]
                    inside &= 0 <= vx[axis] < out.shape[axis]
                if not inside or not cloud[vx[0], vx[1], vx[2]]:
                    continue
                kind = fraction(bits, 3)
                if kind < 0.12 or membrane_nm[vx[0], vx[1], vx[2]] < 24:
                    continue
                if mito[vx[0], vx[1], vx[2]]:
                    continue
                dense = kind > 0.985
                radius = 26.0 if dense else 13.5 + 6.5 * kind
                strength = 0.6 + 0.4 * fraction(mix(bits), 0)
                z0, z1 = reach(centre[0], radius + 12, start[0], size[0], nz)
                y0, y1 = reach(centre[1], radius + 12, start[1], size[1], ny)
                x0, x1 = reach(centre[2], radius + 12, start[2], size[2], nx)
                for z in range(z0, z1):
                    dz = (start[0] + z + 0.5) * size[0] - centre[0]
                    for y in range(y0, y1):
                        dy = (start[1] + y + 0.5) * size[1] - centre[1]
                        for x in range(x0, x1):
                            dx = (start[2] + x + 0.5) * size[2] - centre[2]
                            far = math.sqrt(dz * dz + dy * dy + dx * dx)
                            dark = vesicle(
                                np.float32(far), np.float32(radius), darkness
                            )
                            if dense:
                                dark = darkness[2] * (1 - ramp(far, 16.0, 28.0))
                            dark = np.float32(dark * strength)
                            out[z, y, x] = max(out[z, y, x], dark)
