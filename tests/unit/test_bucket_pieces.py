"""Pieces of cells in files by bucket: read alone, told apart, and their gates."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropil.bucket_pieces import (
    digest,
    merge_pieces,
    read_digests,
    read_pieces,
    select,
    split_ids,
    write_gates,
    write_pieces,
)
from neuropil.buckets import bucket_of

HUGE = 2**63 + 5


class Pieces(NamedTuple):
    """Of each some beads of two colours."""

    name: np.ndarray
    red_count: np.ndarray
    blue_count: np.ndarray
    weight: np.ndarray
    red: np.ndarray
    blue: np.ndarray

    COUNTED = {"red": "red_count", "blue": "blue_count"}  # noqa: RUF012


def make(rows):
    """Pieces of tuples of an id, red numbers and blue places."""
    names, reds, blues = zip(*rows) if rows else ((), (), ())
    return Pieces(
        np.array(names, np.uint64),
        np.array([len(v) for v in reds], np.int64),
        np.array([len(v) for v in blues], np.int64),
        np.array([sum(v) for v in reds], np.float32),
        np.concatenate([np.empty(0, np.int32), *reds]).astype(np.int32),
        np.concatenate([np.empty((0, 3)), *blues]).astype(np.float64),
    )


def unmake(pieces):
    """Back to rows, with their weights."""
    rows = []
    for i in range(len(pieces.name)):
        (one,) = [select(pieces, np.array([i]))]
        rows.append(
            (*one.name.tolist(), *one.weight, one.red.tolist(), one.blue.tolist())
        )
    return rows


beads = st.lists(st.integers(-9, 9), max_size=4)
places = st.lists(st.tuples(*[st.floats(0, 9)] * 3), max_size=3)
places = places.map(lambda rows: np.array(rows).reshape(-1, 3))
pieces = st.lists(
    st.tuples(st.sampled_from([1, 2, 7, HUGE]), beads, places), max_size=9
)


@given(pieces, st.integers(1, 5))
def test_a_bucket_is_read_alone(tmp_path_factory, rows, count):
    path = tmp_path_factory.mktemp("pieces") / "a.h5"
    whole = make(rows)
    write_pieces(path, whole, count)
    seen = []
    for bucket, word in enumerate(read_digests(path)):
        part = read_pieces([path], bucket, Pieces)
        assert (bucket_of(part.name, count) == bucket).all()
        assert (np.diff(part.name.astype(object)) >= 0).all()
        assert digest(part) == word
        assert [v.dtype for v in part] == [v.dtype for v in whole]
        seen += unmake(part)
    assert sorted(seen) == sorted(unmake(whole))
    twice = read_pieces([path, path], 0, Pieces)
    assert len(twice.name) == 2 * len(read_pieces([path], 0, Pieces).name)


@given(st.lists(pieces, min_size=1, max_size=4), st.integers(1, 5))
def test_files_put_together_read_as_one_by_one(tmp_path_factory, chunks, count):
    folder = tmp_path_factory.mktemp("pieces")
    paths = [folder / f"{i}.h5" for i in range(len(chunks))]
    for path, rows in zip(paths, chunks):
        write_pieces(path, make(rows), count)
    merge_pieces(folder / "all.h5", paths)
    words = [read_digests(path) for path in paths]
    for bucket, word in enumerate(read_digests(folder / "all.h5")):
        parts = [read_pieces(p, bucket, Pieces) for p in (paths, [folder / "all.h5"])]
        for one, other in zip(*parts):
            np.testing.assert_array_equal(one, other, strict=True)
        assert bool(word) == any(found[bucket] for found in words)
    merge_pieces(folder / "again.h5", [folder / "all.h5"])
    assert unmake(read_pieces([folder / "again.h5"], 0, Pieces)) == unmake(
        read_pieces(paths, 0, Pieces)
    )


@pytest.mark.parametrize("changed", [0, 1])
def test_the_digest_of_a_slab_changes_with_the_bucket_of_a_changed_chunk(
    tmp_path, changed
):
    rows = [(name, [1, 2, 3], [(0, 0, 1)]) for name in range(1, 30)]
    paths, found = [tmp_path / "a.h5", tmp_path / "b.h5"], []
    for beads in ([1, 2, 3], [1, 2, 4]):
        for path in paths:
            write_pieces(path, make(rows), 4)
        write_pieces(paths[changed], make([(5, beads, rows[0][2]), *rows]), 4)
        merge_pieces(tmp_path / "all.h5", paths)
        found.append(read_digests(tmp_path / "all.h5"))
    differ = [one != two for one, two in zip(*found)]
    assert np.flatnonzero(differ).tolist() == bucket_of([5], 4).tolist()


@given(pieces)
def test_ids_are_told_apart_and_keep_their_order(rows):
    parts = list(split_ids(make(rows)))
    assert [name for name, _ in parts] == sorted({row[0] for row in rows})
    for name, part in parts:
        expected = [row for row in unmake(make(rows)) if row[0] == name]
        assert unmake(part) == expected


def test_files_repeat_byte_by_byte(tmp_path):
    whole = make([(3, [1, 2], [(0, 0, 1)]), (HUGE, [], [(0, 1, 1)])])
    for name in "ab":
        write_pieces(tmp_path / f"{name}.h5", whole, 2)
    one, other = (tmp_path / f"{name}.h5" for name in "ab")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("change", ["bead", "added", "gone"])
def test_a_gate_changes_with_its_pieces_alone(tmp_path, change):
    rows = [(name, [1, 2, 3], [(0, 0, 1)]) for name in range(1, 30)]
    other = {
        "bead": [(5, [1, 2, 4], [(0, 0, 1)]) if row[0] == 5 else row for row in rows],
        "added": [*rows, (5, [], rows[0][2])],
        "gone": [row for row in rows if row[0] != 5],
    }[change]
    found = []
    for chunk in (rows, other):
        paths = [tmp_path / "z000_y000_x000.h5", tmp_path / "z000_y000_x001.h5"]
        gates = [tmp_path / f"{bucket}.txt" for bucket in range(4)]
        write_pieces(paths[0], make(chunk), 4)
        write_pieces(paths[1], make(rows[:1]), 4)
        write_gates(gates, paths)
        found.append([gate.read_text() for gate in gates])
    differ = [one != two for one, two in zip(*found)]
    assert np.flatnonzero(differ).tolist() == bucket_of([5], 4).tolist()
    lines = [text.splitlines() for text in found[0]]
    assert (
        sum(map(len, lines)) == 5
    )  # a chunk that holds nothing of a bucket has no line
    assert max(len(line) for text in lines for line in text) < 40
