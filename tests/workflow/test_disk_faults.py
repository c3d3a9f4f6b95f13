"""Full, read-only and bad disks: one sentence, no half file, the same results."""

import os

import numpy as np
import pandas as pd
import pytest

from neuropil.grid import Box
from neuropil.storage import read_labels, read_table
from small_disks import small_disk
from workspace import CHUNK

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("disk_faults")]
FIRST = Box.of(CHUNK)
CHUNKS = "contacts/chunks"
LABELS = f"{CHUNKS}/z000_y000_x000.h5"
CANDIDATES = "synapses/chunks/z000_y000_x000.parquet"
MATRIX = "figures/matrix.png"


def ask(workspace, *names, **options):
    """Ask for results by name; the outcome and all that was said."""
    paths = [str((workspace.results / n).relative_to(workspace.folder)) for n in names]
    done = workspace.call("--keep-going", "--show-failed-logs", *paths, **options)
    return done.returncode, done.stdout + done.stderr


def assert_same_files(one, other, *names):
    for name in names:
        first, second = (run.results / name for run in (one, other))
        if name.endswith(".h5"):
            voxels = read_labels(first, FIRST, "sites")
            assert voxels.any()
            np.testing.assert_array_equal(voxels, read_labels(second, FIRST, "sites"))
        else:
            first, second = read_table(first), read_table(second)
            pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_a_disk_that_takes_nothing_is_named_and_then_the_run_goes_on(
    state, copy, finished
):
    with small_disk(copy.results / CHUNKS, "40k" if state == "full" else "40m") as disk:
        reason = "No space left on device"
        if state == "read-only":
            disk.set("ro")
            reason = "Read-only file system"
        code, words = ask(copy, LABELS)
        assert code != 0
        assert f"{LABELS} can't be written ({reason}" in words
        assert "rule extract_contacts" in words
        assert not list(disk.folder.iterdir())
        disk.set("rw,size=40m")
        code, words = ask(copy, LABELS)
        assert code == 0, words
        assert_same_files(finished, copy, LABELS)


def test_damaged_files_are_named_and_made_anew_when_deleted(copy, finished):
    """Their times stay as they were, as after a power cut or on a bad disk."""
    damaged = (LABELS, f"{CHUNKS}/z000_y000_x000.parquet", "connectome/edges.parquet")
    for name in damaged:
        times = os.stat(copy.results / name)
        os.truncate(copy.results / name, times.st_size // 2)
        os.utime(copy.results / name, ns=(times.st_atime_ns, times.st_mtime_ns))
    readers = (CANDIDATES, "contacts/sites.parquet", MATRIX)
    for name in readers:
        (copy.results / name).unlink()
    code, words = ask(copy, *readers)
    assert code != 0
    for name, kind in zip(damaged, ("HDF5 file", "Parquet table", "Parquet table")):
        assert f"{name} is no readable {kind} (" in words
        assert not (copy.results / readers[damaged.index(name)]).exists()
        (copy.results / name).unlink()
    code, words = ask(copy, *readers)
    assert code == 0, words
    assert_same_files(finished, copy, CANDIDATES, *damaged)
