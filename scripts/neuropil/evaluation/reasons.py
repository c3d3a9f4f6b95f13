"""Why synapses are missed or false."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.cells import look_up

REACH_NM = 200.0  # a predicted synapse may lie this far from the true one


def explain_missed(
    count: int, near: pd.DataFrame, right: pd.DataFrame, rejected: pd.DataFrame
) -> pd.DataFrame:
    """Say why true synapses have no match; the first reason that holds counts.

    ``shared``: a prediction within reach between the same cells belongs to another true
    synapse; ``below threshold``: a rejected candidate is within reach, between the same
    cells; ``too far``: a prediction between the same cells is 200 to 1,000 nm away;
    ``wrong partner``: a prediction within reach joins other cells; else
    ``no candidate``.
    """
    used = near["predicted"].isin(right["predicted"])
    close = near["distance_nm"] <= REACH_NM
    reasons = [
        ("shared", near[near["same"] & close & used]),
        ("below threshold", rejected[rejected["same"]].assign(predicted=-1)),
        ("too far", near[near["same"] & ~used]),
        ("wrong partner", near[~near["same"] & close & ~used]),
    ]
    return name_reasons("truth", count, right, reasons, "no candidate")


def explain_false(count: int, near: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Say why predictions have no match; the first reason that holds counts.

    ``duplicate``: a true synapse within reach between the same cells is matched with
    another prediction; ``too far``: one between the same cells is missed, 200 to 1,000
    nm away; ``wrong partner``: one within reach joins other cells; else
    ``nothing near``.
    """
    used = near["truth"].isin(right["truth"])
    close = near["distance_nm"] <= REACH_NM
    reasons = [
        ("duplicate", near[near["same"] & close & used]),
        ("too far", near[near["same"] & ~used]),
        ("wrong partner", near[~near["same"] & close & ~used]),
    ]
    return name_reasons("predicted", count, right, reasons, "nothing near")


def name_reasons(side, count, right, reasons, other: str) -> pd.DataFrame:
    """Give every unmatched item of a side its first reason and nearest counterpart."""
    parts = [
        part.assign(reason=reason, rank=i) for i, (reason, part) in enumerate(reasons)
    ]
    every = pd.DataFrame({side: np.arange(count)}).assign(
        **{"truth" if side == "predicted" else "predicted": -1},
        distance_nm=np.inf,
        reason=other,
        rank=len(reasons),
    )
    rows = pd.concat([*parts, every], ignore_index=True)
    rows = rows[~rows[side].isin(right[side])]
    order = [side, "rank", "distance_nm", "truth", "predicted"]
    return rows.sort_values(order).drop_duplicates(side)


def name_junctions(
    matches: pd.DataFrame, junctions: pd.DataFrame, predicted: pd.DataFrame
) -> pd.DataFrame:
    """Tell mistakes of the junctions from those of what comes after them.

    A missed synapse without a candidate becomes ``junction missed`` if its junction
    shares no voxel with a predicted one; a false one with nothing near becomes ``false
    junction`` if its junction shares no voxel with a true one.

    Parameters
    ----------
    matches : table of `synapses.match_synapses`
    junctions : truth, object, iou: table of schema ``organelle_matches``
    predicted : synapse, junction
    """
    junction = look_up(
        predicted["synapse"], predicted["junction"], matches["predicted_synapse"]
    )
    reason = matches["reason"]
    for ids, side, old, new in (
        (matches["truth_synapse"], "truth", "no candidate", "junction missed"),
        (junction, "object", "nothing near", "false junction"),
    ):
        known = junctions[junctions[side] != 0]
        overlap = look_up(known[side], known["iou"], ids)
        reason = reason.mask((reason == old) & (overlap == 0), new)
    return matches.assign(reason=reason)
