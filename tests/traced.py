"""Memory that Python and NumPy took while something ran."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace


@contextmanager
def peak_of() -> Iterator[SimpleNamespace]:
    """Give an object that gets ``bytes``, the most that was held inside the block."""
    peak = SimpleNamespace(bytes=0)
    tracemalloc.start()
    try:
        yield peak
        peak.bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
