"""Files of buckets: many cells or objects in one HDF5 file, each read alone.

Group ``<kind>/<id>/<part>`` holds one part, such as the mesh, of a cell (kind `cells`)
or of another object (kind `objects`): datasets, and attributes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import numpy as np

from neuropil.errors import InputError
from neuropil.storage import reading_hdf5
from neuropil.whole_files import replacing_hdf5


def write_parts(
    path: str | os.PathLike,
    kind: str,
    part: str,
    items: Iterable[tuple[int, Mapping[str, np.ndarray], Mapping]],
) -> None:
    """Write a part of many cells; complete or not at all, the same bytes each time.

    Parameters
    ----------
    kind, part : what the ids are of, and what is written of each
    items : id, datasets, attributes
    """
    with replacing_hdf5(path, libver="v108") as file:
        groups = file.create_group(kind)
        for name, arrays, attributes in items:
            group = groups.create_group(f"{int(name)}/{part}")
            group.attrs["axes"] = "zyx"
            group.attrs.update(attributes)
            for column, data in arrays.items():
                group.create_dataset(column, data=data, track_times=False)
            file.check()


def read_part(
    path: str | os.PathLike, kind: str, part: str, name: int
) -> tuple[dict[str, np.ndarray], dict]:
    """Read the datasets and attributes of a part of one cell or object.

    Raises
    ------
    InputError
        If the file does not hold it.
    """
    with reading_hdf5(path) as file:
        group = file.get(f"{kind}/{int(name)}/{part}")
        if group is None:
            one = kind.removesuffix("s")
            raise InputError(
                f"{path} holds no {part} of {one} {name}. Ids are spread over files "
                "(neuropil.buckets.bucket_of), and very small ones have none; the "
                "tables beside the files list those that have."
            )
        arrays = {column: data[()] for column, data in group.items()}
        return arrays, dict(group.attrs)


def list_ids(path: str | os.PathLike, kind: str) -> np.ndarray:
    """Ids (N,) uint64 of what a file holds, ascending."""
    with reading_hdf5(path) as file:
        return np.sort(np.array([int(name) for name in file[kind]], np.uint64))
