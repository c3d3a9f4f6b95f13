"""From an expert's membranes to synapses of real tissue: config/vnc.yaml."""

import h5py
import hdf5plugin  # noqa: F401  (reads the files)
import numpy as np
import pytest
from scipy.ndimage import label

from neuropil.storage import read_table
from workspace import Workspace, chunk_shape

SHAPE = (10, 1024, 1024)
TABLES = ("connectome/synapses", "organelles/mi", "organelles/sj")


@pytest.fixture(scope="module")
def run(data_root, kernel_cache, tmp_path_factory):
    """The nerve cord up to its synapses, in one chunk."""
    workspace = Workspace(tmp_path_factory.mktemp("vnc"), "config/vnc.yaml")
    wanted = [f"results/vnc/{table}.parquet" for table in TABLES]
    workspace.run(*wanted, settings=[f"data_root={data_root}", chunk_shape(SHAPE)])
    return {
        table: read_table(workspace.results / f"{table}.parquet") for table in TABLES
    }


def count_labelled(data_root, name):
    """Components that the expert labelled; voxels that touch at a corner are one."""
    with h5py.File(f"{data_root}/vnc_sstem/vnc_sstem_sections_00-09.h5") as file:
        return label(file[name][:], np.ones((3, 3, 3)))[1]


@pytest.mark.data
@pytest.mark.slow
def test_most_mitochondria_lie_in_one_cell(run, data_root):
    found = run["organelles/mi"]
    assert len(found) == count_labelled(data_root, "mitochondria") == 34
    inside = (found["cell"] != 0) & (found["cell_fraction"] >= 0.9)
    assert inside.sum() == 34


@pytest.mark.data
@pytest.mark.slow
def test_most_labelled_synapses_hold_one_between_two_cells(run, data_root):
    synapses, junctions = run["connectome/synapses"], run["organelles/sj"]
    assert len(junctions) == count_labelled(data_root, "synapses") == 38
    assert (synapses["pre"] != synapses["post"]).all()
    assert junctions["object"].isin(synapses["junction"]).sum() >= 0.9 * 38
