"""Errors that tell a user what was found, what was expected, and the way out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pyarrow as pa


class InputError(Exception):
    """The input or the config can't be used as it is; the message says what to do."""


@contextlib.contextmanager
def readable(path: str | os.PathLike) -> Iterator[None]:
    """Say of a table that can't be read, inside of the block, which one it is."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path} is no readable Parquet table ({error}). "
            "Delete it, then run snakemake again to make it anew."
        ) from error
