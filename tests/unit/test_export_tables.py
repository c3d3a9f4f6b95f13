"""CSV keeps every digit of ids; networkx reads the graph."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from export_shapes import IDS
from neuropil.exports.tables import export_graph, export_tables


@pytest.fixture
def tables(tmp_path):
    """Cells and edges, with more columns than the graph needs to know."""
    cells = pd.DataFrame(
        {
            "cell": np.array(IDS, "u8"),
            "volume_um3": [0.5, 1.25, np.nan, 3.0],
            "synapses_in": [1, 2, 3, 4],
            "touches_border": [True, False, True, False],
        }
    )
    edges = pd.DataFrame(
        {
            "pre": np.array([IDS[0], IDS[3]], "u8"),
            "post": np.array([IDS[3], IDS[3]], "u8"),
            "synapse_count": [2, 1],
            "area_um2": [0.1, 0.2],
            "sign": np.array([-1, 1], "i1"),
        }
    )
    cells.to_parquet(tmp_path / "cells.parquet")
    edges.to_parquet(tmp_path / "edges.parquet")
    return tmp_path


def test_networkx_reads_nodes_edges_and_their_numbers(tables):
    path = tables / "connectome.graphml"
    export_graph(path, tables / "cells.parquet", tables / "edges.parquet")
    graph = nx.read_graphml(path)
    assert graph.is_directed()
    assert {*graph} == {*map(str, IDS)}
    assert graph.nodes[str(IDS[1])] == {
        "volume_um3": 1.25,
        "synapses_in": 2,
        "touches_border": False,
    }
    assert "volume_um3" not in graph.nodes[str(IDS[2])]
    assert {*graph.edges} == {(str(IDS[0]), str(IDS[3])), (str(IDS[3]), str(IDS[3]))}
    assert graph.edges[str(IDS[0]), str(IDS[3])]["sign"] == -1


def test_ids_in_csv_are_texts_with_every_digit(tables):
    path = tables / "cells.csv"
    export_tables([path], [tables / "cells.parquet"])
    table = pd.read_csv(path)
    assert table["cell"].tolist() == [f'="{name}"' for name in IDS]
    np.testing.assert_array_equal(table["synapses_in"], [1, 2, 3, 4])


def test_a_connectome_without_connections_is_a_graph(tables):
    pd.read_parquet(tables / "edges.parquet")[:0].to_parquet(tables / "none.parquet")
    path = tables / "connectome.graphml"
    export_graph(path, tables / "cells.parquet", tables / "none.parquet")
    assert len(nx.read_graphml(path)) == len(IDS)
