"""Read EM volumes, segmentations and maps of many formats by box."""

from neuropil.volumes.opening import open_volume
from neuropil.volumes.roles import open_faces, open_role

__all__ = ["open_faces", "open_role", "open_volume"]
