"""JSON files that viewers read; complete or not there at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

from neuropil.storage import replacing


def write_json(path: str | os.PathLike, content: dict) -> None:
    """Write a JSON file, its keys in the order given."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_info(folder: str | os.PathLike) -> dict:
    """Read the file ``info`` of a precomputed folder."""
    return json.loads((Path(folder) / "info").read_text(encoding="utf-8"))
