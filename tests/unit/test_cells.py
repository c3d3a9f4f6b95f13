import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from neuropil.cells import (
    add_contacts,
    add_organelles,
    add_synapses,
    join_supervoxels,
    map_to_cells,
    measure_cells,
    merge_cells,
    read_edges,
)
from neuropil.errors import InputError
from neuropil.grid import Box

HUGE = 2**63


def named(**pairs):
    return pd.DataFrame(pairs, dtype=np.uint64)


def edges(*rows):
    table = pd.DataFrame(rows, columns=["supervoxel_a", "supervoxel_b", "score"])
    return table.astype({"supervoxel_a": "u8", "supervoxel_b": "u8", "score": float})


def test_edges_that_reach_the_threshold_join_under_the_smallest_id():
    table = edges((HUGE + 9, HUGE + 8, 0.5), (HUGE + 8, 3, 0.9), (3, 4, 0.49))
    joined = join_supervoxels(table, 0.5)
    assert joined["supervoxel"].tolist() == [3, HUGE + 8, HUGE + 9]
    assert joined["cell"].tolist() == [3, 3, 3]
    assert joined["cell"].dtype == np.uint64


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.floats(0, 1))),
    st.floats(0, 1),
)
def test_joining_is_connected_components(rows, threshold):
    joined = join_supervoxels(edges(*rows), threshold)
    kept = np.array([(a, b) for a, b, s in rows if s >= threshold], int).reshape(-1, 2)
    graph = coo_array((np.ones(len(kept)), kept.T), (10, 10))
    _, label = connected_components(graph, directed=False)
    for supervoxel, cell in joined.itertuples(index=False):
        assert cell == min(i for i in range(10) if label[i] == label[supervoxel])
    assert set(joined["supervoxel"]) == set(kept.ravel())


def test_supervoxels_without_a_name_are_cells_of_their_own():
    table = merge_cells(np.array([9, 4, 5], "u8"), named(supervoxel=[5], cell=[77]))
    assert table["supervoxel"].tolist() == [4, 5, 9]
    assert table["cell"].tolist() == [4, 77, 9]


def test_no_agglomeration_makes_every_supervoxel_a_cell():
    ids = np.array([2**64 - 1, 1, 2**53 + 1], "u8")
    table = merge_cells(ids, named(supervoxel=[], cell=[]))
    assert table["cell"].tolist() == sorted(ids.tolist())


def test_an_unnamed_supervoxel_never_falls_into_a_cell_that_has_its_id():
    given_table = named(supervoxel=[1, 2], cell=[7, HUGE])
    table = merge_cells(np.array([1, 2, 7, 8], "u8"), given_table)
    assert table["cell"].tolist() == [7, HUGE, HUGE + 1, 8]


def test_when_no_id_is_left_for_it_the_message_says_the_way_out():
    with pytest.raises(InputError, match="Name them in the agglomeration"):
        merge_cells(
            np.array([1, 7], "u8"), named(supervoxel=[1, 2], cell=[7, 2**64 - 1])
        )


def test_cells_of_other_supervoxels_change_nothing():
    given_table = named(supervoxel=[1, 50, 60], cell=[5, 5, 6])
    table = merge_cells(np.array([1], "u8"), given_table)
    assert table.to_numpy().tolist() == [[1, 5]]


def test_mapping_gives_0_to_what_the_table_does_not_name():
    table = named(supervoxel=[HUGE + 1, 4], cell=[8, 9])
    ids = np.array([4, 0, HUGE + 1, HUGE], "u8")
    assert map_to_cells(ids, table).tolist() == [9, 0, 8, 0]
    assert map_to_cells(ids, table.iloc[:0]).tolist() == [0] * 4


def supervoxel_table(*rows):
    places = [f"{p}{a}_vx" for p in ("start_", "stop_", "") for a in "zyx"]
    table = pd.DataFrame(
        [
            (name, count, *start, *stop, *inside)
            for name, count, start, stop, inside in rows
        ],
        columns=["supervoxel", "voxel_count", *places],
    )
    return table.astype({"supervoxel": "u8"})


PIECES = supervoxel_table(
    (5, 10, (1, 2, 3), (4, 5, 6), (2, 3, 4)),
    (6, 30, (2, 1, 4), (5, 4, 9), (3, 2, 5)),
    (7, 30, (2, 1, 4), (5, 4, 8), (4, 3, 6)),
    (HUGE, 8, (4, 4, 4), (6, 6, 6), (4, 4, 4)),
)


def test_a_cell_is_the_sum_of_its_supervoxels():
    membership = named(supervoxel=[5, 6, 7, HUGE], cell=[5, 5, 5, HUGE])
    cells = measure_cells(PIECES, membership, Box.of((7, 8, 9)), (25, 10, 10))
    first, second = cells.to_dict("records")
    assert (first["supervoxel_count"], first["voxel_count"]) == (3, 70)
    assert first["volume_um3"] == pytest.approx(70 * 2500e-9)
    assert [first[f"start_{a}_vx"] for a in "zyx"] == [1, 1, 3]
    assert [first[f"stop_{a}_vx"] for a in "zyx"] == [5, 5, 9]
    assert [first[f"{a}_vx"] for a in "zyx"] == [3, 2, 5]  # of 6 and 7, the smaller id
    assert [first[f"{a}_nm"] for a in "zyx"] == [87.5, 25, 55]
    assert (first["touches_border"], second["touches_border"]) == (True, False)
    assert second["cell"] == HUGE


def test_cell_0_is_no_cell():
    membership = named(supervoxel=[5, 6], cell=[0, 6])
    cells = measure_cells(PIECES, membership, Box.of((7, 8, 9)), (25, 10, 10))
    assert cells["cell"].tolist() == [6]


@given(st.permutations(range(4)))
def test_the_order_of_supervoxels_does_not_matter(order):
    membership = named(supervoxel=[5, 6, 7, HUGE], cell=[5, 5, HUGE, HUGE])
    box = Box.of((7, 8, 9))
    whole = measure_cells(PIECES, membership, box, (25, 10, 10))
    other = measure_cells(PIECES.iloc[list(order)], membership, box, (25, 10, 10))
    assert_frame_equal(whole, other)


def test_organelles_contacts_and_synapses_are_added_up():
    cells = pd.DataFrame({"cell": np.array([5, 6, HUGE], "u8")})
    mitochondria = pd.DataFrame(
        {"cell": np.array([5, HUGE, 5, 0], "u8"), "volume_um3": [0.1, 0.2, 0.3, 9.0]}
    )
    cells = add_organelles(cells, {"mi": mitochondria})
    assert cells["mi_count"].tolist() == [2, 0, 1]
    assert cells["mi_volume_um3"].tolist() == pytest.approx([0.4, 0, 0.2])
    pairs = named(cell_a=[5, 6], cell_b=[6, HUGE]).assign(area_um2=[1.0, 2.0])
    cells = add_contacts(cells, pairs)
    assert cells["contact_partner_count"].tolist() == [1, 2, 1]
    assert cells["contact_area_um2"].tolist() == [1, 3, 2]
    made = named(pre=[5, 5], post=[6, HUGE]).assign(
        synapse_count=[3, 1], area_um2=[0.5, 0.1]
    )
    cells = add_synapses(cells, made)
    assert cells["synapses_out"].tolist() == [4, 0, 0]
    assert cells["synapses_in"].tolist() == [0, 3, 1]
    assert cells["synapse_area_in_um2"].tolist() == [0, 0.5, 0.1]
    empty = add_synapses(cells[["cell"]], read_edges([]))
    assert empty["synapses_in"].tolist() == [0, 0, 0]
