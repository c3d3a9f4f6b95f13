"""Another agglomeration: of whole cells, only what it touches is made again."""

import numpy as np
import pandas as pd
import pytest

from neuropil.buckets import bucket_names, bucket_of
from neuropil.storage import read_table

BUCKETS = 2
TARGETS = [
    f"results/tiny/meshes/cells/buckets/{bucket}.h5" for bucket in bucket_names(BUCKETS)
]
TYPES = {"supervoxel_a": "u8", "supervoxel_b": "u8", "score": "f8"}
ASK = ("--keep-going", *TARGETS)


def jobs(workspace):
    """When each job of meshes ended last, by the name of its benchmark."""
    folder = workspace.results / "benchmarks"
    paths = [*folder.glob("*_meshes/**/*.tsv"), *folder.glob("write_gates/**/*.tsv")]
    return {str(p.relative_to(folder))[:-4]: p.stat().st_mtime_ns for p in paths}


def lookups(workspace):
    """Cells of the supervoxels of each chunk."""
    paths = sorted((workspace.results / "cells/lookups").iterdir())
    return {path.stem: read_table(path) for path in paths}


def choose_two(chunks):
    """Two cells of one bucket that lie in one and the same chunk alone."""
    table = pd.concat([t.assign(chunk=name) for name, t in chunks.items()])
    table["bucket"] = bucket_of(table["cell"], BUCKETS)
    alone = table[table.groupby("cell")["chunk"].transform("nunique") == 1]
    groups = alone.drop_duplicates("cell").groupby(["chunk", "bucket"])
    return next(group.head(2) for _, group in groups if len(group) > 1)


@pytest.mark.slow
def test_a_merge_edit_reruns_just_the_chunks_and_buckets_it_touches(copy):
    copy.run(*ASK)
    before, chunks = jobs(copy), lookups(copy)
    two = choose_two(chunks)
    ((chunk, bucket),) = two[["chunk", "bucket"]].drop_duplicates().to_numpy()
    edges = copy.results / "phantom/edges.parquet"
    new = pd.DataFrame([[*np.sort(two["supervoxel"]), 1.0]], columns=[*TYPES])
    pd.concat([pd.read_parquet(edges), new.astype(TYPES)]).to_parquet(edges)
    copy.run(*ASK)
    after = jobs(copy)
    assert after.keys() == before.keys()
    assert {name for name, time in after.items() if time != before[name]} == {
        f"extract_meshes/cells/{chunk}",
        f"merge_meshes/cells/{bucket_names(BUCKETS)[bucket]}",
        "write_gates/meshes/cells",
    }
    assert copy.planned(*ASK) == {}
