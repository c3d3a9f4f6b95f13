"""Slabs: what many chunks hold of cells is put together in two steps, or in one."""

import pytest

SLABS = ["slab_chunks=3"]  # of eight chunks
TARGETS = [
    f"results/tiny/{shape}/buckets/{bucket}.h5"
    for shape in ("skeletons", "meshes/cells")
    for bucket in ("00", "01")
]
ASK = ("--keep-going", *TARGETS)
TWICE = {"merge_pieces", "write_gates", "merge_meshes", "merge_skeletons"}


@pytest.mark.slow
def test_slabs_change_neither_skeletons_nor_meshes(copy):
    copy.run(*ASK)
    assert not (copy.results / "slabs").exists()
    before = [(copy.folder / path).read_bytes() for path in TARGETS]
    assert {*copy.planned(*ASK, settings=SLABS)} <= TWICE
    copy.run(*ASK, settings=SLABS)
    slabs = sorted(path.stem for path in copy.results.glob("slabs/meshes/cells/*.h5"))
    assert slabs == ["000", "001", "002"]
    assert [(copy.folder / path).read_bytes() for path in TARGETS] == before
    assert copy.planned(*ASK, settings=SLABS) == {}
