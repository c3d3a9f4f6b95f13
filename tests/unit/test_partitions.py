"""Rows gathered by ranges of a key: none is lost, and few are held."""

import errno
import os
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropil import partitions
from neuropil.contacts.linking import read_chunks, write_linked
from neuropil.errors import InputError
from neuropil.grid import Box, Grid
from neuropil.partitions import SAMPLED, Partitions, even_starts, sampled_starts
from neuropil.schemas.contacts import FRAGMENTS, LINKS, PAIR, RIM, SITES
from neuropil.storage import read_table, write_table
from neuropil.whole_files import scratch_beside
from traced import peak_of

HIGH = 2**63


def make_rows(rng, count):
    """Rows whose keys are small and large, and the order in which they came."""
    keys = rng.integers(0, 40, count).astype(np.uint64) * np.uint64(HIGH // 20)
    values = rng.choice([0.5, np.nan, -3.0], count)
    return pd.DataFrame({"key": keys, "value": values, "order": np.arange(count)})


@pytest.mark.parametrize("rows", [1, 10, 1000])
@pytest.mark.parametrize("count", [0, 1, 300])
def test_rows_leave_by_ranges_in_the_order_they_came(tmp_path, rows, count):
    table = make_rows(np.random.default_rng(count), count)
    starts = np.arange(0, 40, 3).astype(np.uint64) * np.uint64(HIGH // 20)
    gathered = Partitions(tmp_path / "ranges", starts, rows)
    for at in range(0, count, 23):
        part = table[at : at + 23]
        gathered.add(part, part["key"])
    assert (tmp_path / "ranges").exists() == (count > rows)
    parts = list(gathered)
    assert (len(parts) > 5) == (count == 300)
    for part in parts:
        assert len(np.unique(np.searchsorted(starts, part["key"], "right"))) == 1
        assert (np.diff(part["order"]) > 0).all()
    found = pd.concat([table[:0], *parts], ignore_index=True)
    part_of = np.searchsorted(starts, table["key"], "right")
    expected = table.iloc[np.argsort(part_of, kind="stable")].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)
    assert not any((tmp_path / "ranges").glob("*"))


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 20))
def test_ranges_hold_about_as_many_rows_as_asked_for(counts, rows):
    starts = even_starts(np.array(counts, int), rows)
    assert starts[0] == 0
    assert (np.diff(starts.astype(int)) > 0).all()
    held = [sum(part) for part in np.split(counts, starts[1:].astype(int))]
    assert max(held) <= rows + max(counts, default=0)
    assert len(held) <= sum(counts) // rows + 1


def test_ranges_of_sampled_keys_hold_about_as_many_rows_as_asked_for():
    rng = np.random.default_rng(0)
    keys = np.sort(rng.integers(0, 2**64, 20_000, dtype=np.uint64))
    starts = sampled_starts(rng.permutation(keys[::SAMPLED]), 640)
    held = np.bincount(np.searchsorted(starts, keys, side="right"))
    assert len(starts) > 20
    assert held.max() <= 640 + SAMPLED


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    def fail(path, table):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(partitions, "append_rows", fail)
    table = make_rows(np.random.default_rng(0), 30)
    with (
        pytest.raises(InputError, match=r"sites.parquet can't be written"),
        scratch_beside(tmp_path / "sites.parquet") as folder,
    ):
        Partitions(folder / "ranges", [0], 10).add(table, table["key"])
    assert not list(tmp_path.iterdir())


def write_chunk(folder, chunk, count):
    """Fragments of a chunk, most of them sites of their own, each touching ten."""
    rng = np.random.default_rng(int(chunk[-3:]))
    label = np.arange(1, count + 1)
    fragments = pd.DataFrame(dict.fromkeys(FRAGMENTS.columns, label))
    fragments[PAIR[0]], fragments[PAIR[1]] = label // 2, label // 2 + 1
    first = np.arange(count) + count * int(chunk[-3:])
    ends = np.sort(rng.integers(1, count + 1, (10 * count, 2)), axis=1)
    tables = {
        "fragments": (fragments.assign(first_index=first), FRAGMENTS),
        "links": (pd.DataFrame(ends, columns=LINKS.columns), LINKS),
        "rim": (pd.DataFrame({"index": [], "label": []}, dtype=int), RIM),
    }
    for name, (table, schema) in tables.items():
        write_table(folder / f"{chunk}.{name}.parquet", table, schema)


def test_memory_of_linking_grows_by_some_numbers_a_fragment(tmp_path):
    peaks, count = {}, 4000
    for chunks in (4, 4, 20):  # the first loads kernels
        grid = Grid(Box.of((1, 1, count * chunks)), (1, 1, count))
        for chunk in grid.chunks:
            write_chunk(tmp_path, chunk, count)
        names = ("fragments", "links", "rim")
        files = {n: [tmp_path / f"{c}.{n}.parquet" for c in grid.chunks] for n in names}
        read = read_chunks(SimpleNamespace(**files), grid)
        made = {n: tmp_path / f"{n}.parquet" for n in ("sites", "labels", "touching")}
        with peak_of() as peak:
            write_linked(SimpleNamespace(**made), read, grid, tmp_path / "ranges", 2000)
        peaks[chunks] = peak.bytes
        assert len(read_table(made["touching"])) > 9 * count * chunks
    sites = read_table(made["sites"])
    assert sites.shape[1] == len(SITES.columns)
    assert len(sites) > 0.4 * count * 20
    assert peaks[20] - peaks[4] < 80 * 16 * count
