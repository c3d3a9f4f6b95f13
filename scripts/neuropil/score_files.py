"""Files of scores: JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

from neuropil.whole_files import replacing


def write_scores(path: str | os.PathLike, scores: dict) -> None:
    """Write scores as JSON, complete or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(scores, indent=2) + "\n")


def read_scores(path: str | os.PathLike) -> dict:
    """Read scores that `write_scores` wrote."""
    return json.loads(Path(path).read_text())
