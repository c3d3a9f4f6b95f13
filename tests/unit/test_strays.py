"""Crossings outside of sites: added up in parts as they are all at once."""

import numpy as np
import pandas as pd
import pytest

from neuropil.contacts.areas import SiteTables, measure_contacts
from neuropil.contacts.sites import merge_strays
from neuropil.contacts.strays import add_up_strays, find_ranges
from neuropil.schemas.contacts import BEHIND, CROSSINGS, PAIR, SITES, STRAYS, TOUCHING
from neuropil.storage import as_table, read_table, write_table
from neuropil.table_parts import read_between, read_parts, write_parts

FEW = np.arange(1, 30, dtype=np.uint64)
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
    parts = list(add_up_strays(chunks, rows))
    assert (len(parts) > 1) == (rows < 10**6)
    write_parts(tmp_path / "all.parquet", parts, STRAYS)
    found = read_table(tmp_path / "all.parquet")
    pd.testing.assert_frame_equal(found, as_table(whole, STRAYS).to_pandas())


def test_parts_hold_no_more_rows_than_asked_for(chunks):
    for low, high in find_ranges(chunks, 256):
        held = sum(len(read_between(path, PAIR[0], low, high)) for path in chunks)
        ids = pd.concat(read_between(path, PAIR[0], low, high) for path in chunks)
        largest = ids.groupby(PAIR[0]).size().max()
        assert held <= 256 + 64 * len(chunks) + largest


def test_chunks_without_strays_give_one_empty_part(tmp_path):
    path = tmp_path / "none.parquet"
    write_table(path, make_strays(0, 0), STRAYS)
    (part,) = add_up_strays([path, path])
    assert not len(part)
    write_parts(tmp_path / "all.parquet", [part], STRAYS)
    (again,) = read_parts(tmp_path / "all.parquet")
    assert again.columns.tolist() == STRAYS.columns


def test_areas_do_not_depend_on_the_parts_that_strays_come_in(chunks, tmp_path):
    write_parts(tmp_path / "all.parquet", add_up_strays(chunks, 300), STRAYS)
    members = pd.DataFrame({"supervoxel": IDS, "cell": IDS // np.uint64(3) + IDS[0]})
    none = [as_table(empty(schema), schema).to_pandas() for schema in (SITES, TOUCHING)]
    pairs = []
    for rows in (2**20, 97):
        strays = read_parts(tmp_path / "all.parquet", rows)
        measured = measure_contacts(SiteTables(*none, strays), members, SIZE, 0.0)
        pairs.append(measured.pairs)
    assert len(pairs[0]) > 10
    pd.testing.assert_frame_equal(*pairs, check_exact=True)


def empty(schema):
    """A table without rows."""
    return pd.DataFrame({f.name: pd.Series(dtype=f.dtype) for f in schema.fields})
