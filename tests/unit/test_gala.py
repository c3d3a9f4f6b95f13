"""Cells from a map of real tissue are better than those of its shipped supervoxels."""

from functools import partial

import h5py
import hdf5plugin  # noqa: F401  (reads the files)
import numpy as np
import pytest
from test_config import DATA, load
from test_instances import as_volume

from neuropil.blocks import map_blocks
from neuropil.config import check_config
from neuropil.dataset import resolve_sources
from neuropil.evaluation.components import as_arrays, label_components
from neuropil.evaluation.shares import Truth, extract_shares, score_thresholds
from neuropil.grid import Grid
from neuropil.instances import BasinFile, save_basins
from neuropil.segmentation.edges import extract_edges, link_cells, measure_edges
from neuropil.segmentation.supervoxels import (
    Recipe,
    label_supervoxels,
    link_supervoxels,
    write_supervoxels,
)
from neuropil.volumes import open_role

needs_data = pytest.mark.skipif(not DATA.exists(), reason="needs the real datasets")
SIZE = (10.0, 10.0, 10.0)


class Gala:
    """One of the two volumes, read as its config says."""

    def __init__(self, part):
        self.config = load(f"gala_{part}.yaml", data_root=str(DATA))
        check_config(self.config)
        self.settings = self.config["segmentation"]
        dataset = resolve_sources(self.config, "results")
        self.membranes, truth = (open_role(dataset, r) for r in ("membrane", "truth"))
        self.box = truth.box
        self.walk = partial(
            map_blocks, box=self.box, block_shape=self.box.shape, threads=1
        )
        labels = np.zeros(self.box.shape, "u4")
        table = label_components(truth, writing(labels))
        self.truth = Truth(as_volume(labels, SIZE), *as_arrays(table))
        with h5py.File(DATA / "fibsem_gala/fibsem_gala.h5") as file:
            self.shipped = file[f"{part}/supervoxels"][:].astype("u8")

    def segment(self, folder):
        """Supervoxels of the map."""
        recipe, grid = (
            Recipe.of(self.settings, SIZE),
            Grid(self.box, self.box.shape),
        )
        labels = np.zeros(self.box.shape, "u4")
        tables = label_supervoxels(
            self.membranes, recipe, self.box, self.walk, writing(labels)
        )
        file = BasinFile(folder / "basins.h5")
        save_basins(tables, file.path)
        links = link_supervoxels([file], grid, recipe, self.settings["least_um3"])
        out = np.zeros(self.box.shape, "u8")
        write_supervoxels(
            lambda box: labels[box.slices], links, self.walk, writing(out)
        )
        return out

    def sweep(self, supervoxels, score_edges):
        """Splits + mergers (bits), and adapted Rand error, by threshold."""
        volume = as_volume(supervoxels, SIZE)
        sums = extract_edges(volume, self.membranes, self.walk)
        shares = extract_shares(volume, self.truth, self.box, self.box.shape, 1)
        table = score_thresholds(shares, score_edges(sums)).set_index("threshold")
        voi = table["voi_split_labelled"] + table["voi_merge_labelled"]
        return voi, table["adapted_rand_error_labelled"]


def writing(array):
    def write(box, voxels):
        array[box.slices] = voxels

    return write


@pytest.mark.data
@needs_data
def test_cells_are_better_than_any_threshold_makes_of_shipped_supervoxels(tmp_path):
    train, test = Gala("train"), Gala("test")
    score, given = train.settings["score"], train.config["agglomeration"]["threshold"]
    assert test.settings == train.settings
    assert test.config["agglomeration"] == train.config["agglomeration"]

    voi, _ = train.sweep(train.segment(tmp_path), lambda sums: link_cells(sums, score))
    chosen = voi.index[voi <= voi.min() + 0.1].max()
    assert given == chosen

    bars = test.sweep(test.shipped, lambda sums: measure_edges(sums, SIZE, "mean"))
    assert bars[0].min() == pytest.approx(0.727, abs=5e-4)
    assert bars[1].min() == pytest.approx(0.075, abs=5e-4)
    found = test.sweep(test.segment(tmp_path), lambda sums: link_cells(sums, score))
    for bar, scores in zip(bars, found):
        assert scores[chosen] < 0.7 * bar.min()
