"""A folder of compiled kernels that fails in any way costs time, never a run."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from neuropil import kernel_cache
from repository import ROOT
from small_disks import small_disk

# Calls a kernel of one voxel, and says whether it was compiled.
CALL = """
import contextlib, os, sys
import numpy as np
from neuropil.kernels.nearness import come_near
kind, *to_fill = sys.argv[1:]
for path in to_fill:
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
place = np.zeros((1, 3), kind)
assert come_near(place, place, np.ones(3), 1.0)
far = place + np.array([9, 9, 9]).astype(kind)
assert not come_near(place, far, np.ones(3), 1.0)
print(sum(come_near.stats.cache_misses.values()), os.environ["NUMBA_CACHE_DIR"])
"""


def call(folder, kind="i4", *to_fill, **variables):
    """How many kernels a process compiled, the folder it used, and what it said."""
    given = {"NUMBA_CACHE_DIR": str(folder or ""), "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        [sys.executable, "-c", CALL, kind, *map(str, to_fill)],
        env={**os.environ, **given, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    compiled, used = done.stdout.split()
    return int(compiled), used, done.stderr


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder with a compiled kernel; tests leave it as such."""
    folder = tmp_path_factory.mktemp("kernels")
    assert call(folder)[0] == 1
    assert call(folder) == (0, str(folder), "")
    return folder


def assert_compiled_elsewhere(told, reason):
    compiled, used, said = told
    assert compiled == 1
    assert used.startswith(os.path.join(tempfile.gettempdir(), "neuropil-kernels-"))
    assert not os.path.exists(used)  # it is removed at the end
    assert said.startswith("Compiled kernels can't be kept (")
    assert reason in said
    assert len(said.splitlines()) == 1


def test_a_place_that_is_no_folder_is_not_used(tmp_path):
    (tmp_path / "file").write_text("")
    assert_compiled_elsewhere(call(tmp_path / "file" / "kernels"), "Not a directory")


def test_a_read_only_folder_is_not_used_even_if_filled(tmp_path):
    with small_disk(tmp_path / "disk", "9m") as disk:
        assert call(disk.folder)[0] == 1
        disk.set("ro")
        assert_compiled_elsewhere(call(disk.folder), "Read-only file system")


def test_a_full_folder_is_not_used(tmp_path):
    with small_disk(tmp_path / "disk", "100k") as disk:
        assert_compiled_elsewhere(call(disk.folder), "No space left")


def test_a_folder_that_gets_full_later_stops_no_job(tmp_path):
    with small_disk(tmp_path / "disk", "2m") as disk:
        compiled, used, said = call(disk.folder, "i4", disk.folder / "other")
    assert (compiled, used) == (1, str(disk.folder))
    assert said == "Compiled kernels can't be kept (No space left on device).\n"


def test_a_home_that_can_not_be_made_is_not_used():
    told = call(None, HOME="/dev/null/none", XDG_CACHE_HOME="")
    assert_compiled_elsewhere(told, "/dev/null/none")


def test_who_has_no_home_is_no_error(monkeypatch, tmp_path):
    def fail():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(kernel_cache.Path, "home", fail)
    monkeypatch.setattr(kernel_cache, "make_own_folder", lambda: tmp_path)
    said = []
    kernel_cache.set_cache_folder(said.append)
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path)
    assert "Could not determine home directory" in said[0]


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("is_cut", [True, False])
def test_a_damaged_file_is_made_anew(kind, is_cut, filled):
    (path,) = filled.rglob(f"*.{kind}")
    content = path.read_bytes()
    path.write_bytes(content[:100] if is_cut else bytes(len(content)))
    compiled, _, said = call(filled)
    assert compiled == 1
    assert said.startswith("Files of compiled kernels are damaged (")
    assert call(filled) == (0, str(filled), "")


def test_processes_that_compile_at_once_lose_nothing(tmp_path):
    kinds = ["i2", "i4", "f4"]
    with ThreadPoolExecutor(len(kinds)) as pool:
        told = list(pool.map(lambda kind: call(tmp_path, kind), kinds))
    assert [compiled for compiled, *_ in told] == [1] * len(kinds)
    assert [call(tmp_path, kind)[0] for kind in kinds] == [0] * len(kinds)


@pytest.mark.parametrize("named", [True, False])
def test_jobs_of_a_run_share_a_folder_only_if_the_wanted_one_fails(
    named, tmp_path, monkeypatch
):
    folder = tmp_path / "named" if named else ""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    said = []
    kernel_cache.share_cache_folder(said.append)
    assert os.environ.get("NUMBA_CACHE_DIR", "") == str(folder)
    for name in ("named", "home"):
        (tmp_path / name).mkdir(exist_ok=True)
        for path in sorted((tmp_path / name).rglob("*"), reverse=True):
            path.rmdir()
        (tmp_path / name).rmdir()
        (tmp_path / name).write_text("no folder")
    assert not said
    kernel_cache.share_cache_folder(said.append)
    assert "neuropil-kernels-" in os.environ["NUMBA_CACHE_DIR"]
    assert len(said) == 1
