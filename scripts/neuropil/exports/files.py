"""Files and folders that other tools read; complete or not there at all."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from neuropil.storage import replacing


def write_json(path: str | os.PathLike, content: dict) -> None:
    """Write a JSON file, its keys in the order given."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_info(folder: str | os.PathLike) -> dict:
    """Read the file ``info`` of a precomputed folder."""
    return json.loads((Path(folder) / "info").read_text(encoding="utf-8"))


@contextlib.contextmanager
def replacing_folder(folder: str | os.PathLike) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``folder`` on a clean end."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as temporary:
        new = Path(temporary) / folder.name
        new.mkdir(mode=0o755)
        yield new
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)


def write_folder(folder: str | os.PathLike, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a folder of files; it appears when all of them are complete.

    Parameters
    ----------
    files : pairs of name and content
    """
    count = 0
    with replacing_folder(folder) as new:
        for name, content in files:
            (new / name).write_bytes(content)
            count += 1
    logging.info("%s: %d files", Path(folder).name, count)
