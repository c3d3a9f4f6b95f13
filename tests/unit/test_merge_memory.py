"""Merging the tables of many chunks: memory grows by objects, not by all rows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from neuropil.contacts.areas import SiteTables, measure_contacts, write_contacts
from neuropil.contacts.cell_pairs import CellPairs
from neuropil.organelles import write_points
from neuropil.partials import merge_overlaps, merge_points
from neuropil.partitions import partition_files
from neuropil.schemas.contacts import FIRST, PAIR, SITES, STRAYS, TOUCHING
from neuropil.schemas.organelles import OVERLAPS, PARTIAL_POINTS, POINTS
from neuropil.schemas.synapses import (
    FRAGMENT_VOXELS,
    FRAGMENTS,
    PATCHES,
    SYNAPSE_POINTS,
)
from neuropil.storage import as_table, read_table, write_table
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


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Let tables be read in parts of 1000 rows, so that small ones have many."""
    monkeypatch.setattr("neuropil.table_parts.read_parts.__defaults__", (1000, None))
    monkeypatch.setattr("neuropil.table_parts.join_parts.__defaults__", (1000,))


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


def write_contact_sites(folder, count):
    """Sites in a row, each two of them of the same two cells; the others touch."""
    number = np.arange(count, dtype=np.int64)
    sites = pd.DataFrame(dict.fromkeys(SITES.columns, number + 1))
    ends = {PAIR[0]: 2 * number + 1, PAIR[1]: 2 * number + 2}
    sites = sites.assign(**ends, **dict.fromkeys(FIRST, number))
    strays = pd.DataFrame(dict.fromkeys(STRAYS.columns, number + 1))
    strays = strays.assign(**ends, supervoxel_behind=0)
    touching = pd.DataFrame({"site_a": number[1:], "site_b": number[1:] + 1})
    tables = {"sites": (sites, SITES), "touching": (touching, TOUCHING)}
    for name, (table, schema) in (tables | {"strays": (strays, STRAYS)}).items():
        write_table(folder / f"{name}.parquet", table, schema)
    ids = np.arange(1, 2 * count + 1, dtype=np.uint64)
    cells = (ids - np.uint64(1)) // np.uint64(4) * np.uint64(2) + ids % np.uint64(2)
    return pd.DataFrame({"supervoxel": ids, "cell": cells + np.uint64(1)})


def test_memory_of_contacts_grows_by_some_numbers_a_site(tmp_path):
    given = {n: tmp_path / f"{n}.parquet" for n in SiteTables._fields}
    made = {n: tmp_path / f"of_{n}.parquet" for n in ("pairs", "contacts", "sites")}
    peaks = {}
    for count in (10_000, 10_000, 50_000):  # the first loads kernels
        members = write_contact_sites(tmp_path, count)
        tables, cells = (
            SiteTables.of(SimpleNamespace(**given)),
            CellPairs(members, SIZE),
        )
        with peak_of() as peak:
            measured = measure_contacts(tables, cells, 0.0, tmp_path / "ranges", 1000)
            write_contacts(SimpleNamespace(**made), measured, "")
        peaks[count] = peak.bytes
        contacts = read_table(made["contacts"])
        assert (len(contacts), set(contacts["site_count"])) == (count / 2, {2})
    # A row of sites and one of strays are 400 bytes.
    assert peaks[50_000] - peaks[10_000] < 150 * 40_000


def write_partial_points(path, chunk, count):
    """Points of objects of which each lies in two chunks."""
    rng = np.random.default_rng(chunk)
    rows = {name: rng.integers(1, 5, count) for name in PARTIAL_POINTS.columns}
    rows["object"] = np.sort(rng.integers(1, 200, count)) + 100 * chunk
    rows |= {"bin_z": np.arange(count) % 50, "bin_y": np.arange(count) // 50}
    write_table(path, pd.DataFrame(rows), PARTIAL_POINTS)
    return path


@pytest.mark.parametrize("rows", [1, 300])
def test_points_in_many_parts_are_those_in_one(tmp_path, rows):
    paths = [write_partial_points(tmp_path / f"{i}.parquet", i, 2000) for i in range(3)]
    made = {n: tmp_path / f"{n}.parquet" for n in ("points", "overlaps")}
    write_points(
        SimpleNamespace(**made),
        partition_files(paths, "object", tmp_path / "ranges", rows),
        SIZE,
        "",
    )
    points = merge_points(pd.concat(map(read_table, paths)), SIZE)
    expected = {
        "points": (points, POINTS),
        "overlaps": (merge_overlaps(points), OVERLAPS),
    }
    for name, (table, schema) in expected.items():
        found = read_table(made[name])
        pd.testing.assert_frame_equal(found, as_table(table, schema).to_pandas())
    assert not any((tmp_path / "ranges").iterdir())


def test_memory_of_points_does_not_grow_with_them(tmp_path):
    made = {n: tmp_path / f"{n}.parquet" for n in ("points", "overlaps")}
    count, peaks = 10_000, {}
    for chunks in (3, 3, 15):
        paths = [
            write_partial_points(tmp_path / f"{i}.parquet", i, count)
            for i in range(chunks)
        ]
        with peak_of() as peak:
            points = partition_files(paths, "object", tmp_path / "ranges", 5000)
            write_points(SimpleNamespace(**made), points, SIZE, "")
        peaks[chunks] = peak.bytes
        assert len(read_table(made["points"])) > 0.9 * count * chunks
    # A row is 72 bytes.
    assert peaks[15] - peaks[3] < 20 * 12 * count
