"""What a model of edges sees of an edge, and what the truth says of it.

All features come from sums that add up over chunks, in units of tissue, not of voxels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuropil.cells import look_up
from neuropil.evaluation.identity import take_majority
from neuropil.schemas.segmentation import BINS, PAIR, SEEN
from neuropil.segmentation.moments import measure_shapes


def measure_features(
    sums: pd.DataFrame, moments: pd.DataFrame, voxel_size_nm: Sequence[float]
) -> pd.DataFrame:
    """Measure what a model of edges sees.

    Parameters
    ----------
    sums : `PARTIAL_EDGES` of the whole dataset
    moments : `PARTIAL_MOMENTS` of the whole dataset
    voxel_size_nm : (z, y, x)

    Returns
    -------
    `FEATURES`
    """
    size = np.asarray(voxel_size_nm, float) * 1e-3
    areas = sums[[f"faces_{axis}" for axis in "zyx"]].to_numpy() * (size.prod() / size)
    bins = sums[[f"bin_{k}" for k in range(BINS)]].to_numpy()
    faces, area = bins.sum(axis=1), areas.sum(axis=1)
    bodies = moments[moments[PAIR[0]] == moments[PAIR[1]]]
    known = bodies[PAIR[0]], bodies["count"]
    counts = np.column_stack([look_up(*known, sums[name]) for name in PAIR])
    volumes = np.log(np.sort(np.maximum(counts, 1), axis=1) * size.prod())
    columns = [
        (np.cumsum(bins, axis=1) / faces[:, None])[:, :-1],
        sums["map_sum"].to_numpy() / faces / 255,
        np.log(area),
        areas[:, 0] / area,
        volumes,
        np.log(area) - volumes[:, 0] * 2 / 3,
    ]
    shapes = measure_shapes(moments, sums, voxel_size_nm)
    names = [name for name in SEEN if name not in shapes]
    table = pd.DataFrame(np.column_stack(columns), sums.index, names).join(shapes)
    return sums[PAIR].assign(weight=faces).join(table[[*SEEN]].astype("f4"))


def label_edges(features: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Say of which edges both sides lie mostly in one true cell.

    Parameters
    ----------
    features : `FEATURES` of edges
    shares : supervoxel, cell (true, 0 is none), voxel_count

    Returns
    -------
    `LABELLED_EDGES`: those whose sides both have a true cell
    """
    held = shares[(shares["cell"] != 0) & (shares["supervoxel"] != 0)]
    held = held.rename(columns={"cell": "truth_cell", "supervoxel": "cell"})
    held = held.groupby(["cell", "truth_cell"], as_index=False)["voxel_count"].sum()
    main = take_majority(held)
    truth = main["cell"], main["truth_cell"]
    a, b = (look_up(*truth, features[name]) for name in PAIR)
    known = (a != 0) & (b != 0)
    return features.assign(joined=a == b)[known].reset_index(drop=True)
