"""Crossings outside of sites: added up in parts as they are all at once."""

from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

from contact_tables import measure_tables
from neuropil.contacts.sites import merge_strays
from neuropil.contacts.strays import add_up_strays
from neuropil.partitions import SAMPLED, partition_files
from neuropil.schemas.contacts import BEHIND, CROSSINGS, PAIR, SITES, STRAYS, TOUCHING
from neuropil.storage import as_table, read_table, write_table
from neuropil.table_parts import read_parts, write_parts

FEW = np.arange(1, 30, dtype=np.uint64)
Sites = namedtuple("Sites", ["sites", "touching", "strays"])
IDS = np.append(FEW, FEW + np.uint64(2**63))
SIZE = (25, 10, 10)


def make_strays(seed, rows):
    """A chunk's table: few pairs of small and of large ids."""
    rng = np.random.default_rng(seed)
    a, b, behind = rng.choice(IDS, (3, rows))
    table = pd.DataFrame({PAIR[0]: np.minimum(a, b), PAIR[1]: np.maximum(a, b)})
    table[BEHIND] = np.where(rng.random(rows) < 0.2, behind, np.uint64(0))
    table[list(CROSSINGS)] = rng.integers(0, 9, (rows, len(CROSSINGS)))
    return merge_strays(table)


@pytest.fixture
def chunks(tmp_path):
    paths = [tmp_path / f"{i}.parquet" for i in range(4)]
    for seed, path in enumerate(paths):
        write_table(path, make_strays(seed, 1000 * (seed > 0)), STRAYS)
    return paths


@pytest.mark.parametrize("rows", [1, 300, 10**6])
def test_parts_make_the_table_that_is_added_up_at_once(chunks, rows, tmp_path):
    whole = merge_strays(pd.concat(map(read_table, chunks)))
    parts = list(add_up_strays(chunks, tmp_path / "ranges", rows))
    assert (len(parts) > 1) == (rows < 10**6)
    write_parts(tmp_path / "all.parquet", parts, STRAYS)
    found = read_table(tmp_path / "all.parquet")
    pd.testing.assert_frame_equal(found, as_table(whole, STRAYS).to_pandas())


def test_parts_are_of_no_more_rows_than_asked_for(chunks, tmp_path):
    table = pd.concat(map(read_table, chunks))
    parts = list(partition_files(chunks, PAIR[0], tmp_path / "ranges", 256))
    assert len(parts) > 5
    most = 256 + SAMPLED * len(chunks) + table.groupby(PAIR[0]).size().max()
    assert max(map(len, parts)) <= most
    assert sum(map(len, parts)) == len(table)


def test_chunks_without_strays_give_an_empty_table(tmp_path):
    path = tmp_path / "none.parquet"
    write_table(path, make_strays(0, 0), STRAYS)
    parts = add_up_strays([path, path], tmp_path / "ranges")
    write_parts(tmp_path / "all.parquet", parts, STRAYS)
    (again,) = read_parts(tmp_path / "all.parquet")
    assert again.columns.tolist() == STRAYS.columns


def test_areas_do_not_depend_on_the_parts_that_strays_come_in(chunks, tmp_path):
    parts = add_up_strays(chunks, tmp_path / "ranges", 300)
    write_parts(tmp_path / "all.parquet", parts, STRAYS)
    members = pd.DataFrame({"supervoxel": IDS, "cell": IDS // np.uint64(3) + IDS[0]})
    none = [as_table(empty(schema), schema).to_pandas() for schema in (SITES, TOUCHING)]
    linked = Sites(*none, read_table(tmp_path / "all.parquet"))
    pairs = [measure_tables(linked, members, SIZE, 0.0, r).pairs for r in (2**20, 97)]
    assert len(pairs[0]) > 10
    pd.testing.assert_frame_equal(*pairs, check_exact=True)


def empty(schema):
    """A table without rows."""
    return pd.DataFrame({f.name: pd.Series(dtype=f.dtype) for f in schema.fields})
