"""Numbers that others found on real data; these tests need the data (DATA_ROOT)."""

import h5py
import hdf5plugin  # noqa: F401  (reads the files)
import pytest

from neuropil.evaluation.segmentations import score_overlaps
from neuropil.majority import count_overlaps

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
