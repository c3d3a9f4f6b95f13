"""Labels of candidates: what people say of places, matched to the candidates there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from neuropil.synapses.label_tables import NM, read_rows, refuse_rows
from neuropil.synapses.sampling import CELLS, VOXEL, make_keys

NEAR = ["row", "candidate", "distance_nm"]
KEPT = ["source_row", "is_synaptic", "sign", "split"]
SAID = ["is_synaptic", "first_is_pre", "sign", "split"]


def read_labels(
    path: str,
    candidates: pd.DataFrame,
    points: pd.DataFrame,
    voxel_size_nm: Sequence[float],
    settings: Mapping[str, float],
) -> pd.DataFrame:
    """Read a table of labels and say which candidates they are of.

    A row of a sheet of this run is told by its columns ``synapse`` and ``key``. Any
    other means the candidate that has the point nearest to its place, its middle among
    them; of several as near, the one with the smallest id. Rows that nobody judged are
    left out.

    Parameters
    ----------
    path : table as config/README.md describes it
    candidates, points : tables of schemas ``synapse_candidates``, ``synapse_points``
    voxel_size_nm : (z, y, x)
    settings : ``reach_nm``, how far the nearest point may be; ``margin_nm``, by how
        much candidates of two other cells must be farther, unless the place is that
        of a point

    Returns
    -------
    Table of schema ``synapse_labels``

    Raises
    ------
    InputError
        If the table can't be read (`read_rows`); if a row has no candidate within
        reach, or several, or names a cell as presynaptic that is none of its two; or
        if rows on the same candidate disagree. It lists the first five rows.
    """
    candidates = candidates.sort_values("synapse", ignore_index=True)
    rows = read_rows(path, voxel_size_nm)
    found, distance = find_by_number(rows, candidates), np.zeros(len(rows))
    told = found >= 0
    points = add_middles(points, candidates, voxel_size_nm)
    settings = {**settings, "exact_nm": min(voxel_size_nm) / 2}
    near = find_by_place(path, rows[~told], candidates, points, settings)
    found[near["row"]], distance[near["row"]] = near["candidate"], near["distance_nm"]
    logging.info(
        "%s: %d rows told by their keys, %d by their places, the farthest %.0f nm off",
        *(path, told.sum(), (~told).sum(), distance.max()),
    )
    labels = candidates.iloc[found][["synapse", *CELLS]].reset_index(drop=True)
    labels = labels.assign(distance_nm=distance).join(rows[KEPT])
    labels["first_is_pre"] = find_presynaptic(path, rows, labels)
    return join_rows(path, leave_needless(path, labels.drop(columns=CELLS)))


def find_by_number(rows: pd.DataFrame, candidates: pd.DataFrame) -> np.ndarray:
    """Row of the candidate (N,) that a row of a sheet of this run is of, else -1."""
    keys = pd.Series(make_keys(candidates), candidates.index, dtype=object)
    at = pd.Index(candidates["synapse"]).get_indexer(rows["synapse"])
    known = (at >= 0) & (rows["key"] != "").to_numpy()
    known[known] = keys.to_numpy()[at[known]] == rows["key"].to_numpy()[known]
    return np.where(known, at, -1)


def add_middles(
    points: pd.DataFrame, candidates: pd.DataFrame, voxel_size_nm: Sequence[float]
) -> pd.DataFrame:
    """Add the middle voxels of candidates to their points, which are thinned out."""
    middles = (candidates[VOXEL].to_numpy() + 0.5) * np.asarray(voxel_size_nm, float)
    middles = pd.DataFrame(middles, columns=NM).assign(synapse=candidates["synapse"])
    return pd.concat([points[["synapse", *NM]], middles], ignore_index=True)


def find_by_place(
    path: str,
    rows: pd.DataFrame,
    candidates: pd.DataFrame,
    points: pd.DataFrame,
    settings: Mapping[str, float],
) -> pd.DataFrame:
    """Find the candidate nearest to the place of each row.

    Returns
    -------
    row, candidate (rows of both tables), distance_nm
    """
    lost = rows[rows[NM].isna().any(axis=1)]
    refuse_rows(
        path,
        lost["source_row"],
        "not told by synapse and key, which are of another run, and without a place",
        "Keep z_vx, y_vx, x_vx of the sheet, or give z_nm, y_nm, x_nm.",
    )
    reach, margin = settings["reach_nm"], settings["margin_nm"]
    near = look_around(rows, candidates, points, reach + margin)
    lost = rows[~rows.index.isin(near.loc[near["distance_nm"] <= reach, "row"])]
    refuse_rows(
        path,
        lost["source_row"],
        f"no candidate within {reach:g} nm (synapses.labels.reach_nm)",
        "Correct the place, or remove the row: what has no junction is no candidate.",
        [", ".join(f"{v:.0f}" for v in place) + " nm" for place in lost[NM].to_numpy()],
    )
    near = keep_named(near, rows, candidates, reach)
    check_ambiguity(path, rows, candidates, near, settings)
    return near.drop_duplicates("row")


def look_around(
    rows: pd.DataFrame, candidates: pd.DataFrame, points: pd.DataFrame, reach_nm: float
) -> pd.DataFrame:
    """List the candidates around each row, the nearest first.

    Returns
    -------
    row, candidate (rows of both tables), distance_nm (to its nearest point)
    """
    if rows.empty or points.empty:
        return pd.DataFrame({n: [] for n in NEAR}).astype(dict.fromkeys(NEAR[:2], int))
    pairs = KDTree(rows[NM]).sparse_distance_matrix(
        KDTree(points[NM]), reach_nm, output_type="ndarray"
    )
    at = pd.Index(candidates["synapse"]).get_indexer(points["synapse"])
    columns = (rows.index.to_numpy()[pairs["i"]], at[pairs["j"]], pairs["v"])
    near = pd.DataFrame(dict(zip(NEAR, columns)))
    near = near.groupby(NEAR[:2], as_index=False)["distance_nm"].min()
    return near.sort_values(["row", "distance_nm", "candidate"], ignore_index=True)


def keep_named(
    near: pd.DataFrame, rows: pd.DataFrame, candidates: pd.DataFrame, reach_nm: float
) -> pd.DataFrame:
    """Keep candidates of the cells that a row names, if there are any within reach.

    First those of both of its cells a and b, then those that have its presynaptic cell.
    """
    said = rows.loc[near["row"]]
    pair = candidates.loc[near["candidate"], CELLS].to_numpy()
    has_pre = (pair == said[["pre_cell"]].to_numpy()).any(axis=1)
    same = (pair == np.sort(said[CELLS].to_numpy(), axis=1)).all(axis=1)
    fits = pd.Series(2 * same + has_pre, near.index)
    best = fits.where(near["distance_nm"] <= reach_nm, -1)
    return near[fits >= best.groupby(near["row"]).transform("max")]


def check_ambiguity(
    path: str,
    rows: pd.DataFrame,
    candidates: pd.DataFrame,
    near: pd.DataFrame,
    settings: Mapping[str, float],
) -> None:
    """Refuse rows with a candidate of two other cells that is nearly as near.

    But for places that are exactly those of a candidate: they were taken from it.
    """
    margin = settings["margin_nm"]
    first = near.groupby("row")[["candidate", "distance_nm"]].transform("first")
    pairs, own = (
        candidates.loc[at, CELLS].to_numpy()
        for at in (near["candidate"], first["candidate"])
    )
    close = near["distance_nm"] < first["distance_nm"] + margin
    close &= first["distance_nm"] > settings["exact_nm"]
    other = near[(pairs != own).any(axis=1) & close].drop_duplicates("row")
    best = near.drop_duplicates("row").set_index("row").loc[other["row"]]
    ids = candidates["synapse"]
    pairs = zip(ids.loc[best["candidate"]], ids.loc[other["candidate"]])
    refuse_rows(
        path,
        rows.loc[other["row"], "source_row"],
        f"two candidates of other cells nearly as near (within {margin:g} nm, "
        "synapses.labels.margin_nm)",
        "Name the presynaptic cell in column pre, or move the place.",
        [f"synapses {a} and {b}" for a, b in pairs],
    )


def find_presynaptic(path: str, rows: pd.DataFrame, labels: pd.DataFrame) -> np.ndarray:
    """Say whether cell a is presynaptic (N,): 1, 0 if it is b, NaN if nobody says."""
    pre, side = rows["pre_cell"].to_numpy(), rows["pre_side"].to_numpy()
    a, b = (labels[name].to_numpy() for name in CELLS)
    foreign = (pre != 0) & (pre != a) & (pre != b)
    refuse_rows(
        path,
        rows.loc[foreign, "source_row"],
        "column pre names none of the two cells of the candidate there",
        "Write the id of one of them, or a or b beside the columns cell_a and cell_b; "
        "cells of another agglomeration have other ids.",
        [f"{p}, not {i} or {j}" for p, i, j in zip(*(v[foreign] for v in (pre, a, b)))],
    )
    first = np.where(pre != 0, pre == a, side == "a")
    return np.where((pre != 0) | (side != ""), first, np.nan)


def leave_needless(path: str, labels: pd.DataFrame) -> pd.DataFrame:
    """Leave out direction and sign of what is no synapse; count such rows."""
    none = ~labels["is_synaptic"]
    needless = none & (labels["first_is_pre"].notna() | (labels["sign"] != 0))
    if needless.any():
        logging.info(
            "%s: %d rows are no synapse, and their pre or sign is not used",
            path,
            needless.sum(),
        )
    labels.loc[none, "first_is_pre"] = np.nan
    labels.loc[none, "sign"] = 0
    return labels


def join_rows(path: str, labels: pd.DataFrame) -> pd.DataFrame:
    """Make one label of the rows on a candidate: the nearest, with what others add.

    Raises
    ------
    InputError
        If they disagree.
    """
    ordered = labels.sort_values(["synapse", "distance_nm", "source_row"])
    said = {"sign": ordered["sign"].where(ordered["sign"] != 0)}
    said["split"] = ordered["split"].where(ordered["split"] != "")
    groups = ordered.assign(**said).groupby("synapse")
    differs = groups[SAID].nunique().gt(1).any(axis=1)
    wrong = differs.index[differs]
    doubles = ordered.groupby("synapse")["source_row"].agg(sorted)
    refuse_rows(
        path,
        [rows[0] for rows in doubles[wrong]],
        "rows on the same candidate that disagree",
        "Correct or remove one of them.",
        [
            f"and {', '.join(map(str, r[1:]))}, synapse {i}"
            for i, r in doubles[wrong].items()
        ],
    )
    joined = groups.first().reset_index()
    joined["sign"] = joined["sign"].fillna(0).astype(np.int8)
    joined["split"] = joined["split"].astype(object).fillna("")
    logging.info(
        "%s: labels of %d candidates (%d rows repeat others): %d are synapses, of %d "
        "is known which cell is presynaptic, of %d the sign",
        *(path, len(joined), len(labels) - len(joined), joined["is_synaptic"].sum()),
        *(joined["first_is_pre"].notna().sum(), (joined["sign"] != 0).sum()),
    )
    return joined
