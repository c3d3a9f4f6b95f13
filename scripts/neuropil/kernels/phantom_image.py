"""Grey values of the phantom's tissue before the microscope, voxel by voxel, in numba.

Greys run from 0 (black) to 1 (white). Lengths are nm. Each structure is a small
function of local distances, so that a voxel's grey depends on nothing but its own
fields, the noise there, and the vesicles around.
"""

import math

import numpy as np
from numba import njit

DENDRITE, SOMA, GLIA = 3, 6, 8
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
def nucleus_grey(depth, stain, grain, speck, wide):
    """Nucleoplasm: heterochromatin in clumps and along the envelope, a nucleolus."""
    edge = np.float32(0.9) * (1 - ramp(depth, np.float32(0), np.float32(120)))
    clump = ramp(wide + edge + np.float32(0.25) * speck, np.float32(0.5), np.float32(1))
    core = ramp(wide + np.float32(0.1) * speck, np.float32(2.1), np.float32(2.4))
    grey = stain.nucleoplasm + np.float32(0.035) * grain + np.float32(0.02) * speck
    grey += (stain.chromatin - grey) * clump * np.float32(0.8)
    return grey + (stain.chromatin - np.float32(0.1) - grey) * core


@njit(cache=True, nogil=True)
def mito_grey(depth, phase, stain, grain, wide):
    """Dark matrix, two membranes, cristae as wavy lamellae with a light lumen."""
    wave = math.cos(TURN * phase)
    lumen = ramp(wave, np.float32(0.45), np.float32(0.95))
    sheet = ramp(wave, np.float32(-0.35), np.float32(0.45)) - lumen
    inside = ramp(depth, np.float32(20), np.float32(34))
    inside *= ramp(wide, np.float32(-1.2), np.float32(-0.4))
    grey = stain.matrix + np.float32(0.02) * grain
    grey += inside * stain.cristae * (lumen - np.float32(0.7) * sheet)
    light = band(depth, np.float32(14), np.float32(4))
    dark = band(depth, np.float32(4), np.float32(5))
    dark = max(dark, np.float32(0.6) * band(depth, np.float32(22), np.float32(5)))
    grey += (stain.cytoplasm - grey) * np.float32(0.45) * light
    return grey + (stain.membrane - grey) * dark


@njit(cache=True, nogil=True)
def reticulum(first, second, sigma_nm):
    """Darkness of a network of tubules: where two smooth noises are both near zero.

    sigma_nm * sqrt(2) is the inverse of such noise's mean slope, so that the radius of
    a tubule is about 25 nm everywhere.
    """
    squared = first * first + second * second
    reach = np.float32(42) / (np.float32(1.414) * sigma_nm)
    if squared > reach * reach:
        return np.float32(0)
    radius = math.sqrt(squared) * np.float32(1.414) * sigma_nm
    rim = band(radius, np.float32(24), np.float32(7))
    return rim - np.float32(0.3) * band(radius, np.float32(0), np.float32(11))


@njit(cache=True, nogil=True)
def cytoplasm_grey(tint, part, depth, stain, noise):
    """Cytoplasm with grain, dark specks (ribosomes, glycogen) and reticulum."""
    grain, speck, patch, wide, other = noise
    inner = ramp(depth, np.float32(18), np.float32(45))
    grey = stain.cytoplasm + tint + np.float32(0.018) * patch
    grey += stain.grain * (grain + np.float32(0.5) * speck)
    limit = np.float32(1.5)
    if part == SOMA:
        limit = np.float32(0.9)
    elif part == GLIA:
        limit = np.float32(2.1)
    dots = ramp(speck + np.float32(0.35) * patch, limit, limit + np.float32(1.2))
    grey -= stain.speck * inner * dots
    if part == SOMA:
        sheet = band(np.float32(180) * wide, np.float32(0), np.float32(9))
        sheet *= ramp(other + np.float32(0.4) * patch, np.float32(0), np.float32(0.6))
        grey -= stain.reticulum * inner * sheet
    elif part in (DENDRITE, GLIA):
        grey -= stain.reticulum * inner * reticulum(wide, other, np.float32(130))
    return grey


@njit(cache=True, nogil=True)
def density(side, sign, depth, speck, patch):
    """Darkness of a synaptic density; side 1 is postsynaptic, 0 presynaptic, 2 cleft.

    Asymmetric: thick fuzzy density behind the postsynaptic membrane, small dense
    projections before it. Symmetric: thin on both sides.
    """
    fuzz = np.float32(7) * speck + np.float32(4) * patch
    if side == 2:
        return np.float32(0.45)
    if sign < 0:
        return np.float32(0.85) * (
            1 - ramp(depth + fuzz, np.float32(6), np.float32(24))
        )
    if side == 1:
        return 1 - ramp(depth + fuzz, np.float32(22), np.float32(52))
    bumps = ramp(patch, np.float32(-0.2), np.float32(0.8))
    near = 1 - ramp(depth + fuzz, np.float32(8), np.float32(26))
    return near * (np.float32(0.4) + np.float32(0.5) * bumps)


@njit(cache=True, nogil=True)
def myelin_grey(depth, stain, grain):
    """Compact myelin: dark, with lamellae around the axon."""
    wave = math.cos(TURN * depth / np.float32(34))
    return stain.myelin + np.float32(0.09) * wave + np.float32(0.02) * grain


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
    noise : 5 arrays (Z, Y, X): grain, speck, patch, wide, other
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
                speck, wide = noise[1][z, y, x], noise[3][z, y, x]
                grain, patch = noise[0][z, y, x], noise[2][z, y, x]
                if fields.myelin[z, y, x]:
                    sheath = fields.myelin_depth_nm[z, y, x]
                    out[z, y, x] = myelin_grey(sheath, stain, grain)
                    continue
                cell, part = fields.cell[z, y, x], fields.compartment[z, y, x]
                nuclear = fields.nucleus_nm[z, y, x]
                mito = fields.mito[z, y, x]
                if cell == 0:
                    grey = stain.extracellular + np.float32(0.5) * stain.grain * grain
                elif nuclear > 0:
                    grey = nucleus_grey(nuclear, stain, grain, speck, wide)
                elif mito:
                    wave = tables.lamella[mito]
                    phase = (start[0] + z) * size[0] * wave[0]
                    phase += (start[1] + y) * size[1] * wave[1]
                    phase += (start[2] + x) * size[2] * wave[2]
                    phase += 0.55 * wide + 0.07 * patch
                    deep = fields.mito_depth_nm[z, y, x]
                    grey = mito_grey(deep, np.float32(phase), stain, grain, wide)
                else:
                    values = (grain, speck, patch, wide, noise[4][z, y, x])
                    tint = tables.tint[cell]
                    grey = cytoplasm_grey(tint, part, depth, stain, values)
                    if fields.vesicles[z, y, x]:
                        grey -= stain.cloud
                    grey -= fields.vesicle[z, y, x]
                if cell and nuclear > -60:
                    near = band(nuclear, np.float32(-4), np.float32(6))
                    near = max(near, band(nuclear, np.float32(-34), np.float32(6)))
                    grey += (stain.membrane - grey) * near
                synapse = fields.synapse[z, y, x]
                if synapse:
                    side = 2
                    if cell:
                        side = 1 if cell == tables.post[synapse] else 0
                    dark = density(side, tables.sign[synapse], depth, speck, patch)
                    grey += (stain.density - grey) * dark
                # A membrane cut obliquely is smeared over its run within the section.
                slope = (
                    fields.membrane_nm[above, y, x] - fields.membrane_nm[below, y, x]
                )
                slope /= np.float32(max(above - below, 1))
                slope = min(steepest, max(-steepest, slope))
                spread = math.sqrt(np.float32(42) + slope * slope / np.float32(12))
                sharp = np.float32(6.5) / spread
                line = band(depth, np.float32(4), spread) * sharp
                out[z, y, x] = grey + (stain.membrane - grey) * line
