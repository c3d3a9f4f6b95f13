"""What several processes of one test session share: a folder, and things made once."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Folder of this session, the same one in each of its processes."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def make_once(folder: Path, make: Callable[[], None]) -> None:
    """Let the first process that comes here make a folder, and the others wait for it.

    A folder that was not completed is no second start for them: they fail as well.
    """
    complete = folder.with_suffix(".complete")
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until closed, also by a process that dies
        if not folder.exists():
            folder.mkdir()
            make()
            complete.touch()
    assert complete.exists(), f"another process failed to make {folder.name}: see there"
