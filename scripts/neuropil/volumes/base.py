"""A volume: a 3-d array on disk or at a URL, read box by box.

Whatever the order of the axes in the file, a `Volume` is z, y, x. Lengths are nm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from neuropil.errors import InputError
from neuropil.grid import Box, Triple

Lengths = tuple[float, float, float]
SAME_SIZE = 1e-4  # relative; files keep voxel sizes as rounded decimals or float32
IMAGE_SUFFIXES = {".tif": "tiff", ".tiff": "tiff", ".png": "png"}
NM_PER_UNIT = {
    "angstrom": "0.1",
    "nm": "1",
    "nanometer": "1",
    "nanometers": "1",
    "um": "1000",
    "µm": "1000",
    "μm": "1000",
    "micron": "1000",
    "microns": "1000",
    "micrometer": "1000",
    "micrometers": "1000",
    "mm": "1000000",
    "millimeter": "1000000",
}


@dataclass(frozen=True)
class Volume:
    """A 3-d array that is read by box.

    Attributes
    ----------
    name : how messages call it: config key and path
    shape : (z, y, x), in voxels
    dtype : of what `read` returns
    voxel_size_nm, offset_nm : (z, y, x); the offset is the lower corner of voxel 0
    load : gives the voxels of a box that lies inside of ``box``
    box : where there are voxels; elsewhere `read` gives zeros
    verify : thorough checks that are too slow for every opening
    """

    name: str
    shape: Triple
    dtype: np.dtype
    voxel_size_nm: Lengths
    offset_nm: Lengths
    load: Callable[[Box], np.ndarray] = field(repr=False)
    box: Box | None = None
    verify: Callable[[], None] = field(default=lambda: None, repr=False)

    def __post_init__(self) -> None:
        if self.box is None:
            object.__setattr__(self, "box", Box.of(self.shape))

    def read(self, box: Box) -> np.ndarray:
        """Voxels of a box, (Z, Y, X) of `dtype`; zero outside of the volume.

        Raises
        ------
        InputError
            If the file is damaged, or holds values that its role does not allow.
        """
        inner = box.intersect(self.box)
        if not inner.size:
            return np.zeros(box.shape, self.dtype)
        try:
            voxels = self.load(inner)
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                f"{self.name}: voxels {describe_box(inner)} can't be read "
                f"({one_line(error)}). The file is damaged or out of reach: copy it "
                "anew, or check the connection."
            ) from error
        if inner == box:
            return voxels
        out = np.zeros(box.shape, self.dtype)
        out[inner.within(box)] = voxels
        return out


@dataclass(frozen=True)
class Axes:
    """Order of the axes of a stored array, one letter each, and the channel read."""

    letters: str
    channel: int = 0

    def pick(self, values: Sequence) -> tuple:
        """Take the z, y, x entries of values that are in stored order."""
        return tuple(values[self.letters.index(a)] for a in "zyx")

    def index(self, box: Box) -> tuple:
        """Index of a box in the stored array; other axes are taken at one place."""
        place = {"c": self.channel, "t": 0, **dict(zip("zyx", box.slices))}
        return tuple(place[a] for a in self.letters)

    def arrange(self, array: np.ndarray) -> np.ndarray:
        """Turn what was read with `index` into a contiguous z, y, x array."""
        spatial = [a for a in self.letters if a in "zyx"]
        array = array.transpose([spatial.index(a) for a in "zyx"])
        return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


def find_axes(source: dict, default: str, shape: Sequence[int], name: str) -> Axes:
    """Match the axes that a source or its format names with the stored shape.

    Parameters
    ----------
    source : config of the volume; its ``axes`` and ``channel`` win over the file's
    default : axes by the file's metadata or the format, such as ``"czyx"``
    shape : of the stored array
    name : for messages
    """
    letters = source.get("axes") or default
    if len(letters) != len(shape) or not set("zyx") <= set(letters) <= set("zyxct"):
        raise InputError(
            f"{name} holds a {len(shape)}-d array ({describe_shape(shape)}) with axes "
            f"{letters!r}, expected 3 axes z, y, x, or 4 with a channel c. Choose "
            "another dataset, or name one letter per dimension with the key axes."
        )
    sizes = dict(zip(letters, shape))
    if sizes.get("t", 1) != 1:
        raise InputError(
            f"{name} holds {sizes['t']} time points, expected one. Export one of them."
        )
    return Axes(letters, find_channel(source, sizes, name))


def find_channel(source: dict, sizes: dict[str, int], name: str) -> int:
    """Which channel of a stored array to read, 0 of one without channels."""
    channel, channels = source.get("channel"), sizes.get("c", 1)
    if source.get("channel_count", channels) != channels:
        raise InputError(
            f"{name} has shape {describe_shape(sizes.values())} (axes "
            f"{''.join(sizes)}), expected three channels c: affinities along z, y, x. "
            "Add axes: zyxc if channels are last, or say which are meant with "
            "channels: {z: ..., y: ..., x: ...}."
        )
    if channel is None and channels > 1:
        raise InputError(
            f"{name} holds {channels} channels, expected one. Say which to read with "
            f"the key channel (0 to {channels - 1})."
        )
    if (channel or 0) >= channels:
        raise InputError(
            f"{name} has no channel {channel}, it holds {channels}. Set the key "
            f"channel (of affinities channels) to numbers from 0 to {channels - 1}."
        )
    return channel or 0


def default_axes(ndim: int) -> str:
    """Axes of an array without metadata: z, y, x last, a channel before them.

    >>> default_axes(4)
    'czyx'
    """
    return "tczyx"[-ndim:] if ndim >= 3 else "yx"[-ndim:]


def check_array(dtype: np.dtype, shape: Sequence[int], name: str) -> None:
    """Refuse arrays that hold no numbers or no voxels."""
    if dtype.kind not in "buif":
        raise InputError(
            f"{name} holds values of type {dtype}, expected whole or decimal numbers. "
            "Choose another dataset, or convert it."
        )
    if 0 in shape:
        raise InputError(
            f"{name} is empty (shape {describe_shape(shape)}), expected at least one "
            "voxel. Choose another dataset, or export it again."
        )


def settle_voxel_size(source: dict, found: Sequence | None, name: str) -> Lengths:
    """Voxel size (z, y, x) in nm: the config's, which a file must not contradict.

    Parameters
    ----------
    source : its ``voxel_size_nm`` is what the config says; ``assumed_voxel_size_nm``
        is used if neither config nor file say anything
    found : what the file says, or None
    """
    said = as_lengths(source.get("voxel_size_nm"))
    found = found and check_lengths(found, name)
    if said and found and not same_size(said, found):
        raise InputError(
            f"{name}: the voxel size is {describe_lengths(found)} in the file but "
            f"{describe_lengths(said)} in the config. Correct voxel_size_nm in the "
            "config, or the file's metadata."
        )
    size = said or found or as_lengths(source.get("assumed_voxel_size_nm"))
    if size is None:
        raise InputError(
            f"{name}: neither the file nor the config give a voxel size. Add "
            "voxel_size_nm: {z: ..., y: ..., x: ...} in nm to the config."
        )
    return size


def settle_offset(source: dict, found: Sequence | None) -> Lengths:
    """Offset (z, y, x) in nm: the config's, else the file's, else 0.

    The config wins, since formats and writers mean different corners by an offset.
    """
    return (
        as_lengths(source.get("offset_nm"))
        or (found and tuple(float(v) for v in found))
        or (0.0, 0.0, 0.0)
    )


def as_lengths(value: dict | Sequence | None) -> Lengths | None:
    """Turn ``{z:, y:, x:}`` or a (z, y, x) sequence into a tuple of floats."""
    if value is None:
        return None
    if isinstance(value, dict):
        value = [value[axis] for axis in "zyx"]
    return tuple(float(v) for v in value)


def check_lengths(values: Sequence, name: str) -> Lengths:
    """Refuse a voxel size in a file that is no positive number."""
    lengths = tuple(float(v) for v in values)
    if not all(math.isfinite(v) and v > 0 for v in lengths):
        raise InputError(
            f"{name}: the voxel size in the file is {describe_lengths(lengths)}, "
            "expected positive numbers. Correct the file's metadata."
        )
    return lengths


def same_size(a: Lengths, b: Lengths) -> bool:
    """Whether two voxel sizes agree but for rounding."""
    return all(math.isclose(p, q, rel_tol=SAME_SIZE) for p, q in zip(a, b))


def exact(value: float | str) -> Fraction:
    """Read a decimal number as the fraction it is written as.

    >>> exact(4.6) * 1000
    Fraction(4600, 1)
    """
    return Fraction(str(value))


def in_nm(values: Sequence, unit: str | None) -> tuple[Fraction, ...] | None:
    """Lengths in nm, or None if the unit is missing or unknown."""
    factor = NM_PER_UNIT.get(str(unit).lower())
    return factor and tuple(exact(v) * exact(factor) for v in values)


def describe_lengths(lengths: Sequence[float]) -> str:
    """Write three lengths for a message.

    >>> describe_lengths((40.0, 4.6, 4.6))
    '40 x 4.6 x 4.6 nm (z, y, x)'
    """
    return " x ".join(f"{float(v):g}" for v in lengths) + " nm (z, y, x)"


def describe_shape(shape: Sequence[int]) -> str:
    """Write a shape for a message."""
    return " x ".join(str(n) for n in shape)


def describe_box(box: Box) -> str:
    """Write a box for a message.

    >>> describe_box(Box((0, 1, 2), (3, 4, 5)))
    'z 0-3, y 1-4, x 2-5'
    """
    return ", ".join(f"{n} {a}-{b}" for n, a, b in zip("zyx", box.start, box.stop))


def one_line(error: Exception) -> str:
    """First line of an error, shortened, for use inside a sentence."""
    text = " ".join(str(error).split()).rstrip(".")
    return text if len(text) <= 200 else text[:197] + "..."
