"""How near skeletons are to true centrelines, and which branches they find.

The true tree of a cell is compared with the trees of all predicted cells that stand
for it (identity.py), in the volume and outside of somata; glia have no true tree. Where
a centreline runs beyond the border, the volume holds just the rim of the neurite, and
the truth no cable to compare: of predicted places whose nearest true place lies
outside, those near to it and those within `NEAR_NM` of the border count neither as true
nor as false.
Both are sampled every `STEP_NM`. A place is near to the other side if it lies within
the true radius there, and always within `NEAR_NM`. A branch goes from an end or branch
point to the next. Of branches longer than `BRANCH_NM` a true one is found, and a
predicted one is true, if `SHARE` of its length is near to the other side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from neuropil.cells import look_up
from neuropil.evaluation.scores import divide
from neuropil.phantom.types import Compartment
from neuropil.skeletons.graphs import Graph, find_branches, find_components
from neuropil.skeletons.store import Skeleton

STEP_NM = 15.0
NEAR_NM = 100.0
BRANCH_NM = 500.0
SHARE = 0.8
SOMA = (Compartment.SOMA, Compartment.NUCLEUS)
PLACE = ["z_nm", "y_nm", "x_nm"]


class Places(NamedTuple):
    """Places along the branches of a graph.

    Attributes
    ----------
    place_nm : (N, 3), z, y, x
    length_nm : (N,), of the piece of cable that a place stands for
    branch : (N,) int64
    node : (N,) int64, a node of the edge it lies on
    """

    place_nm: np.ndarray
    length_nm: np.ndarray
    branch: np.ndarray
    node: np.ndarray

    def keep(self, kept: np.ndarray) -> Places:
        """Keep some of the places (N,) bool."""
        return Places(*(column[kept] for column in self))


class Comparison(NamedTuple):
    """What the two sides of one cell have to do with each other.

    Attributes
    ----------
    truth, found : places of the true tree, and of the predicted ones
    truth_near, found_near : (N,) bool, of each whether the other side is near
    distance_nm : (N,), from places found to the true centreline
    """

    truth: Places
    found: Places
    truth_near: np.ndarray
    found_near: np.ndarray
    distance_nm: np.ndarray


def sample_branches(graph: Graph) -> Places:
    """Take places at even distances along the branches of trees."""
    branches = [branch for branch in find_branches(graph) if len(branch) > 1]
    none = np.empty((0, 2), np.int64)
    pairs = [np.stack([b[:-1], b[1:]], axis=1) for b in branches]
    edges = np.concatenate([none, *pairs])
    number = np.repeat(np.arange(len(pairs)), [len(p) for p in pairs])
    first, last = graph.place_nm[edges[:, 0]], graph.place_nm[edges[:, 1]]
    length = np.linalg.norm(last - first, axis=1)
    count = np.maximum(1, np.ceil(length / STEP_NM)).astype(np.int64)
    row = np.repeat(np.arange(len(edges)), count)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    share = ((turn + 0.5) / count[row])[:, None]
    place = first[row] * (1 - share) + last[row] * share
    return Places(place, (length / count)[row], number[row], edges[row, 0])


def read_true_tree(nodes: pd.DataFrame) -> tuple[Graph, np.ndarray]:
    """Make a graph of the true nodes of one cell; say which are of a soma."""
    row = pd.Series(np.arange(len(nodes)), nodes["node"].to_numpy())
    above = row.reindex(nodes["parent"].to_numpy()).to_numpy()
    known = ~np.isnan(above)
    edges = np.stack([above[known].astype(np.int64), np.flatnonzero(known)], axis=1)
    place, radius = nodes[PLACE].to_numpy(np.float64), nodes["radius_nm"].to_numpy()
    return Graph(place, radius, edges), nodes["compartment"].isin(SOMA).to_numpy()


def unite(skeletons: Iterable[Skeleton]) -> Graph:
    """Make one graph of skeletons."""
    places, radii, edges = [np.empty((0, 3))], [np.empty(0)], [np.empty((0, 2))]
    for skeleton in skeletons:
        edges.append(skeleton.edges.astype(np.int64) + sum(map(len, radii)))
        places.append(skeleton.vertices_nm)
        radii.append(skeleton.radius_nm)
    columns = (np.concatenate(parts).astype(np.float64) for parts in (places, radii))
    return Graph(*columns, np.concatenate(edges).astype(np.int64))


def compare(
    truth: Graph, is_soma: np.ndarray, found: Graph, stop_nm: np.ndarray
) -> Comparison:
    """Compare the predicted trees of a cell with its true one.

    Parameters
    ----------
    truth, is_soma : the true tree, and which of its nodes (N,) are of a soma
    found : predicted trees
    stop_nm : (2, 3), the lowest and highest corner of the volume
    """
    low, high = np.asarray(stop_nm, float)
    inside = is_between(truth.place_nm, low, high)
    reached = inside.copy()  # with the outer ends of edges that cross the border
    reached[truth.edges[inside[truth.edges].any(axis=1)]] = True
    kept = truth.keep(reached & ~is_soma)
    all_true, true, places = map(sample_branches, (truth, kept, found))
    true = true.keep(is_between(true.place_nm, low, high))
    limit = np.maximum(NEAR_NM, truth.radius_nm)[all_true.node]
    distance, nearest = distances(places.place_nm, all_true.place_nm)
    counted, near = np.ones(len(distance), bool), np.zeros(len(distance), bool)
    if len(limit):
        near = distance <= limit[nearest]
        beyond = ~is_between(all_true.place_nm, low, high)[nearest]
        rim = ~is_between(places.place_nm, low + NEAR_NM, high - NEAR_NM)
        counted = ~is_soma[all_true.node[nearest]] & ~(beyond & (near | rim))
    away, _ = distances(true.place_nm, places.place_nm)
    true_limit = np.maximum(NEAR_NM, kept.radius_nm)[true.node]
    return Comparison(
        true, places.keep(counted), away <= true_limit, near[counted], distance[counted]
    )


def is_between(place: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Say which places (N, 3) lie between two corners."""
    return ((place > low) & (place < high)).all(axis=1)


def distances(of: np.ndarray, to: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance (N,) of places (N, 3) to the nearest of others; infinite without any."""
    if not len(to):
        return np.full(len(of), np.inf), np.zeros(len(of), np.int64)
    return cKDTree(to).query(of)


def list_branches(places: Places, near: np.ndarray, outcomes: tuple) -> pd.DataFrame:
    """List branches that are long enough; outcomes of those near, and not near."""
    count = int(places.branch.max(initial=-1)) + 1
    length = np.bincount(places.branch, places.length_nm, count)
    close = np.bincount(places.branch, places.length_nm * near, count)
    long = np.flatnonzero(length > BRANCH_NM)
    middle = np.searchsorted(places.branch, np.arange(count))
    middle += np.bincount(places.branch, minlength=count) // 2
    share = close[long] / length[long]
    table = pd.DataFrame({"length_nm": length[long], "near_share": share})
    table["outcome"] = np.where(share >= SHARE, *outcomes)
    return table.assign(**dict(zip(PLACE, places.place_nm[middle[long]].T)))


def list_both(cell: int, one: Comparison) -> pd.DataFrame:
    """List the branches of both sides of one cell: schema `branch_matches`."""
    true = list_branches(one.truth, one.truth_near, ("true", "missed"))
    found = list_branches(one.found, one.found_near, ("true", "false"))
    sides = true.assign(side="truth"), found.assign(side="predicted")
    return pd.concat(sides).assign(truth_cell=np.uint64(cell))


def evaluate_skeletons(
    skeletons: Iterable[tuple[int, Skeleton]],
    cells: pd.DataFrame,
    truth: tuple[pd.DataFrame, pd.DataFrame],
    box_nm: tuple[np.ndarray, np.ndarray],
) -> tuple[pd.DataFrame, dict]:
    """Compare the skeletons of all cells with the truth.

    Parameters
    ----------
    skeletons : pairs of a predicted cell and its skeleton
    cells : cell, truth_cell (`identity.match_cells`)
    truth : the true cells (cell, kind), and the nodes of their trees
    box_nm : lowest and highest corner of the volume (z, y, x)

    Returns
    -------
    Table of branches, schema `branch_matches`; scores, as `score_skeletons` says
    """
    known, nodes = truth
    trees = known.loc[known["kind"] != "glia", "cell"].to_numpy(np.uint64)
    found = defaultdict(list)
    for cell, skeleton in skeletons:
        stands_for = look_up(cells["cell"], cells["truth_cell"], [np.uint64(cell)])
        found[int(stands_for[0])].append(skeleton)
    nodes = nodes[nodes["cell"].isin(trees)].groupby("cell")
    compared = {
        cell: compare(*read_true_tree(rows), unite(found[int(cell)]), box_nm)
        for cell, rows in nodes
    }
    branches = pd.concat([list_both(*one) for one in compared.items()])
    graphs = [unite(parts) for parts in found.values()]
    return branches, {
        "skeletons": score_skeletons(branches, [*compared.values()], graphs)
    }


def score_skeletons(
    branches: pd.DataFrame, compared: Sequence[Comparison], graphs: Sequence[Graph]
) -> dict:
    """Sum up: distances in nm, lengths, branches, and what no tree may have.

    ``distance_nm`` and ``distance_90_nm`` are the distances from predicted cable to
    the true centreline that half and nine tenths of it do not exceed; ``cable_ratio``
    is predicted over true length; a true branch is missed and a predicted one false
    as the module says; ``cycle_count`` edges too many for trees, ``orphan_count`` nodes
    without an edge.
    """
    parts = [(one.distance_nm, one.found.length_nm) for one in compared]
    distance, length = (np.concatenate(column) for column in zip(*parts))
    true = sum(float(one.truth.length_nm.sum()) for one in compared)
    is_truth = (branches["side"] == "truth").to_numpy()
    is_right = (branches["outcome"] == "true").to_numpy()
    recall = divide(np.sum(is_right & is_truth), is_truth.sum(), 1)
    precision = divide(np.sum(is_right & ~is_truth), (~is_truth).sum(), 1)
    return {
        "distance_nm": quantile(distance, length, 0.5),
        "distance_90_nm": quantile(distance, length, 0.9),
        "cable_um": float(length.sum()) / 1000,
        "cable_ratio": divide(length.sum(), true, 1),
        "branch_count": int(is_truth.sum()),
        "branch_recall": recall,
        "branch_precision": precision,
        "branch_f1": divide(2 * precision * recall, precision + recall, 0),
        "cycle_count": sum(map(count_cycles, graphs)),
        "orphan_count": int(sum((graph.degree == 0).sum() for graph in graphs)),
    }


def quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Value that a share of the weight does not exceed; NaN without any."""
    if not len(values):
        return float("nan")
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, share * total[-1])])


def count_cycles(graph: Graph) -> int:
    """Count edges that a forest of the same connected parts would not have."""
    parts, _ = find_components(len(graph.place_nm), graph.edges)
    return int(len(graph.edges) - len(graph.place_nm) + parts)
