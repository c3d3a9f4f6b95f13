"""Grey values of the phantom's tissue before the microscope, voxel by voxel, in numba.

Greys run from 0 (black) to 1 (white). Lengths are nm. Each structure is a small
function of local distances, so that a voxel's grey depends on nothing but its own
fields, the noise there, and the vesicles around.
"""

import math

import numpy as np
from numba import njit

SOMA, GLIA = 6, 8
TURN = np.float32(2 * math.pi)


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
def nucleus_grey(depth, stain, noise):
    """Nucleoplasm: heterochromatin in clumps and along the envelope, a nucleolus."""
    grain, speck, patch, wide, other, _ = noise
    edge = np.float32(1.1) * (1 - ramp(depth, np.float32(0), np.float32(110)))
    ragged = np.float32(0.2) * speck + np.float32(0.35) * patch
    clump = ramp(wide + edge + ragged, np.float32(0.75), np.float32(1.25))
    core = ramp(other + np.float32(0.15) * speck, np.float32(2.0), np.float32(2.3))
    grey = stain.nucleoplasm + stain.grain * (grain + speck) + np.float32(0.02) * patch
    grey += (stain.chromatin - grey) * clump * np.float32(0.85)
    return grey + (stain.chromatin - np.float32(0.1) - grey) * core


@njit(cache=True, nogil=True)
def mito_grey(depth, phase, stain, noise):
    """Dark matrix, two membranes, cristae as wavy lamellae with a light lumen."""
    grain, speck, patch, wide, _, _ = noise
    wave = math.cos(TURN * phase)
    lumen = ramp(wave, np.float32(0.5), np.float32(0.95))
    sheet = ramp(wave, np.float32(-0.35), np.float32(0.5)) - lumen
    inside = ramp(depth, np.float32(20), np.float32(34))
    inside *= ramp(wide + np.float32(0.6) * patch, np.float32(-0.9), np.float32(0.3))
    grey = stain.matrix + np.float32(0.5) * stain.grain * (grain + speck)
    grey += inside * stain.cristae * (lumen - np.float32(0.8) * sheet)
    light = band(depth, np.float32(14), np.float32(4))
    dark = band(depth, np.float32(4), np.float32(5))
    dark = max(dark, np.float32(0.6) * band(depth, np.float32(22), np.float32(5)))
    grey += (stain.cytoplasm - grey) * np.float32(0.4) * light
    return grey + (stain.membrane - grey) * dark * np.float32(0.9)


@njit(cache=True, nogil=True)
def tubule(first, second, sigma_nm, radius_nm):
    """Distance (nm) from the wall of a tubule network, inside negative; 99 far away.

    The network is where two smooth noises are both zero; sigma_nm * sqrt(2) is the
    inverse of such noise's mean slope.
    """
    scale = np.float32(1.414) * sigma_nm
    squared = (first * first + second * second) * scale * scale
    reach = radius_nm + np.float32(24)
    if squared > reach * reach:
        return np.float32(99)
    return math.sqrt(squared) - radius_nm


@njit(cache=True, nogil=True)
def cytoplasm_grey(tint, part, depth, stain, noise):
    """Cytoplasm with grain, specks, filaments and endoplasmic reticulum."""
    grain, speck, patch, wide, other, thread = noise
    inner = ramp(depth, np.float32(18), np.float32(40))
    grey = stain.cytoplasm + tint + np.float32(0.014) * patch
    grey += stain.grain * (grain + np.float32(0.6) * speck)
    limit = np.float32(1.3)
    if part == SOMA:
        limit = np.float32(0.7)
    elif part == GLIA:
        limit = np.float32(1.9)
    dots = ramp(speck + np.float32(0.4) * patch, limit, limit + np.float32(1.1))
    grey -= stain.speck * inner * dots
    if part == SOMA:
        sheet = band(np.float32(184) * wide, np.float32(0), np.float32(9))
        sheet *= ramp(other + np.float32(0.4) * patch, np.float32(0), np.float32(0.6))
        grey -= stain.reticulum * inner * sheet
        return grey
    wall = tubule(patch, thread, np.float32(42), np.float32(0))
    grey -= stain.filament * inner * band(wall, np.float32(0), np.float32(10))
    if part != GLIA or other > 0:
        wall = tubule(wide, other, np.float32(130), np.float32(24))
        grey -= stain.reticulum * inner * band(wall, np.float32(0), np.float32(7))
        grey += np.float32(0.05) * band(wall, np.float32(-20), np.float32(9))
    return grey


@njit(cache=True, nogil=True)
def density(side, sign, depth, speck, patch):
    """Darkness of a synaptic density; side 1 is postsynaptic, 0 presynaptic, 2 cleft.

    Asymmetric: thick fuzzy density behind the postsynaptic membrane, small dense
    projections before it. Symmetric: thin on both sides.
    """
    fuzz = np.float32(5) * speck + np.float32(3) * patch
    if side == 2:
        return np.float32(0.5) + np.float32(0.08) * speck
    if sign < 0:
        return np.float32(0.7) * (1 - ramp(depth + fuzz, np.float32(4), np.float32(24)))
    if side == 1:
        near = 1 - ramp(depth + fuzz, np.float32(18), np.float32(42))
        return near * (np.float32(0.9) + np.float32(0.07) * patch)
    bumps = ramp(patch, np.float32(-0.2), np.float32(0.8))
    near = 1 - ramp(depth + fuzz, np.float32(6), np.float32(26))
    return near * (np.float32(0.35) + np.float32(0.4) * bumps)


@njit(cache=True, nogil=True)
def myelin_grey(depth, stain, noise):
    """Compact myelin: dark, with lamellae around the axon."""
    bent = depth + np.float32(3) * noise[2]
    wave = math.cos(TURN * bent / np.float32(28))
    grey = stain.myelin + stain.lamella * wave
    return grey + np.float32(0.7) * stain.grain * noise[0] + np.float32(0.01) * noise[2]


@njit(cache=True, nogil=True)
def membrane_line(depth, slope, patch):
    """Darkness of the membrane; cut obliquely, it is smeared within the section.

    ``slope`` is how much ``depth`` changes over the section's thickness, both in nm.
    """
    spread = math.sqrt(np.float32(42) + slope * slope / np.float32(12))
    strength = np.float32(0.9) + np.float32(0.1) * min(np.float32(1), patch)
    return band(depth, np.float32(4), spread) * strength * np.float32(6.5) / spread


@njit(cache=True, nogil=True)
def shade(fields, tables, stain, noise, geometry, out):
    """Write the grey of every voxel into out (Z, Y, X) float32.

    Parameters
    ----------
    fields : namedtuple of (Z, Y, X) arrays, see `neuropil.phantom.fields.Fields`; and
        ``vesicle``, darkness that vesicles add
    tables : namedtuple of arrays by index (row 0 unused): tint (cells), post and sign
        (synapses), lamella (mitochondria, unit vector times waves per nm)
    stain : namedtuple of greys (float32)
    noise : 6 arrays (Z, Y, X): grain, speck, patch, wide, other, thread
    geometry : start of the arrays in voxels (3,) int64, voxel_size_nm (3,) float64
    """
    start, size = geometry
    nz, ny, nx = out.shape
    steepest = np.float32(size[0])
    for z in range(nz):
        below, above = max(z - 1, 0), min(z + 1, nz - 1)
        for y in range(ny):
            for x in range(nx):
                depth = fields.membrane_nm[z, y, x]
                values = (
                    noise[0][z, y, x],
                    noise[1][z, y, x],
                    noise[2][z, y, x],
                    noise[3][z, y, x],
                    noise[4][z, y, x],
                    noise[5][z, y, x],
                )
                if fields.myelin[z, y, x]:
                    sheath = fields.myelin_depth_nm[z, y, x]
                    out[z, y, x] = myelin_grey(sheath, stain, values)
                    continue
                cell, part = fields.cell[z, y, x], fields.compartment[z, y, x]
                nuclear = fields.nucleus_nm[z, y, x]
                mito = fields.mito[z, y, x]
                if cell == 0:
                    grey = (
                        stain.extracellular + np.float32(0.5) * stain.grain * values[0]
                    )
                elif nuclear > 0:
                    grey = nucleus_grey(nuclear, stain, values)
                elif mito:
                    wave = tables.lamella[mito]
                    phase = (start[0] + z) * size[0] * wave[0]
                    phase += (start[1] + y) * size[1] * wave[1]
                    phase += (start[2] + x) * size[2] * wave[2]
                    phase += 0.8 * values[3] + 0.13 * values[2]
                    deep = fields.mito_depth_nm[z, y, x]
                    grey = mito_grey(deep, np.float32(phase), stain, values)
                else:
                    grey = cytoplasm_grey(tables.tint[cell], part, depth, stain, values)
                    if fields.vesicles[z, y, x]:
                        grey -= stain.cloud
                    grey -= fields.vesicle[z, y, x]
                if cell and nuclear > -60:
                    near = band(nuclear, np.float32(-4), np.float32(5))
                    near = max(near, band(nuclear, np.float32(-34), np.float32(5)))
                    grey += (stain.membrane - grey) * near * np.float32(0.8)
                synapse = fields.synapse[z, y, x]
                if synapse:
                    side = 2
                    if cell:
                        side = 1 if cell == tables.post[synapse] else 0
                    sign = tables.sign[synapse]
                    dark = density(side, sign, depth, values[1], values[2])
                    grey += (stain.density - grey) * dark
                slope = fields.membrane_nm[above, y, x]
                slope -= fields.membrane_nm[below, y, x]
                slope /= np.float32(max(above - below, 1))
                slope = min(steepest, max(-steepest, slope))
                line = membrane_line(depth, slope, values[2])
                out[z, y, x] = grey + (stain.membrane - grey) * line
