"""Files are whole or not there: on full disks, after flipped bits, of killed jobs."""

import os
import socket
import subprocess
import sys
import time

import h5py
import numpy as np
import pandas as pd
import pytest

from neuropil.bucket_files import list_ids, read_part, write_parts
from neuropil.errors import InputError
from neuropil.grid import Box, tile
from neuropil.schemas.base import Field, Schema
from neuropil.storage import LabelFile, read_labels, read_table, write_table
from neuropil.whole_files import replacing, replacing_folder
from repository import ROOT
from small_disks import small_disk

SCHEMA = Schema("ids", "Ids.", ("id",), (Field("id", "uint64", "", "An id."),))
BOX = Box.of((32, 64, 128))
RNG = np.random.default_rng(0)


def write_ids(path, count=100_000):
    ids = RNG.integers(0, 2**60, count, "u8")
    write_table(path, pd.DataFrame({"id": ids}), SCHEMA)


def write_volume(path, planes=BOX.shape[0]):
    box = Box((0, 0, 0), (planes, *BOX.shape[1:]))
    with LabelFile(path, box, (25, 10, 10)) as file:
        file.write(box, RNG.integers(0, 2**60, box.shape, "u8"))


def write_small_values(path):
    """Values of a byte: HDF5 holds them back until the dataset is closed."""
    with LabelFile(path, BOX, (25, 10, 10), {"labels": "uint8"}) as file:
        file.write(BOX, RNG.integers(0, 255, BOX.shape, "u1"))


def write_bucket(path):
    items = [(i, {"xyz": RNG.random(9_000)}, {"area": 1.0}) for i in range(1, 9)]
    write_parts(path, "cells", "mesh", items)


def write_text(path):
    with replacing(path) as temporary:
        temporary.write_text("x" * 1_000_000)


def write_many(path):
    with replacing_folder(path) as folder:
        for number in range(300):
            (folder / f"{number}.txt").write_text("x" * 4096)


WRITERS = (write_ids, write_volume, write_small_values, write_bucket, write_text)


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", "200k") as disk:
        yield disk


def write_apart(writer, path):
    """Let a process write: HDF5 would end this one."""
    name = writer.__name__
    program = f"from test_whole_files import {name}; {name}({str(path)!r})"
    paths = [str(ROOT / part) for part in ("scripts", "tests", "tests/unit")]
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("writer", [*WRITERS, write_many])
def test_a_full_disk_gives_one_sentence_and_leaves_nothing(writer, disk):
    path = disk.folder / "stage" / "made"
    done = write_apart(writer, path)
    assert done.returncode == 1, done.stderr  # and no signal
    assert (
        f"InputError: {path} can't be written (No space left on device" in done.stderr
    )
    assert "of 0 MB are free" in done.stderr
    assert done.stderr.rstrip().endswith("run the same command again.")
    assert not list(path.parent.iterdir())
    disk.set("size=20m")
    assert write_apart(writer, path).returncode == 0
    assert [p.name for p in path.parent.iterdir()] == ["made"]


def write_blocks(path, written):
    """Write blocks of 1 MB, which does not get smaller; note those that are written."""
    box = Box((0, 0, 0), (8 * BOX.shape[0], *BOX.shape[1:]))
    with LabelFile(path, box, (25, 10, 10)) as file:
        for block in tile(box, (BOX.shape[0], 64, 64)):
            file.write(block, RNG.integers(0, 2**60, block.shape, "u8"))
            written.append(block)


def test_a_full_disk_is_noticed_at_the_block_that_does_not_fit(disk):
    """And not at the end of a job, hours later."""
    disk.set("size=1500k")
    written = []
    with pytest.raises(InputError, match="No space left on device"):
        write_blocks(disk.folder / "made", written)
    assert len(written) == 1


def test_a_full_disk_is_noticed_at_the_cell_that_does_not_fit(disk):
    asked = []

    def items():
        for number in range(1, 9):
            asked.append(number)
            yield number, {"xyz": RNG.random(16_000)}, {}  # 128 kB

    with pytest.raises(InputError, match="No space left on device"):
        write_parts(disk.folder / "made", "cells", "mesh", items())
    assert asked == [1, 2]


def test_a_full_disk_keeps_the_earlier_file(disk):
    path = disk.folder / "t.parquet"
    write_ids(path, count=50)
    before = path.read_bytes()
    with pytest.raises(InputError, match="what was there before is kept"):
        write_ids(path)
    assert path.read_bytes() == before


def test_a_disk_with_too_many_files_says_so(disk):
    disk.set("nr_inodes=3")
    with pytest.raises(InputError, match=r"it takes no more than 3 files"):
        write_many(disk.folder / "many")


def test_a_disk_that_is_read_only_says_so(disk):
    disk.set("ro")
    with pytest.raises(InputError, match=r"Read-only file system.*Make the folder"):
        write_text(disk.folder / "made")


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "stage").write_text("no folder")
    with pytest.raises(InputError, match=r"made can't be written \(Not a directory"):
        write_text(tmp_path / "stage" / "made")


def left_behind(path, machine, process, age=0):
    """What a process of a machine has begun to write for a path."""
    folder = path.with_name(f".{path.name}.part") / f"{machine}.{process}.abc"
    folder.mkdir(parents=True)
    (folder / "tmp1234").write_bytes(b"half")
    os.utime(folder, (time.time() - age,) * 2)
    return folder


def test_what_a_killed_job_left_is_removed_by_the_next(tmp_path):
    path, here = tmp_path / "made", socket.gethostname().split(".")[0]
    dead = subprocess.Popen(["true"])
    dead.wait()
    left_behind(path, here, dead.pid)
    left_behind(path, "elsewhere", dead.pid, age=8 * 24 * 3600)
    write_text(path)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_what_another_job_is_writing_is_left_to_it(tmp_path):
    path, here = tmp_path / "made", socket.gethostname().split(".")[0]
    at_work = [
        left_behind(path, here, os.getpid()),
        left_behind(path, "elsewhere", 1, age=3600),
    ]
    write_text(path)
    assert all((folder / "tmp1234").exists() for folder in at_work)


def test_of_two_jobs_for_one_file_both_end_well(tmp_path):
    path = tmp_path / "made"
    with replacing(path) as first:
        first.write_text("of the first")
        with replacing(path) as second:
            second.write_text("of the second")
        assert path.read_text() == "of the second"
    assert path.read_text() == "of the first"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


@pytest.mark.parametrize("at", range(8, 96, 8))
def test_one_flipped_bit_is_no_other_number(at, tmp_path):
    """Without checksums nearly all of these would be read as if nothing were."""
    path = tmp_path / "made"

    def flip():
        content = bytearray(path.read_bytes())
        content[len(content) * at // 100] ^= 4
        path.write_bytes(content)

    write_ids(path)
    flip()
    with pytest.raises(InputError, match="no readable Parquet table"):
        read_table(path)
    write_volume(path)
    flip()
    with pytest.raises(InputError, match="no readable HDF5 file"):
        read_labels(path, BOX)


READERS = {
    write_ids: lambda path: read_table(path),
    write_volume: lambda path: read_labels(path, BOX),
    write_bucket: lambda path: [
        read_part(path, "cells", "mesh", i) for i in list_ids(path, "cells").tolist()
    ],
}


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("writer", READERS)
def test_half_a_file_is_named_with_the_way_out(writer, share, tmp_path):
    path = tmp_path / "made"
    writer(path)
    READERS[writer](path)
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(InputError, match=f"{path} is no readable .* delete it and run"):
        READERS[writer](path)


def test_a_file_of_another_version_is_named(tmp_path):
    write_ids(tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"t\.parquet is no readable .*area_um2"):
        read_table(tmp_path / "t.parquet", ["id", "area_um2"])
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["voxels"] = np.zeros((2, 2, 2), "u8")
    with pytest.raises(InputError, match=r"c\.h5 is no readable HDF5 file .*labels"):
        read_labels(tmp_path / "c.h5", BOX)
