"""Merging the tables of many chunks: memory grows by objects, not by all rows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from neuropil.schemas.synapses import (
    FRAGMENT_VOXELS,
    FRAGMENTS,
    PATCHES,
    SYNAPSE_POINTS,
)
from neuropil.storage import read_table, write_table
from neuropil.synapses.candidates import Pieces, merge_synapses
from neuropil.table_parts import write_parts
from traced import peak_of

SIZE = (25.0, 10.0, 10.0)
SETTINGS = {
    "same_pair_nm": 50.0,
    "across_nm": 100.0,
    "min_size_vx": 1,
    "min_sym_ratio": 0.225,
    "points_nm": 10.0,
}
SIDE = 12  # voxels of a synapse along y and x
COUNT = 60  # synapses of a chunk


def write_synapses(folder, chunk):
    """Synapses of one plane each, of other cells than their neighbours', in a row."""
    y, x = np.indices((SIDE, SIDE)).reshape(2, -1)
    number = np.arange(COUNT)
    fragments = pd.DataFrame(dict.fromkeys(FRAGMENTS.columns, number))
    z = chunk * COUNT + number
    cells = {"supervoxel_a": 2 * z + 1, "supervoxel_b": 2 * z + 2, "junction": z + 1}
    first = {"first_z_vx": z, "first_y_vx": 0, "first_x_vx": 0}
    starts = {"start_z_vx": z, "start_y_vx": 0, "start_x_vx": 0}
    stops = {"stop_z_vx": z + 1, "stop_y_vx": SIDE, "stop_x_vx": SIDE}
    count = SIDE**2
    sums = {"sum_z_vx": z * count, "sum_y_vx": y.sum(), "sum_x_vx": x.sum()}
    fragments = fragments.assign(
        voxel_count=count, **cells, **first, **starts, **stops, **sums
    )
    voxels = pd.DataFrame(
        {
            "fragment": np.repeat(number, count),
            "z_vx": np.repeat(z, count),
            "y_vx": np.tile(y, COUNT),
            "x_vx": np.tile(x, COUNT),
        }
    )
    lines = dict.fromkeys(PATCHES.columns, np.ones(COUNT, int))
    patches = pd.DataFrame(lines).assign(**cells, supervoxel_behind=0)
    tables = ((fragments, FRAGMENTS), (voxels, FRAGMENT_VOXELS), (patches, PATCHES))
    paths = [folder / f"{chunk}.{schema.name}.parquet" for _, schema in tables]
    for path, (table, schema) in zip(paths, tables):
        write_table(path, table, schema)
    return paths


def test_memory_of_synapses_does_not_grow_by_their_voxels_and_points(tmp_path):
    peaks = {}
    for chunks in (3, 3, 15):  # the first loads kernels
        files = zip(*(write_synapses(tmp_path, chunk) for chunk in range(chunks)))
        paths = SimpleNamespace(**dict(zip(("fragments", "voxels", "patches"), files)))
        ids = np.arange(1, 2 * chunks * COUNT + 1, dtype=np.uint64)
        members = pd.DataFrame({"supervoxel": ids, "cell": ids})
        rows, path = 1000, tmp_path / "points.parquet"
        with peak_of() as peak:
            merge = (Pieces.of(paths), members, SIZE, SETTINGS, tmp_path / "bins", rows)
            found = merge_synapses(*merge)
            write_parts(path, found.points, SYNAPSE_POINTS)
        peaks[chunks] = peak.bytes
        assert len(found.candidates) == chunks * COUNT
        assert len(read_table(path)) == chunks * COUNT * SIDE**2
    # A row of points is 40 bytes, and so are its voxels; a synapse's columns are 300.
    points = 12 * COUNT * SIDE**2
    assert peaks[15] - peaks[3] < 20 * points
