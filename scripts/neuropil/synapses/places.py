"""Where synapses lie: their middle voxel and a thin cloud of points, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuropil.partitions import Partitions
from neuropil.synapses.joining import ReadVoxels, Voxels
from neuropil.table_parts import read_parts

SUM = [f"sum_{a}_vx" for a in "zyx"]
VOXEL = [f"{a}_vx" for a in "zyx"]
VOXELS = 2**18  # to work on at a time
BIN = ["row", "bin_z", "bin_y", "bin_x"]
Visit = tuple[np.ndarray, np.ndarray]


def read_fragments(paths: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Read the fragments of all chunks in parts, with their chunk's number."""
    for number, path in enumerate(paths):
        for part in read_parts(path):
            yield part.assign(chunk=number)


def name_chunks(members: pd.DataFrame, paths: Sequence[str]) -> pd.DataFrame:
    """Name the chunks of a table, given by their numbers, as files are named."""
    names = np.array([Path(path).stem for path in paths], object)
    return members.assign(chunk=names[members["chunk"].to_numpy(np.int64)])


class VoxelTables:
    """Read the voxels of fragments by the number of their chunk.

    Parameters
    ----------
    paths : tables of schema ``synapse_voxels``, one per chunk
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = list(paths)

    def __call__(self, chunk: int) -> Iterator[Voxels]:
        """Read the voxels of the fragments of one chunk, in parts."""
        return map(Voxels.of, read_parts(self.paths[chunk], VOXELS))


def visit_voxels(
    candidates: pd.DataFrame, fragments: pd.DataFrame, load: ReadVoxels
) -> Iterator[Visit]:
    """Yield voxels of candidates, part by part: row of the table (N,), zyx (N, 3).

    Parameters
    ----------
    candidates : root, ...
    fragments : chunk, fragment, root
    load : called with the number of a chunk, gives its voxels in parts
    """
    rows = pd.Series(np.arange(len(candidates)), candidates["root"])
    table = fragments.assign(row=rows.reindex(fragments["root"]).to_numpy())
    for chunk, part in table.dropna(subset="row").groupby("chunk"):
        fragment = part["fragment"].to_numpy()
        row_of = np.full(fragment.max() + 2, -1)  # the last one is for all beyond
        row_of[fragment] = part["row"]
        for voxels in load(int(chunk)):
            row = row_of[np.minimum(voxels.fragment, len(row_of) - 1)]
            if (row >= 0).any():
                yield row[row >= 0], voxels.zyx[row >= 0].astype(np.int64)


def find_places(
    candidates: pd.DataFrame,
    visits: Iterable[Visit],
    voxel_size_nm: Sequence[float],
    points_nm: float,
    bins: Partitions,
) -> tuple[np.ndarray, Iterator[pd.DataFrame]]:
    """Find the middle and the points of each candidate.

    Parameters
    ----------
    candidates : voxel_count, sum_*_vx (sums of the coordinates of its voxels)
    visits : what `visit_voxels` yields; read once
    voxel_size_nm : (z, y, x)
    points_nm : edge of the bins that voxels are thinned with; bins are aligned with
        the volume's first voxel and at least one voxel wide
    bins : ranges of rows of the table

    Returns
    -------
    middles : (N, 3) int64, own voxel nearest to the centroid; of several, the first in
        z, y, x order
    points : in parts by row: row, z_nm, y_nm, x_nm (mean position of its voxels in a
        bin), voxel_count
    """
    size = np.asarray(voxel_size_nm, float)
    step = np.maximum(np.rint(points_nm / size), 1).astype(np.int64)
    centroids = candidates[SUM].to_numpy() / candidates[["voxel_count"]].to_numpy()
    nearest = [pd.DataFrame(columns=["row", "distance", *VOXEL], dtype=float)]
    for row, zyx in visits:
        nearest.append(keep_nearest(measure_distances(row, zyx, centroids, size)))
        part = count_bins(row, zyx, step)
        bins.add(part, part["row"])
    middles = keep_nearest(pd.concat(nearest)).sort_values("row")[VOXEL]
    return middles.to_numpy(np.int64), (place_points(part, size) for part in bins)


def measure_distances(
    row: np.ndarray, zyx: np.ndarray, centroids: np.ndarray, size: np.ndarray
) -> pd.DataFrame:
    """Squared distance in nm of each voxel to the centroid of its row."""
    away = (zyx - centroids[row]) * size
    table = pd.DataFrame(zyx, columns=VOXEL)
    return table.assign(row=row, distance=(away**2).sum(axis=1))


def keep_nearest(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the nearest voxel per row; of several, the first in z, y, x order."""
    least = table.groupby("row")["distance"].transform("min")
    nearest = table[table["distance"] == least]
    return nearest.sort_values(["row", *VOXEL]).drop_duplicates("row")


def count_bins(row: np.ndarray, zyx: np.ndarray, step: np.ndarray) -> pd.DataFrame:
    """Add up the voxels and their coordinates per row and bin of ``step`` voxels."""
    table = pd.DataFrame(np.column_stack([row, zyx // step, zyx]), columns=BIN + SUM)
    return table.assign(voxel_count=1).groupby(BIN, as_index=False).sum()


def place_points(bins: pd.DataFrame, size: np.ndarray) -> pd.DataFrame:
    """Turn bins, in parts that are added up, into points in nm."""
    points = bins.groupby(BIN, as_index=False).sum()
    middle = points[SUM].to_numpy() / points[["voxel_count"]].to_numpy() + 0.5
    points[["z_nm", "y_nm", "x_nm"]] = middle * size
    return points.drop(columns=[*BIN[1:], *SUM])
