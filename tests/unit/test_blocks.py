"""Blocks come in their order from any number of threads, and leave memory in use."""

import subprocess
import sys

import pytest

from neuropil.blocks import map_blocks
from neuropil.grid import Box, tile
from repository import ROOT

FAULTS = """
import resource, sys
import numpy as np
from neuropil.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(10):
    np.zeros(2**23, np.uint32).fill(1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_blocks(threads):
    box, shape = Box((3, 0, 5), (20, 9, 30)), (7, 4, 11)
    results = list(map_blocks(lambda block: block.size, box, shape, threads))
    assert [block for block, _ in results] == tile(box, shape)
    assert [size for _, size in results] == [block.size for block in tile(box, shape)]


def test_an_error_in_a_block_is_not_lost():
    def fail(block):
        raise ValueError(block)

    with pytest.raises(ValueError, match="Box"):
        list(map_blocks(fail, Box.of((4, 4, 4)), (2, 2, 2), 2))


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc is asked")
def test_freed_memory_is_used_again():
    def count_faults(what):
        command = [sys.executable, "-c", FAULTS, what]
        run = subprocess.run(
            command,
            env={"PYTHONPATH": str(ROOT / "scripts"), "NUMPY_MADVISE_HUGEPAGE": "0"},
            capture_output=True,
            check=True,
        )
        return int(run.stdout)

    # 32 MiB are 8,192 pages of 4 KiB.
    assert count_faults("give back") - count_faults("keep") > 5 * 8192
