"""Files and folders that are complete or not there at all, whatever happens.

Each is made in a hidden folder beside its place (``.<name>.part``) and moved there when
it is complete; a file also waits until it is on the disk. So a reader never meets half
a file, not even after a power cut. What a killed job leaves behind, the next one for
the same file removes.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import h5py

from neuropil.errors import InputError

_MORE_ROOM = "Free space there, then run the same command again."
_MAKE_WRITABLE = "Make the folder writable, then run the same command again."
WEEK = 7 * 24 * 3600  # seconds
WAYS_OUT = {
    errno.ENOSPC: _MORE_ROOM,
    errno.EDQUOT: _MORE_ROOM,
    errno.EFBIG: _MORE_ROOM,
    errno.EACCES: _MAKE_WRITABLE,
    errno.EPERM: _MAKE_WRITABLE,
    errno.EROFS: _MAKE_WRITABLE,
    errno.ENOTDIR: _MAKE_WRITABLE,
    errno.EIO: "Check the disk, then run the same command again.",
}


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` on a clean end.

    Raises
    ------
    InputError
        If the disk is full or the folder can't be written to; ``path`` stays as it was.
    """
    path = Path(path)
    with _part_folder(path) as folder:
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        yield Path(name)
        os.chmod(name, 0o644)
        _keep(name)
        os.replace(name, path)


@contextlib.contextmanager
def replacing_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``path`` on a clean end.

    Raises
    ------
    InputError
        As `replacing` does.
    """
    path = Path(path)
    with _part_folder(path) as folder:
        new = folder / path.name
        new.mkdir(mode=0o755)
        yield new
        shutil.rmtree(path, ignore_errors=True)
        new.rename(path)


@contextlib.contextmanager
def scratch_beside(path: str | os.PathLike) -> Iterator[Path]:
    """Give an empty folder for what leads to ``path``; it is gone at the end.

    Raises
    ------
    InputError
        As `replacing` does.
    """
    with _part_folder(Path(path)) as folder:
        yield folder


@contextlib.contextmanager
def replacing_hdf5(path: str | os.PathLike, **options) -> Iterator[SteadyHdf5]:
    """Give an HDF5 file to write, which takes the place of ``path`` on a clean end.

    What goes wrong on the disk is raised at the end; earlier, where its ``check`` is
    called.

    Parameters
    ----------
    options : of `h5py.File`

    Raises
    ------
    InputError
        As `replacing` does.
    """
    with replacing(path) as temporary, SteadyFile(temporary) as raw:
        try:
            with SteadyHdf5(raw, **options) as file:
                yield file
        finally:
            raw.check()


class SteadyFile(io.FileIO):
    """A file that takes all that is written, and says afterwards what went wrong.

    HDF5 can't stand a write that fails. If the disk is full when a dataset is closed,
    what HDF5 still holds of it is lost without an error; if it is full when the file is
    closed, the process crashes. So HDF5 gets to know nothing of it.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        super().__init__(path, "r+b")
        self.error: OSError | None = None

    def write(self, data) -> int:
        """Write all bytes of a buffer, unless something went wrong earlier."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while len(rest) and not self.error:  # a nearly full disk takes some
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the size of the file, in bytes."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0

    def check(self) -> None:
        """Raise the first error there was."""
        if self.error:
            raise self.error


class SteadyHdf5(h5py.File):
    """An HDF5 file in a `SteadyFile`, to be written."""

    def __init__(self, raw: SteadyFile, **options) -> None:
        super().__init__(raw, "w", **options)
        self._raw = raw

    def check(self) -> None:
        """Raise the first error there was, so that a long job ends where it happened.

        Of small chunks, HDF5 may hold back 1 MB for a while.
        """
        self._raw.check()


@contextlib.contextmanager
def _part_folder(path: Path) -> Iterator[Path]:
    """Make a folder for what is on its way to ``path``, and remove it at the end.

    It is this process's own: a job that another run left behind may be at work on the
    same file. What processes left that have ended is removed.
    """
    shelf = path.with_name(f".{path.name}.part")
    folder = None
    try:
        with _explaining(path):
            _remove_leftovers(shelf)
            folder = _make_part(shelf)
            yield folder
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # not empty, or not there
            shelf.rmdir()


def _make_part(shelf: Path) -> Path:
    """Make a folder whose name says which process of which machine it is of."""
    owner = f"{_machine()}.{os.getpid()}."
    while True:
        shelf.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another one just removed it
            return Path(tempfile.mkdtemp(prefix=owner, dir=shelf))


def _remove_leftovers(shelf: Path) -> None:
    """Remove what ended processes left; of those elsewhere, what is a week old."""
    for folder in list(shelf.iterdir()) if shelf.is_dir() else []:
        with contextlib.suppress(OSError):  # another one just removed it
            if _is_left(folder):
                shutil.rmtree(folder)


def _is_left(folder: Path) -> bool:
    """Whether nobody is at work in a folder of `_make_part`."""
    machine, process, *_ = [*folder.name.split("."), ""]
    if machine == _machine():
        return not Path(f"/proc/{process}").exists()
    return time.time() - folder.stat().st_mtime > WEEK


def _machine() -> str:
    """Name of this machine, without dots."""
    return socket.gethostname().split(".")[0]


@contextlib.contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Turn an error of the disk while ``path`` is written into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in WAYS_OUT:
            raise
        reason = os.strerror(error.errno)
        if error.errno == errno.ENOSPC:
            reason += _describe_room(path.parent)
        raise InputError(
            f"{path} can't be written ({reason}); what was there before is kept. "
            f"{WAYS_OUT[error.errno]}"
        ) from error


def _describe_room(folder: Path) -> str:
    """Say how much room the disk of a folder has, as far as it tells."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return ""
    if disk.f_files and not disk.f_favail:
        return f": it takes no more than {disk.f_files:,} files"
    size, free = (n * disk.f_frsize / 1e6 for n in (disk.f_blocks, disk.f_bavail))
    return f": {free:,.1f} of {size:,.0f} MB are free"


def _keep(path: str) -> None:
    """Wait until a file is on the disk: else a power cut could leave it empty."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
