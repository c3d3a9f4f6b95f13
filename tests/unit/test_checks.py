"""Checks before the first job: kept until something that they depend on changes."""

import json

import numpy as np
import pandas as pd
import pytest

from neuropil.checks import keep_checks
from volume_files import make_dataset, write_hdf5

SHAPE = (5, 6, 7)


@pytest.fixture
def asked(tmp_path):
    """A dataset, its segmentation into cells (none) and its agglomeration."""
    labels = np.ones(SHAPE, "u4")
    frame = pd.DataFrame({"supervoxel": [1], "cell": [1]})
    frame.to_parquet(tmp_path / "table.parquet")
    dataset = make_dataset(SHAPE, {"supervoxels": write_hdf5(tmp_path, labels)})
    return [dataset, {}, {"table": str(tmp_path / "table.parquet")}]


def test_a_check_is_repeated_only_if_something_changed(asked, tmp_path):
    path = tmp_path / "checks.json"

    def repeated():
        before = path.read_text() if path.exists() else ""
        keep_checks(path, *asked)
        return path.read_text() != before

    assert repeated()
    assert not repeated()
    write_hdf5(tmp_path, np.ones(SHAPE, "u4"), dataset="other")
    assert repeated()
    asked[0]["box_vx"] = ((0, 0, 0), (2, 2, 2))
    assert repeated()
    frame = pd.DataFrame({"supervoxel": [1, 2], "cell": [1, 2]})
    frame.to_parquet(asked[2]["table"])
    assert repeated()
    text = "supervoxel_a,supervoxel_b,action\n1,2,merge\n"
    for more in ("", "2,3,merge\n"):
        (tmp_path / "corrections.csv").write_text(text + more)
        asked[2] = {"made": True, "corrections": str(tmp_path / "corrections.csv")}
        assert repeated()
        assert not repeated()


def test_a_damaged_check_is_made_anew(asked, tmp_path):
    path = tmp_path / "checks.json"
    path.write_text("{}")
    keep_checks(path, *asked)
    assert json.loads(path.read_text())["volumes"]["supervoxels"]["least"] == 1


def test_a_segmentation_into_cells_is_checked_too(asked, tmp_path):
    source = write_hdf5(tmp_path, np.full(SHAPE, 7, "u8"), "cells.h5")
    asked[1] = make_dataset(SHAPE, {"cells": source | {"kind": "labels"}})
    path = tmp_path / "checks.json"
    keep_checks(path, *asked[:2], {"table": "made/by/the/run.parquet"})
    assert json.loads(path.read_text())["volumes"]["cells"]["greatest"] == 7
