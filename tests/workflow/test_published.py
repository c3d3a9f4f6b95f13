"""Numbers that others found on real data; these tests need the data (DATA_ROOT)."""

import h5py
import hdf5plugin  # noqa: F401  (reads the files)
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import kstest, lognorm
from snakemake.utils import update_config

from neuropil.analysis.sizes import measure_table
from neuropil.analysis.tables import read_synapses
from neuropil.dataset import resolve_tables
from neuropil.evaluation.segmentations import score_overlaps
from neuropil.majority import count_overlaps
from repository import ROOT

# Of the neurons of FIB-25 against flood filling and the watershed (scikit-image): bits
# of split and merge, adapted Rand error.
FIB25 = {
    "ffn_segmentation": (0.613, 0.263, 0.056),
    "supervoxels": (2.376, 0.330, 0.266),
}


@pytest.mark.data
@pytest.mark.parametrize("name", FIB25)
def test_segmentations_of_fib25_score_as_published(name, data_root):
    with h5py.File(f"{data_root}/fib25_ts2/fib25_ts2.h5") as file:
        truth, segments = (file[n][:].astype("u8") for n in ("neuron_ids", name))
    table = count_overlaps(truth, segments)
    table = table.rename(columns={"supervoxel": "cell", "cell": "segment"})
    scores = score_overlaps(table[table["segment"] != 0])
    assert tuple(scores.values()) == pytest.approx(FIB25[name], abs=5e-4)


def load_tables(name, data_root):
    """Entries of a dataset's tables, their paths resolved."""
    config = {}
    for file in ("config.yaml", f"{name}.yaml"):
        update_config(config, yaml.safe_load((ROOT / "config" / file).read_text()))
    return resolve_tables(config | {"data_root": str(data_root)})


def measure(given):
    """Statistics of a table, by group, part, quantity and level."""
    found = measure_table(read_synapses(given), given, (0.5, 0.6), SHUFFLES)
    keys = ["group", "part", "quantity", "level"]
    return found.fillna({"level": 0}).set_index(keys)["value"].to_dict()


SHUFFLES = {"shuffles": 20, "seed": 1}
# Of published_numbers.json and the READMEs beside the tables: what is measured, the
# number, and half of its last digit.
KASTHURI = [
    (("all", "counts", "synapses", 0), 1700, 0),
    (("excitatory", "counts", "synapses", 0), 1610, 0),
    (("inhibitory", "counts", "synapses", 0), 87, 0),
    (("all", "counts", "pairs", 0), 1559, 0),
    (("all", "pairs", "pairs_of_several", 0), 122, 0),
    (("all", "pairs", "pairs", 2), 107, 0),
    (("all", "pairs", "pairs", 3), 12, 0),
    (("all", "pairs", "pairs", 4), 2, 0),
    (("all", "pairs", "pairs", 5), 1, 0),
    (("all", "numbers", "mean_on_spine", 0), 0.838, 5e-4),
    (("excitatory", "numbers", "mean_on_spine", 0), 0.873, 5e-4),
    (("inhibitory", "numbers", "mean_on_spine", 0), 1 - 0.816, 5e-4),
    (("all", "numbers", "correlation_vesicle_count_size", 0), 0.665, 5e-4),
    (("all", "numbers", "correlation_spine_volume_size", 0), 0.762, 5e-4),
]
CEREBELLUM = [
    (("purkinje", "counts", "synapses"), 8876, 0),
    (("purkinje", "counts", "pairs"), 3543, 0),
    (("purkinje", "counts", "pre_cells"), 522, 0),
    (("purkinje", "touching", "pairs"), 4609, 0),
    (("purkinje", "touching", "pairs_with_synapse"), 3454, 0),
    (("purkinje", "touching", "share_with_synapse"), 0.749, 5e-4),
    (("mossy", "counts", "pre_cells_per_post_cell"), 3.16, 5e-3),
]


@pytest.mark.data
def test_synapses_of_kasthuri_have_the_published_statistics(data_root):
    found = measure(load_tables("kasthuri2015", data_root)["cortex"])
    for key, number, half_digit in KASTHURI:
        assert found[key] == pytest.approx(number, abs=half_digit + 1e-9), key


@pytest.mark.data
def test_synapses_of_the_cerebellum_have_the_published_statistics(data_root):
    tables = load_tables("cerebellum_cb2", data_root)
    assert tables["purkinje"]["position"]["doubles"] == "drop"
    tables["purkinje"]["position"]["doubles"] = "keep"
    found = {name: measure(given) for name, given in tables.items()}
    for (name, part, quantity), number, half_digit in CEREBELLUM:
        value = found[name]["all", part, quantity, 0]
        assert value == pytest.approx(number, abs=half_digit + 1e-9), quantity


@pytest.mark.data
def test_doubles_of_the_cerebellum_are_left_out(data_root):
    found = measure(load_tables("cerebellum_cb2", data_root)["purkinje"])
    assert found["all", "counts", "synapses", 0] == 8876 - 283
    assert found["all", "counts", "pairs", 0] == 3543


@pytest.mark.data
@pytest.mark.parametrize(
    ("dataset", "name", "path", "column"),
    [
        ("kasthuri2015", "cortex", "kasthuri2015_tables/synapses", "psd_size_px"),
        (
            "cerebellum_cb2",
            "purkinje",
            "mouse_cerebellum_cb2/grc_pc_synapses",
            "cleft_area_um2",
        ),
    ],
)
def test_log_normal_fits_are_those_of_scipy(dataset, name, path, column, data_root):
    """Nobody has published a fit of these tables: SciPy's, of the file itself."""
    given = load_tables(dataset, data_root)[name]
    given["position"]["doubles"] = "keep"
    found = measure(given)
    sizes = pd.read_csv(f"{data_root}/{path}.csv.gz")[column]
    shape, _, scale = lognorm.fit(sizes[sizes > 0], floc=0)
    assert found["all", "log_normal", "mu", 0] == pytest.approx(np.log(scale))
    assert found["all", "log_normal", "sigma", 0] == pytest.approx(shape)
    distance = kstest(sizes[sizes > 0], lognorm(shape, 0, scale).cdf).statistic
    assert found["all", "log_normal", "ks_distance", 0] == pytest.approx(distance)
