"""Where numba keeps compiled kernels, and what happens if it can't.

The folder is named after the text of all kernels, numba's version and the processor; a
folder that the user names in NUMBA_CACHE_DIR is taken as it is. Whatever is wrong with
it (no home, read-only, full, files cut off by a power cut), kernels are compiled anew.
"""

import atexit
import contextlib
import fcntl
import functools
import hashlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

KERNELS = Path(__file__).parent / "kernels"
LEAST = 2**20  # bytes that the folder must take: a full disk takes empty files


@functools.cache
def say(sentence: str) -> None:
    """Show a sentence once, on the screen: a job that begins has no log yet."""
    sys.stderr.write(f"{sentence}\n")


def processor() -> str:
    """Name of this machine's processor model, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    kept = ("model name", "flags", "Features", "CPU part")
    return "".join(sorted({line for line in lines if line.startswith(kept)}))


def cache_folder(root: Path) -> Path:
    """Folder under ``root`` for the present kernels, numba and processor."""
    digest = hashlib.sha256(importlib.metadata.version("numba").encode())
    digest.update(processor().encode())
    for path in sorted(KERNELS.glob("*.py")):
        digest.update(path.read_bytes())
    return root / f"kernels-{digest.hexdigest()[:16]}"


def wanted_folder() -> Path:
    """Folder that the user names, or one in their home.

    Raises
    ------
    RuntimeError
        If the user has no home.
    """
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return cache_folder(Path(home) / "neuropil")


def set_cache_folder(tell: Callable[[str], None] = say) -> None:
    """Set NUMBA_CACHE_DIR to a folder that can be written to.

    If the wanted one can't, it is one for this process and those that it starts.

    Parameters
    ----------
    tell : called then, with one sentence
    """
    try:
        folder = wanted_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            os.posix_fallocate(file.fileno(), 0, LEAST)
    except (OSError, RuntimeError) as error:
        folder = make_own_folder()
        tell(
            f"Compiled kernels can't be kept ({error}); they are compiled anew, which "
            "takes a minute or two. Set NUMBA_CACHE_DIR to a folder with space."
        )
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


def share_cache_folder(tell: Callable[[str], None]) -> None:
    """Give all jobs of a run one folder, if they would each make one of their own.

    Otherwise the choice is left to the jobs, which may run on other processors.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")
    told = []
    set_cache_folder(told.append)
    if told:
        tell(told[0])
    elif not given:
        del os.environ["NUMBA_CACHE_DIR"]


def make_own_folder() -> Path:
    """Make a folder that is removed when this process ends, but not by its forks."""
    folder, owner = tempfile.mkdtemp(prefix="neuropil-kernels-"), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return Path(folder)


@contextlib.contextmanager
def forgiving(cache) -> Iterator[None]:
    """Stand in for numba's guard around reading or writing the code of a kernel.

    A kernel whose code can't be read or written is compiled. Two processes that write
    code for different types at once could mix up their files: so one waits.

    Parameters
    ----------
    cache : numba's cache of one kernel
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # no lock: a disk that can't be written to
            Path(cache.cache_path).mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(open(Path(cache.cache_path) / ".lock", "w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        except OSError as error:
            say(f"Compiled kernels can't be kept ({error.strerror}).")
        except Exception as error:
            with contextlib.suppress(OSError):
                cache.flush()
            say(f"Files of compiled kernels are damaged ({error}), and made anew.")
