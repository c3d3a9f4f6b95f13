"""Files and folders that other tools read; complete or not there at all."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from neuropil.whole_files import replacing, replacing_folder


def write_json(path: str | os.PathLike, content: dict) -> None:
    """Write a JSON file, its keys in the order given."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_info(folder: str | os.PathLike) -> dict:
    """Read the file ``info`` of a precomputed folder."""
    return json.loads((Path(folder) / "info").read_text(encoding="utf-8"))


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
