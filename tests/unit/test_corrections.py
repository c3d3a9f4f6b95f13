"""Corrections of cells: as a plain version joins, in any order of rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_agglomeration import as_volume
from test_supervoxels import SIZE, make_sums

from neuropil.agglomeration import read_agglomeration
from neuropil.cells import join_supervoxels
from neuropil.corrections import (
    check_somata,
    join_within,
    make_limits,
    order_edges,
    order_joins,
    read_corrections,
)
from neuropil.errors import InputError
from neuropil.grid import Box
from neuropil.kernels.constraints import find_ranks
from neuropil.segmentation.edges import link_cells, measure_edges
from neuropil.soma_places import link_somata

PAIR = ["supervoxel_a", "supervoxel_b"]
NAMES = np.array([2, 3, 5, 2**40, 2**53 + 1, 2**63 + 3, 2**64 - 1], "u8")
numbers = st.integers(0, len(NAMES) - 1)
pairs = st.lists(st.tuples(numbers, numbers).filter(lambda p: p[0] != p[1]))


def frame(rows, **columns):
    table = pd.DataFrame(NAMES[np.array(rows, int).reshape(-1, 2)], columns=PAIR)
    return table.assign(**columns)


def limit(merges=(), splits=(), somata=()):
    """Limits of index pairs, and of (supervoxel, soma)."""
    table = pd.concat([frame(merges, action="merge"), frame(splits, action="split")])
    at, soma = np.array(somata, int).reshape(-1, 2).T
    tags = pd.DataFrame({"supervoxel": NAMES[at], "soma": soma.astype("u8")})
    return make_limits([table], tags)


def plain_cells(ordered, limits):
    """Cells as sets: merges first, then edges in order, as far as they may."""
    cells = {name: {name} for name in {*ordered.ravel(), *limits.supervoxels}}
    soma = dict(limits.somata.to_numpy().tolist())

    def allowed(cell):
        bodies = {soma[name] for name in cell if name in soma}
        return len(bodies) < 2 and not any(cell >= {*p} for p in limits.splits)

    for rows, is_forced in ((limits.merges, True), (ordered, False)):
        for a, b in rows:
            both = cells[a] | cells[b]
            if is_forced or allowed(both):
                cells.update(dict.fromkeys(both, both))
    return {name: min(cell) for name, cell in cells.items()}


def as_dict(table):
    return dict(table[["supervoxel", "cell"]].to_numpy().tolist())


@st.composite
def problems(draw):
    """Edges of few different scores, and limits without contradictions."""
    ends = draw(pairs)
    scores = draw(st.lists(st.integers(3, 6), min_size=len(ends), max_size=len(ends)))
    edges = frame(ends, score=np.array(scores, float) / 8)
    merges = draw(st.lists(st.sampled_from([(0, 1), (1, 2), (4, 5)])))
    groups = as_dict(join_supervoxels(frame(merges, score=1.0), 1))
    root = [groups.get(name, name) for name in NAMES.tolist()]
    splits = [p for p in draw(pairs) if root[p[0]] != root[p[1]]]
    bodies = draw(st.dictionaries(st.sampled_from([0, 3, 4, 6]), st.integers(1, 3)))
    return edges, merges, splits, [*bodies.items()]


@settings(max_examples=60)
@given(problems(), st.randoms(use_true_random=False))
def test_cells_are_those_of_a_plain_version_in_any_order_of_rows(problem, random):
    edges, merges, splits, somata = problem
    kept = edges[edges["score"] >= 0.5]
    rows = zip(-kept["score"], kept[PAIR].min(axis=1), kept[PAIR].max(axis=1))
    ordered = np.array([row[1:] for row in sorted(rows)], "u8").reshape(-1, 2)
    np.testing.assert_array_equal(order_edges(edges, 0.5), ordered)
    found = join_within(ordered, limit(merges, splits, somata))
    assert as_dict(found) == plain_cells(ordered, limit(merges, splits, somata))
    mixed = edges.sample(frac=1, random_state=random.randrange(99))
    mixed[PAIR] = mixed[PAIR[::-1]].to_numpy()
    for rows in (merges, splits, somata):
        random.shuffle(rows)
    turned = [[(b, a) for a, b in rows] for rows in (merges, splits)]
    again = join_within(order_edges(mixed, 0.5), limit(*turned, somata))
    pd.testing.assert_frame_equal(again, found)


@given(pairs)
def test_without_limits_all_edges_join(ends):
    edges = frame(ends, score=0.5)
    found = join_within(order_edges(edges, 0.5), limit())
    pd.testing.assert_frame_equal(found, join_supervoxels(edges, 0.5))


def test_a_split_cuts_the_weakest_join_between_its_ends():
    edges = frame(
        [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], score=[0.9, 0.7, 0.8, 0.6, 0.95]
    )
    found = join_within(order_edges(edges, 0.5), limit(splits=[(0, 3)]))
    cells = as_dict(found)
    assert [cells[name] for name in NAMES[:6].tolist()] == [2, 2, 5, 5, 5, 5]


def test_somata_stay_apart_and_what_is_between_goes_to_the_better_one():
    edges = frame([(0, 1), (1, 2), (2, 3), (3, 4)], score=[0.9, 0.7, 0.8, 0.6])
    found = join_within(order_edges(edges, 0.5), limit(somata=[(0, 7), (3, 9), (4, 9)]))
    cells = as_dict(found)
    assert [cells[name] for name in NAMES[:5].tolist()] == [2, 2, 5, 5, 5]


def plain_order(joins, edges, threshold):
    """Edges of each join, found by going through all joins again."""
    group = {name: {name} for name in np.unique(edges[PAIR].to_numpy())}
    left, ordered = edges.to_dict("records"), []
    for join in joins[joins["score"] >= threshold].to_dict("records"):
        one, other = (group[join[name]] for name in PAIR)
        between = [
            row for row in left if (row[PAIR[0]] in one and row[PAIR[1]] in other)
            or (row[PAIR[0]] in other and row[PAIR[1]] in one)
        ]  # fmt: skip
        between.sort(key=lambda row: (-row["score"], row[PAIR[0]], row[PAIR[1]]))
        ordered += [
            (row[PAIR[0]], row[PAIR[1]])
            for place, row in enumerate(between)
            if place == 0 or row["score"] >= threshold
        ]
        group.update(dict.fromkeys(one | other, one | other))
    return np.array(ordered, "u8").reshape(-1, 2)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("score", ["mean", "q20"])
def test_joins_of_groups_are_made_along_edges(seed, score):
    sums = make_sums(18, seed)
    edges, joins = measure_edges(sums, SIZE, score), link_cells(sums, score)
    random, names = np.random.default_rng(seed), np.unique(sums[PAIR].to_numpy())
    none = pd.DataFrame({"supervoxel": [], "soma": []}, dtype="u8")
    for threshold in (0.4, 0.6, 0.75, 0.9):
        ordered = order_joins(joins, edges.sample(frac=1, random_state=1), threshold)
        np.testing.assert_array_equal(ordered, plain_order(joins, edges, threshold))
        found = join_within(ordered, make_limits([], none))
        joined = as_dict(join_supervoxels(joins, threshold))
        assert {n: c for n, c in as_dict(found).items() if n in joined} == joined
        table = pd.DataFrame(random.choice(names, (9, 2), replace=True), columns=PAIR)
        table = table[table[PAIR[0]] != table[PAIR[1]]].assign(action="split")
        bodies = random.choice(names, 6, replace=False)
        somata = pd.DataFrame({"supervoxel": bodies, "soma": [1, 2, 3, 1, 2, 3]})
        limits = make_limits([table], somata.astype("u8"))
        corrected = as_dict(join_within(ordered, limits))
        assert corrected == plain_cells(ordered, limits)
        held = {corrected[a] == corrected[b] for a, b in limits.splits.tolist()}
        assert held == {False}


def test_ranks_are_joins_that_bring_ends_together():
    joins = np.array([[0, 1], [2, 3], [1, 3], [4, 5]])
    edges = np.array([[0, 1], [0, 3], [2, 3], [1, 2], [0, 4], [5, 4], [6, 6], [6, 0]])
    assert find_ranks(7, joins, edges).tolist() == [0, 2, 1, 2, 4, 3, -1, 4]


def write(folder, text, name="table.csv"):
    (folder / name).write_text(text)
    return str(folder / name)


HEAD = "supervoxel_a,supervoxel_b,action\n"


def test_corrections_are_read_exactly(tmp_path):
    path = write(tmp_path, f"{HEAD}9007199254740993,18446744073709551615, Merge\n")
    table = read_corrections(path)
    assert table.to_numpy().tolist() == [[2**53 + 1, 2**64 - 1, "merge", 2]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("3,5,joined\n", r"another action than merge or split: row 2 \(3, 5, joined\)"),
        ("2,3,merge\n5,5,split\n", r"do not name two .*: row 3 \(5, 5, split\)"),
        ("0,5,merge\n", r"0 is background\): row 2"),
        (
            "7,8,merge\n5,3,split\n3,5,merge\n",
            r"row 3 splits 5 and 3, but row 4 merges",
        ),
        (
            "2,3,merge\n3,5,merge\n7,8,split\n5,7,merge\n2,7,split\n",
            r"row 6 splits 2 and 7, but rows 2, 3, 5 merge them \(2 - 3 - 5 - 7\) \(1 ",
        ),
        ("1.5,5,merge\n", r"holds '1.5' as supervoxel_a"),
    ],
)
def test_wrong_corrections_are_named_by_their_rows(rows, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_corrections(write(tmp_path, HEAD + rows))


def test_merges_of_two_somata_are_refused(tmp_path):
    path = write(tmp_path, f"{HEAD}2,3,merge\n9,5,split\n3,5,merge\n")
    somata = pd.DataFrame({"supervoxel": [5, 2, 9], "soma": [8, 7, 8]}, dtype="u8")
    message = r"soma 7 \(supervoxel 2\) and soma 8 \(supervoxel 5\) .* rows 2, 4 merge"
    with pytest.raises(InputError, match=message):
        check_somata(read_corrections(path), somata, path)


EDGES = "supervoxel_a,supervoxel_b,score\n2,3,0.9\n3,5,0.7\n"


def test_corrections_apply_to_given_edges(tmp_path):
    given = {
        "edges": write(tmp_path, EDGES, "edges.csv"),
        "threshold": 0.7,
        "corrections": write(tmp_path, f"{HEAD}2,5,split\n5,9,merge\n"),
    }
    known = np.array([2, 3, 5, 9], "u8")
    found = read_agglomeration(given, known, whole=True)
    assert as_dict(found) == {2: 2, 3: 2, 5: 5, 9: 5}
    message = r"that the dataset does not have: row 3 \(5, 9, merge\)"
    with pytest.raises(InputError, match=message):
        read_agglomeration(given, known[:3], whole=True)
    assert as_dict(read_agglomeration(given, known[:3], whole=False))[9] == 5


LABELS = np.zeros((4, 6, 8), "u8")
LABELS[1:, 1:4, 1:4], LABELS[1:, 1:4, 5:] = 2**63 + 1, 7
WHOLE = Box.of(LABELS.shape)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "supervoxel,soma\n7,3\n9223372036854775809,1\n7,3\n",
            [[7, 3], [2**63 + 1, 1]],
        ),
        ("z_vx,y_vx,x_vx\n2,3,3\n3,1,6\n", [[2**63 + 1, 1], [7, 2]]),
        ("x_nm,y_nm,z_nm,soma\n3.5,1.2,2.5,9\n2,1,2,9\n", [[2**63 + 1, 9]]),
    ],
)
def test_somata_are_found_by_ids_and_places(text, expected, tmp_path):
    found = link_somata(write(tmp_path, text), as_volume(LABELS), WHOLE, whole=True)
    assert (found.dtypes == "uint64").all()
    assert found.to_numpy().tolist() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("z_vx,y_vx,x_vx\n2,3,3\n2,2,2\n", r"two somata .*: row 2 \(.*, 1\); row 3"),
        (
            "supervoxel,soma\n7,1\n7,2\n",
            r"two somata in one supervoxel.* row 2 \(7, 1\)",
        ),
        ("z_vx,y_vx,x_vx\n2,3,3\n0,0,0\n", r"in no supervoxel: row 3 \(0, 2\)"),
        ("z_nm,y_nm,x_nm\n2,3,80\n", r"1 places outside of the dataset, that of row 2"),
        ("z_nm,y_nm,x_nm\n2,3,\n", r"no place in row 2"),
        ("supervoxel,soma\n7,0\n", r"0 as soma: row 2 \(7, 0\)"),
        ("z,y,x\n1,1,1\n", r"has the columns z, y, x, expected supervoxel and soma"),
        ("z_nm,y_nm\n1,1\n", r"has no column x_nm"),
    ],
)
def test_wrong_somata_are_named_by_their_rows(text, message, tmp_path):
    with pytest.raises(InputError, match=message):
        link_somata(write(tmp_path, text), as_volume(LABELS), WHOLE, whole=True)


def test_somata_outside_of_a_box_are_left_out(tmp_path):
    path = write(tmp_path, "z_vx,y_vx,x_vx\n2,3,3\n3,1,6\n")
    box = Box((0, 0, 4), LABELS.shape)
    found = link_somata(path, as_volume(LABELS), box, whole=False)
    assert found.to_numpy().tolist() == [[7, 2]]
