"""Choose the folder of numba's cache: one per kernel text, numba version, processor."""

import hashlib
import importlib.metadata
import os
import platform
import tempfile
import warnings
from pathlib import Path

KERNELS = Path(__file__).parent / "kernels"


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


def set_cache_folder() -> None:
    """Set NUMBA_CACHE_DIR, unless the user has."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = cache_folder(Path(home).expanduser() / "neuropil")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="neuropil-kernels-"))
        warnings.warn(
            "The folder of compiled kernels is not writable, so every process compiles "
            "them anew (about a minute). Set NUMBA_CACHE_DIR to a writable folder.",
            stacklevel=2,
        )
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
