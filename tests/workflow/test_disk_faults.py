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


def ask(workspace, *names, **options):
    """Ask for results by name; the outcome and all that was said."""
    paths = [str((workspace.results / n).relative_to(workspace.folder)) for n in names]
    done = workspace.call("--keep-going", "--show-failed-logs", *paths, **options)
    return done.returncode, done.stdout + done.stderr


def assert_same_files(one, other, *names):
    for name in names:
        first, second = (run.results / name for run in (one, other))
        if name.endswith(".h5"):
            voxels = read_labels(first, FIRST)
            assert voxels.any()
            np.testing.assert_array_equal(voxels, read_labels(second, FIRST))
        else:
            first, second = read_table(first), read_table(second)
            pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_full_disk_is_named_and_with_more_room_the_run_goes_on(copy, finished):
    with small_disk(copy.results / CHUNKS, "40k") as disk:
        code, words = ask(copy, LABELS)
        assert code != 0
        assert f"{LABELS} can't be written (No space left on device" in words
        assert "rule extract_contacts" in words
        assert not list(disk.folder.iterdir())
        disk.set("size=40m")
        code, words = ask(copy, LABELS)
        assert code == 0, words
        assert_same_files(finished, copy, LABELS)


def test_results_that_are_read_only_stay_as_they_are(copy):
    """Snakemake itself stops then, before the first job."""
    before = (copy.results / "connectome/edges.parquet").read_bytes()
    with small_disk(copy.results / CHUNKS, "1m") as disk:
        disk.set("ro")
        code, words = ask(copy, LABELS)
        assert code != 0
        assert "Read-only file system" in words
        assert LABELS in words
    assert (copy.results / "connectome/edges.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("damaged", "kind", "reader"),
    [
        (LABELS, "HDF5 file", CANDIDATES),
        (f"{CHUNKS}/z000_y000_x000.parquet", "Parquet table", "contacts/sites.parquet"),
        ("connectome/edges.parquet", "Parquet table", "figures/matrix.png"),
    ],
)
def test_a_damaged_file_is_named_and_made_anew_when_deleted(
    damaged, kind, reader, copy, finished
):
    """Its time stays as it was, as after a power cut or on a bad disk."""
    path = copy.results / damaged
    times = path.stat()
    os.truncate(path, times.st_size // 2)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    (copy.results / reader).unlink()
    code, words = ask(copy, reader)
    assert code != 0
    assert f"{damaged} is no readable {kind} (" in words
    assert not (copy.results / reader).exists()
    path.unlink()
    code, words = ask(copy, reader)
    assert code == 0, words
    tables = [name for name in (damaged, reader) if not name.endswith(".png")]
    assert_same_files(finished, copy, *tables)
