"""What slices read: cells, classes and contacts of files made by a run."""

import numpy as np
import pandas as pd
import pytest

from neuropil.figures.layers import open_contacts, open_layers, read_slices
from neuropil.figures.types import read_types
from neuropil.grid import Box, Grid
from neuropil.schemas.base import Field, Schema
from neuropil.storage import LabelFile, write_table

BOX = Box.of((4, 6, 8))
GRID = Grid(BOX, (4, 6, 5))
VOXEL_NM = (40.0, 10.0, 10.0)
BIG = 2**63 + 1
IDS = np.zeros(BOX.shape, "u8")
IDS[..., :3], IDS[..., 3:6], IDS[..., 6:] = 5, 6, BIG


def save(path, **columns):
    """Write a table whose columns are all uint64, but names of chunks and types."""
    names = {"chunk": "string", "type": "string"}
    fields = tuple(Field(c, names.get(c, "uint64"), "", "") for c in columns)
    write_table(path, pd.DataFrame(columns), Schema("table", "", (), fields))
    return str(path)


def save_labels(folder, volume):
    """Write a volume chunk by chunk; give the paths."""
    paths = []
    for chunk in GRID.chunks:
        core = GRID.core(chunk)
        paths.append(str(folder / f"{chunk}.h5"))
        with LabelFile(paths[-1], core, VOXEL_NM) as file:
            file.write(core, volume[core.slices])
    return paths


@pytest.fixture
def files(tmp_path):
    contacts = (IDS == 6).astype("u8") + 2 * (IDS == BIG).astype("u8")
    chunks = {"chunk": [*GRID.chunks, GRID.chunks[1]], "label": [1, 1, 2]}
    return {
        "membership": save(
            tmp_path / "membership.parquet", supervoxel=[5, 6, BIG], cell=[5, 5, BIG]
        ),
        "site_labels": save(tmp_path / "labels.parquet", **chunks, site=[1, 1, 2]),
        "site_contacts": save(tmp_path / "sites.parquet", site=[2], contact=[1]),
        "contacts": save_labels(tmp_path / "contacts", contacts),
        "mi": save_labels(tmp_path / "mi", (IDS == 5).astype("u8")),
    }


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "volumes.h5"
    kinds = {"supervoxels": "u8", "raw": "u1", "myelin": "u1"}
    with LabelFile(path, BOX, VOXEL_NM, kinds) as file:
        file.write(BOX, IDS, "supervoxels")
        file.write(BOX, np.full(BOX.shape, 9, "u1"), "raw")
        file.write(BOX, np.where(IDS == 6, 200, 100).astype("u1"), "myelin")
    return {
        "volumes": {role: {"path": str(path), "dataset": role} for role in kinds},
        "voxel_size_nm": dict(zip("zyx", VOXEL_NM)),
        "offset_nm": dict.fromkeys("zyx", 0.0),
        "shape_vx": BOX.shape,
        "box_vx": tuple(BOX),
    }


def test_layers_of_a_box(dataset, files):
    box = Box((1, 0, 2), (2, 6, 8))
    found, ids = open_layers(dataset, files)(box), IDS[box.slices]
    assert (found["raw"] == 9).all()
    assert (found["cells"] == np.where(ids == BIG, BIG, np.uint64(5))).all()
    assert (found["classes"]["mi"] == (ids == 5)).all()
    assert (found["classes"]["myelin"] == (ids == 6)).all()
    assert (found["classes"]["contacts"] == (ids == BIG)).all()


def test_contacts_within_a_cell_are_left_out(files):
    labels = pd.DataFrame({"chunk": GRID.chunks, "label": [1, 1], "site": [1, 1]})
    sites = pd.DataFrame({"site": [1], "contact": [1]})
    shown = open_contacts(files["contacts"], labels, sites)(BOX)
    assert (shown == (IDS == 6)).all()
    assert not open_contacts(files["contacts"], labels, sites[:0])(BOX).any()


def test_without_raw_and_myelin(dataset, files):
    del dataset["volumes"]["raw"], dataset["volumes"]["myelin"]
    planes = read_slices(dataset, files, window_nm=8000)
    assert [plane.cells.shape for plane in planes] == [(6, 8), (4, 8), (4, 6)]
    assert all(plane.raw is None for plane in planes)
    assert set(planes[0].classes) == {"contacts", "mi"}


def test_types_of_predicted_cells(tmp_path):
    cells = save(tmp_path / "c.parquet", cell=[1, 2, BIG, 4], truth_cell=[7, 8, 7, 0])
    types = save(tmp_path / "t.parquet", cell=[8, 7], type=["GP", "SPN"])
    found = read_types({"cells": cells, "types": types})
    assert dict(zip(found["cell"], found["type"])) == {1: "SPN", 2: "GP", BIG: "SPN"}
    assert read_types({"edges": "any"}) is None
