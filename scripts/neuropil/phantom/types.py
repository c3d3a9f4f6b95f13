"""Names and codes of the phantom's compartments and of the limits of its fields."""

from enum import IntEnum

#: Distances in the fields are cut off here, in nm.
REACH_NM = 250.0


class Compartment(IntEnum):
    """What part of a cell a node or voxel belongs to."""

    NONE = 0
    AXON = 1
    BOUTON = 2
    DENDRITE = 3
    SPINE_NECK = 4
    SPINE_HEAD = 5
    SOMA = 6
    NUCLEUS = 7
    GLIA = 8


class Sign(IntEnum):
    """Effect of a synapse on its target, as its ultrastructure shows it."""

    SYMMETRIC = -1
    UNKNOWN = 0
    ASYMMETRIC = 1
