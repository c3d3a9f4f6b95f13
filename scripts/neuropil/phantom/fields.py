"""What the phantom knows about every voxel of a box: the input of image rendering."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fields:
    """Continuous and discrete fields of one box; all arrays have its shape (Z, Y, X).

    Cells, synapses, mitochondria and vesicle clouds are indices from 1 into the
    tissue's tables (row ``index - 1``), 0 is none. Distances are in nm, cut off at
    ``REACH_NM``.

    Attributes
    ----------
    cell : uint32
        Cell index; 0 in extracellular space and in myelin.
    neighbour : uint32
        Index of the cell on the other side of the nearest interface; 0 is none near.
    nearest : uint32
        As `cell`, but extracellular space is given to the nearest cell.
    interface_nm : float32
        Distance to the middle of the nearest gap between two cells, >= 0.
    membrane_nm : float32
        Depth below the cell's own membrane: > 0 inside a cell, <= 0 in extracellular
        space.
    synapse : uint32
        Synapse index in junction voxels: both sides and the cleft between.
    mito : uint32
        Mitochondrion index.
    mito_depth_nm : float32
        Depth below the mitochondrion's surface, 0 outside.
    vesicles : uint32
        Index of the vesicle cloud.
    myelin : uint8
        1 in a myelin sheath.
    myelin_depth_nm : float32
        Distance outward from the wrapped axon's membrane, 0 outside of sheaths.
    nucleus_nm : float32
        Depth below the nuclear envelope: > 0 in the nucleus, < 0 in the soma around
        it, else -REACH_NM.
    compartment : uint8
        `Compartment` code; 0 in extracellular space and in myelin.
    """

    cell: np.ndarray
    neighbour: np.ndarray
    nearest: np.ndarray
    interface_nm: np.ndarray
    membrane_nm: np.ndarray
    synapse: np.ndarray
    mito: np.ndarray
    mito_depth_nm: np.ndarray
    vesicles: np.ndarray
    myelin: np.ndarray
    myelin_depth_nm: np.ndarray
    nucleus_nm: np.ndarray
    compartment: np.ndarray


def crop(fields: Fields, cut: tuple[slice, slice, slice]) -> Fields:
    """Cut all fields at once; views, not copies."""
    return Fields(**{name: array[cut] for name, array in vars(fields).items()})
