"""What contact sites need to know in voxels: window, steps of growth, halo."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from neuropil.grid import Triple
from neuropil.surface import line_reach, longest_reach

TOLERANCE = 1e-9  # in voxels, for lengths that are whole voxels but for rounding
Steps = tuple[Triple, ...]


class Plan(NamedTuple):
    """Lengths of the config in voxels (z, y, x).

    Attributes
    ----------
    voxel_size_nm : (z, y, x)
    radius : of the window; it has 2 r + 1 voxels along each axis
    closing, dilation : which axes (1 or 0) each step of growth goes along
    reach_nm : longest line between two cells
    halo : voxels around a block that its contact sites depend on
    """

    voxel_size_nm: tuple[float, float, float]
    radius: Triple
    closing: Steps
    dilation: Steps
    reach_nm: float
    halo: Triple

    @property
    def growth(self) -> Triple:
        """How far from a voxel's pair its closed and dilated site reaches."""
        inner, outer = reach_of(self.closing), reach_of(self.dilation)
        return tuple(2 * a + b for a, b in zip(inner, outer))


def plan_contacts(contacts: Mapping, voxel_size_nm: Sequence[float]) -> Plan:
    """Express the config's section ``contacts`` in voxels of a size.

    Parameters
    ----------
    contacts : window_nm {z, y, x}, closing_nm, dilation_nm, reach_nm
    voxel_size_nm : (z, y, x)
    """
    size = tuple(float(v) for v in voxel_size_nm)
    window = [contacts["window_nm"][axis] for axis in "zyx"]
    radius = tuple(window_radius(w, s) for w, s in zip(window, size))
    closing = grow_steps(contacts["closing_nm"], size)
    dilation = grow_steps(contacts["dilation_nm"], size)
    plan = Plan(size, radius, closing, dilation, contacts["reach_nm"], (0, 0, 0))
    line = longest_reach(line_reach(size, plan.reach_nm))
    halo = tuple(max(r + g, n) for r, g, n in zip(radius, plan.growth, line))
    return plan._replace(halo=halo)


def window_radius(window_nm: float, voxel_size_nm: float) -> int:
    """Radius of the largest odd window of at least 3 voxels that fits into a length.

    Three, so that the window holds the face neighbours that make a boundary.

    >>> window_radius(130, 10), window_radius(175, 25), window_radius(175, 200)
    (6, 3, 1)
    """
    voxels = math.floor(window_nm / voxel_size_nm + TOLERANCE)
    return max(1, (voxels - 1) // 2)


def grow_steps(length_nm: float, voxel_size_nm: Sequence[float]) -> Steps:
    """Cut growth by a length into steps, along the shortest axis always.

    Other axes take part when due: after each step, growth along them is as far as whole
    voxels allow without being further, in nm, than along the shortest.

    >>> grow_steps(70, (25, 10, 10)).count((1, 1, 1))
    2
    """
    shortest = min(voxel_size_nm)
    count = math.floor(length_nm / shortest + TOLERANCE)
    reached = [
        [math.floor(i * shortest / size + TOLERANCE) for size in voxel_size_nm]
        for i in range(count + 1)
    ]
    return tuple(
        tuple(b - a for a, b in zip(before, after))
        for before, after in itertools.pairwise(reached)
    )


def reach_of(steps: Steps) -> Triple:
    """How many voxels steps go along each axis in all."""
    return tuple(sum(step[axis] for step in steps) for axis in range(3))
