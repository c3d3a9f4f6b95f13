"""Types of cells, where they are known."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from neuropil.cells import look_up
from neuropil.storage import read_table


def read_types(files: Mapping[str, str]) -> pd.DataFrame | None:
    """Give predicted cells the types of the true cells that they are.

    Parameters
    ----------
    files : with ``cells`` (schema ``cell_matches``) and ``types`` (true cells with
        their types), or without them

    Returns
    -------
    cell, type; None if the truth is unknown
    """
    if "types" not in files:
        return None
    cells, truth = read_table(files["cells"]), read_table(files["types"])
    index = pd.RangeIndex(1, len(truth) + 1).to_numpy()
    row = look_up(truth["cell"], index, cells["truth_cell"])
    known = cells.loc[row > 0, ["cell"]]
    return known.assign(type=truth["type"].to_numpy(object)[row[row > 0] - 1])
