"""Expected run length of cells that supervoxels make, against a plain count of it."""

import numpy as np
import pandas as pd
import pytest
from test_segmentations import as_volume

from neuropil.evaluation.run_lengths import extract_nodes, join_cable, score_cable
from neuropil.evaluation.segmentations import MERGE_NM
from neuropil.evaluation.shares import find_segments, score_cells, score_thresholds
from neuropil.grid import Box, tile
from neuropil.schemas.segmentations import NODES
from neuropil.storage import as_table

SHAPE, SIZE_NM = (6, 40, 300), (40.0, 10.0, 10.0)
LARGE = 2**63


def as_nodes(cell, places, parents=None):
    """A skeleton: a chain, unless parents are given."""
    places = np.asarray(places, float)
    parents = np.arange(len(places)) - 1 if parents is None else parents
    table = pd.DataFrame(places, columns=["z_nm", "y_nm", "x_nm"])
    table["cell"] = np.full(len(places), cell, np.uint64)
    return table.assign(node=np.arange(len(places)) + 7, parent=np.add(parents, 7))


def along(y, count=30):
    """Places along x, 100 nm apart."""
    return [(100.0, y, 50.0 + 100 * i) for i in range(count)]


def two_cells(lengths=(30, 20)):
    """Two cells side by side, each 1 µm long supervoxels in a row; skeletons."""
    truth = np.zeros(SHAPE, "u8")
    truth[:, :20], truth[:, 20:] = 3, LARGE
    supervoxels = np.arange(300) // 100 + np.where(np.arange(40) < 20, 1, 11)[:, None]
    supervoxels = np.broadcast_to(supervoxels, SHAPE).astype("u8")
    nodes = [as_nodes(3, along(105.0, lengths[0]))]
    return (
        truth,
        supervoxels,
        pd.concat([*nodes, as_nodes(LARGE, along(305.0, lengths[1]))]),
    )


def find_cable(truth, supervoxels, nodes, chunk=SHAPE, block=SHAPE):
    nodes = nodes.reset_index(drop=True)
    volumes = as_volume(truth), as_volume(supervoxels)
    parts = [
        extract_nodes(volumes, nodes, core, block, threads=1)
        for core in tile(Box.of(SHAPE), chunk)
    ]
    for part in parts:
        as_table(part, NODES)
    return join_cable(nodes, pd.concat(parts))


def score(cable, groups):
    """Score cells that are these groups of supervoxels."""
    rows = [(s, min(group)) for group in groups for s in group]
    membership = pd.DataFrame(rows, columns=["supervoxel", "cell"], dtype="u8")
    return score_cable(cable, find_segments(cable.supervoxel, membership))


ROWS = [{1, 2, 3}, {11, 12, 13}]


def test_perfect_cells_reach_the_mean_length_weighted_by_length():
    scores = score(find_cable(*two_cells()), ROWS)
    assert scores["erl_um"] == pytest.approx((2.9**2 + 1.9**2) / (2.9 + 1.9))
    assert scores["erl_limit_um"] == scores["erl_um"]
    assert scores["merger_count"] == 0


def test_a_split_ends_a_run_and_its_edge_counts_nothing():
    scores = score(find_cable(*two_cells()), [{1, 2}, {3}, ROWS[1]])
    assert scores["erl_um"] == pytest.approx((1.9**2 + 0.9**2 + 1.9**2) / 4.8)
    assert scores["erl_limit_um"] == pytest.approx((2.9**2 + 1.9**2) / 4.8)


def test_a_merger_counts_nothing_for_both_cells():
    scores = score(find_cable(*two_cells()), [{1, 2, 3, 11}, {12, 13}])
    assert scores["erl_um"] == pytest.approx(0.9**2 / 4.8)
    assert scores["merger_count"] == 1
    assert scores["merged_share"] == pytest.approx((2.9 + 0.9) / 4.8)
    # Of the second cell no more than 500 nm: no merger.
    scores = score(find_cable(*two_cells((30, 5))), [{1, 2, 3, 11}])
    assert scores["merger_count"] == 0


def test_background_ends_a_run():
    truth, supervoxels, nodes = two_cells()
    supervoxels = supervoxels.copy()
    supervoxels[:, :20, 150:160] = 0
    scores = score(find_cable(truth, supervoxels, nodes), ROWS)
    assert scores["erl_um"] == pytest.approx((1.4**2 + 1.3**2 + 1.9**2) / 4.8)


def test_only_what_is_in_the_volume_counts():
    truth, supervoxels, _ = two_cells()
    places = along(105.0)
    places[10] = (100.0, -5.0, 1050.0)  # out and in again
    cable = find_cable(truth, supervoxels, as_nodes(3, places))
    scores = score(cable, ROWS)
    assert scores["erl_um"] == pytest.approx((0.9**2 + 1.8**2) / 2.7)
    assert scores["erl_limit_um"] == scores["erl_um"]


def test_a_node_beside_its_cell_takes_what_is_above_it():
    truth, supervoxels, _ = two_cells()
    places = along(105.0)
    for i in (8, 9, 10, 29):
        places[i] = (100.0, 305.0, places[i][2])
    cable = find_cable(truth, supervoxels, as_nodes(3, places))
    assert cable.supervoxel.tolist() == [1] * 11 + [2] * 9 + [3] * 10
    places[0] = (100.0, 305.0, 50.0)  # a root has none above it
    cable = find_cable(truth, supervoxels, as_nodes(3, places))
    assert cable.supervoxel[:3].tolist() == [0, 1, 1]


def test_without_nodes_in_the_volume_nothing_is_reached():
    truth, supervoxels, nodes = two_cells()
    cable = find_cable(truth, supervoxels, nodes.assign(z_nm=1e6))
    assert score(cable, ROWS)["erl_um"] == score(cable, ROWS)["erl_limit_um"] == 0


def count_plainly(cells, membership):
    """Expected run length (µm), edge by edge.

    Parameters
    ----------
    cells : places, parents and supervoxels of the nodes, by true cell
    """
    runs, held, total = [], {}, 0.0
    for cell, (places, parents, supervoxels) in cells.items():
        group = [membership.get(s, s) for s in supervoxels]
        name, length = list(range(len(places))), [0.0] * len(places)
        for child, parent in enumerate(parents):
            if parent < 0:
                continue
            step = float(np.linalg.norm(places[child] - places[parent]))
            total += step
            if group[child] == group[parent] != 0:
                name[child] = name[parent]
                length[name[child]] += step
                by_cell = held.setdefault(group[child], {})
                by_cell[cell] = by_cell.get(cell, 0.0) + step
        runs += [(group[n], value) for n, value in enumerate(length)]
    merged = {g for g, by in held.items() if sum(v > MERGE_NM for v in by.values()) > 1}
    return sum(v**2 for g, v in runs if g not in merged) / total / 1000


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("chunk", [SHAPE, (4, 23, 121)])
def test_any_trees_are_scored_as_edge_by_edge(seed, chunk):
    random = np.random.default_rng(seed)
    truth, _, _ = two_cells()
    blocks = np.indices(SHAPE) // np.array([3, 10, 50])[:, None, None, None]
    names = random.permutation(50).astype("u8")[:48] * np.uint64(2**58)  # one is 0
    supervoxels = names[blocks[0] * 24 + blocks[1] * 6 + blocks[2]]
    cells, tables = {}, []
    for cell, low in ((3, 0), (LARGE, 200)):
        places = random.uniform((0, low, 0), (240, low + 200, 3000), (40, 3))
        parents = [-1, *(int(random.integers(max(0, i - 3), i)) for i in range(1, 40))]
        at = tuple((places // SIZE_NM).astype(int).T)
        cells[cell] = places, parents, supervoxels[at].tolist()
        tables.append(as_nodes(cell, places, np.array(parents)))
    cable = find_cable(truth, supervoxels, pd.concat(tables), chunk, (3, 11, 60))
    known = names[names > 0]
    ends = random.choice(known, (20, 2))
    edges = pd.DataFrame(ends, columns=["supervoxel_a", "supervoxel_b"])
    edges["score"] = np.arange(20) / 20
    shares = pd.DataFrame({"supervoxel": known, "cell": 3, "component": 3})
    shares = shares.assign(voxel_count=1, inner_count=1).astype("u8")
    sweep = score_thresholds(shares, edges, None, cable, [0.0, 0.4, 0.8, 2.0])
    for row in sweep.itertuples():
        groups = {}
        for a, b in ends[edges["score"] >= row.threshold].tolist():
            one, other = groups.get(a, {a}), groups.get(b, {b})
            groups |= dict.fromkeys(one | other, one | other)
        membership = {s: min(group) for s, group in groups.items()}
        assert row.erl_um == pytest.approx(count_plainly(cells, membership))
    assert sweep["erl_um"].iloc[-1] > 0
    assert sweep["erl_um"].std() > 0


def test_cells_are_scored_by_runs_only_if_skeletons_are_known():
    cable = find_cable(*two_cells())
    shares = pd.DataFrame({"supervoxel": [1], "cell": [3], "component": [3]})
    shares = shares.assign(voxel_count=1, inner_count=1).astype("u8")
    alone = pd.DataFrame({"supervoxel": [], "cell": []}, dtype="u8")
    assert "erl_um" not in score_cells(shares, alone)
    scores = score_cells(shares, alone, cable=cable)
    assert scores["erl_um"] == pytest.approx((4 * 0.9**2 + 0.9**2) / 4.8)
