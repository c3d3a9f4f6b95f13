"""Tables of the connectome for spreadsheets, and the connectome as a graph."""

from __future__ import annotations

import os
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

from neuropil.storage import read_table
from neuropil.whole_files import replacing

GRAPHML_TYPES = {"i": "long", "u": "string", "f": "double", "b": "boolean"}
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
)


def protect_ids(table: pd.DataFrame) -> pd.DataFrame:
    """Turn ids (uint64) into text that spreadsheets leave alone: ``="7"``.

    Spreadsheets read numbers as decimal ones, which confuses ids above 2^53; a formula
    that is a text keeps every digit. Programs read ids from the Parquet tables.
    """
    ids = [name for name in table if table[name].dtype == "uint64"]
    return table.assign(**{n: '="' + table[n].astype(str) + '"' for n in ids})


def export_tables(paths: Sequence[str], tables: Sequence[str]) -> None:
    """Write Parquet tables as CSV, ids as text.

    Parameters
    ----------
    paths : CSV files to write
    tables : Parquet files, in the same order
    """
    for path, table in zip(paths, tables):
        with replacing(path) as temporary:
            text = protect_ids(read_table(table)).to_csv(index=False)
            temporary.write_text(text, encoding="utf-8")


def export_graph(path: str | os.PathLike, cells: str, edges: str) -> None:
    """Write the connectome as GraphML: cells are nodes, connections directed edges.

    Names of nodes are ids of cells; numbers of cells and connections are attributes.

    Parameters
    ----------
    cells, edges : Parquet tables of the connectome
    """
    nodes, links = read_table(cells), read_table(edges)
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for domain, table in (("node", nodes.iloc[:, 1:]), ("edge", links.iloc[:, 2:])):
            file.writelines(declare(domain, name, table[name]) for name in table)
        file.write('<graph edgedefault="directed">\n')
        for row in nodes.astype(object).to_dict("records"):
            file.write(f"<node id={quoteattr(str(row.pop('cell')))}>")
            file.write(f"{attributes('node', row)}</node>\n")
        for row in links.astype(object).to_dict("records"):
            ends = (quoteattr(str(row.pop(end))) for end in ("pre", "post"))
            file.write("<edge source={} target={}>".format(*ends))
            file.write(f"{attributes('edge', row)}</edge>\n")
        file.write("</graph>\n</graphml>\n")


def declare(domain: str, name: str, values: pd.Series) -> str:
    """Declare an attribute of nodes or edges."""
    kind = GRAPHML_TYPES.get(values.dtype.kind, "string")
    return (
        f'<key id="{domain}_{name}" for="{domain}" attr.name="{name}" '
        f'attr.type="{kind}"/>\n'
    )


def attributes(domain: str, row: dict) -> str:
    """Write the attributes of a node or edge; undefined numbers are left out."""
    texts = {
        k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in row.items()
    }
    return "".join(
        f'<data key="{domain}_{name}">{escape(text)}</data>'
        for name, text in texts.items()
        if text != "nan"
    )
