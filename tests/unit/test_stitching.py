import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropil.stitching import distinct_pairs, match_frontiers, union_find


@given(st.integers(1, 30), st.data())
def test_union_find_agrees_with_connected_components(count, data):
    item = st.integers(0, count - 1)
    pairs = data.draw(st.lists(st.tuples(item, item), max_size=40))
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(count))
    expected = np.empty(count, int)
    for component in nx.connected_components(graph):
        expected[list(component)] = min(component)
    assert union_find(count, np.array(pairs)).tolist() == expected.tolist()


def test_items_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"0\.\.2"):
        union_find(3, np.array([[0, 3]]))


def test_frontiers_match_by_voxel_and_skip_background():
    halo = np.array([5, 9, 7, 2**63 + 1], np.uint64), np.array([1, 1, 2, 3], "u4")
    rim = np.array([9, 5, 2**63 + 1, 8], np.uint64), np.array([4, 4, 0, 9], "u4")
    assert match_frontiers(*halo, *rim).tolist() == [[1, 4]]


@given(
    arrays(
        np.uint64, st.tuples(st.integers(0, 30), st.just(2)), elements=st.integers(0, 4)
    )
)
def test_distinct_pairs_are_those_of_unique(pairs):
    assert np.array_equal(distinct_pairs(pairs), np.unique(pairs, axis=0))
