"""The table of candidates that a person fills in, beside the sheets that show them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuropil.exports.tables import protect_ids
from neuropil.storage import replacing
from neuropil.synapses.sampling import make_keys, sample_candidates

PLACE = [f"{axis}_{unit}" for unit in ("vx", "nm") for axis in "zyx"]
COLUMNS = ["number", "synapse", "key", "cell_a", "cell_b", *PLACE]
TO_FILL = ["synaptic", "pre", "sign"]
READ_ONLY = 0o444


def draw_sample(synapses: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """Draw the candidates to be labelled, and name their cells as candidates do.

    Parameters
    ----------
    synapses : table of schema ``connectome_synapses``
    settings : section ``synapses.labels`` of the config

    Returns
    -------
    Rows of ``synapses`` with number, stratum, key, cell_a < cell_b
    """
    a, b = (synapses[name].to_numpy(np.uint64) for name in ("pre", "post"))
    sides = synapses.assign(cell_a=np.minimum(a, b), cell_b=np.maximum(a, b))
    sample = sample_candidates(sides, settings)
    return sample.assign(key=make_keys(sample))


def write_sample(path: str | os.PathLike, sample: pd.DataFrame) -> None:
    """Write the table to be filled in as CSV, ids of cells as text.

    Nothing in it tells how likely a candidate is, or what the rule thinks is
    presynaptic. It is write-protected, so that people fill in a copy: a run may make it
    anew.

    Parameters
    ----------
    sample : table of `draw_sample`
    """
    table = sample[COLUMNS].astype({"synapse": np.int64})
    table = protect_ids(table).assign(**dict.fromkeys(TO_FILL, ""))
    with replacing(path) as temporary:
        temporary.write_text(table.to_csv(index=False), encoding="utf-8")
    os.chmod(path, READ_ONLY)
