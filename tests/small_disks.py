"""Disks of a size that a test sets, to be full for real."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A file system in memory, mounted on a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def set(self, options: str) -> None:
        """Mount it anew with other options, such as ``size=20m`` or ``ro``."""
        self._call("mount", "-o", f"remount,{options}", str(self.folder))

    @staticmethod
    def _call(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, text=True)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Mount an empty disk on a folder; the test is skipped where that is forbidden."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        SmallDisk._call(
            *("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small disk can be mounted here, so none gets full: {error}")
    try:
        yield SmallDisk(folder)
    finally:
        SmallDisk._call("umount", "-l", str(folder))
