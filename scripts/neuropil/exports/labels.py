"""The table of candidates that a person fills in, beside the sheets that show them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuropil.exports.tables import protect_ids
from neuropil.synapses.sampling import make_keys, sample_candidates
from neuropil.whole_files import replacing

VX, NM = ([f"{axis}_{unit}" for axis in "zyx"] for unit in ("vx", "nm"))
COLUMNS = ["number", "synapse", "key", "cell_a", "cell_b", *VX, *NM]
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
    """Write the table to be filled in as CSV.

    Ids of cells are texts, and nm whole numbers: spreadsheets round large numbers, and
    some take those with a point for dates.

    Nothing in it tells how likely a candidate is, or what the rule thinks is
    presynaptic. It is write-protected, so that people fill in a copy: a run may make it
    anew.

    Parameters
    ----------
    sample : table of `draw_sample`
    """
    table = sample[COLUMNS].round(dict.fromkeys(NM, 0))
    table = table.astype(dict.fromkeys(["synapse", *NM], np.int64))
    table = protect_ids(table).assign(**dict.fromkeys(TO_FILL, ""))
    with replacing(path) as temporary:
        temporary.write_text(table.to_csv(index=False), encoding="utf-8")
    os.chmod(path, READ_ONLY)
