"""Walk the blocks of a chunk over the threads of a job.

A chunk is the unit of a job and may be larger than memory; a block is what one thread
holds at a time. Results come in the order of the blocks, whatever the threads do.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from neuropil.grid import Box, Triple, tile
from neuropil.memory import keep_freed_memory

Result = TypeVar("Result")


def map_blocks(
    function: Callable[[Box], Result], box: Box, block_shape: Triple, threads: int
) -> Iterator[tuple[Box, Result]]:
    """Call a function on every block of a box; yield (block, result) in block order.

    At most ``threads + 1`` blocks are under way or waiting to be taken, so memory is
    that of a few blocks. The function should spend its time in code that releases the
    interpreter lock (numba kernels with ``nogil``, h5py, numpy).

    Parameters
    ----------
    function : called with a `Box`, one block of ``box``
    block_shape : (z, y, x), in voxels
    threads : number of blocks at work at the same time
    """
    keep_freed_memory()
    blocks = tile(box, block_shape)
    if threads <= 1:
        for block in blocks:
            yield block, function(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = collections.deque()
        for block in blocks:
            waiting.append((block, pool.submit(function, block)))
            if len(waiting) > threads:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()
