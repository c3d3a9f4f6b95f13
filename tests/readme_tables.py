"""The README's tables of outputs, generated from the schemas: `make readme`."""

import importlib
import re
from pathlib import Path

import yaml

from neuropil.classifier.evidence import evidence_schema
from neuropil.schemas.base import Schema
from neuropil.schemas.connectome import USUAL

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
METHOD = yaml.safe_load((ROOT / "config/config.yaml").read_text())
EVIDENCE = evidence_schema(USUAL, METHOD["synapses"]["radii_nm"])
PRODUCTS = {
    "connectome/cells.parquet": "connectome.CELLS",
    "connectome/synapses.parquet": "connectome.SYNAPSES",
    "connectome/edges.parquet": "connectome.EDGES",
    "connectome/expected_edges.parquet": "connectome.EXPECTED_EDGES",
    "connectome/thresholds.parquet": "connectome.THRESHOLDS",
    "synapses/labels.parquet": "labels.LABELS",
    "synapses/evidence.parquet": EVIDENCE,
    "synapses/predictions.parquet": "synapses.DIRECTION",
    "classifier/held_out.parquet": "classifier.HELD_OUT",
    "classifier/label_counts.parquet": "classifier.LABEL_COUNTS",
    "classifier/importance.parquet": "classifier.IMPORTANCE",
    "segmentation/edges.parquet": "segmentation.EDGES",
    "evaluation/segmentation.parquet": "evaluation.SWEEP",
    "contacts/contacts.parquet": "contacts.CONTACTS",
    "organelles/&lt;organelle&gt;.parquet": "organelles.ORGANELLES",
    "cells/shapes.parquet": "shapes.SHAPES",
    "meshes/{synapses,contacts}/areas.parquet": "meshes.SHEET_AREAS",
    "cells/places/&lt;bucket&gt;.parquet": "shapes.PLACES",
    "sizes/&lt;table&gt;.parquet": "sizes.SIZE_STATISTICS",
    "tables/&lt;table&gt;.parquet": "sizes.GIVEN_SYNAPSES",
    "costs/requests.parquet": "costs.REQUESTS",
    "costs/costs.parquet": "costs.COSTS",
}
MARKED = re.compile(r"(<!-- tables: .*? -->\n).*?(<!-- end of tables -->)", re.S)


def find_schema(name: str | Schema) -> Schema:
    """Schema by module and constant, as ``connectome.CELLS``; or itself."""
    if isinstance(name, Schema):
        return name
    module, constant = name.split(".")
    return getattr(importlib.import_module(f"neuropil.schemas.{module}"), constant)


def as_markdown(path: str, schema: Schema) -> str:
    """One folded table: a row per column of the file."""
    rows = [
        f"| `{f.name}` | {f.dtype} | {f.unit or '-'} | {f.description} |"
        for f in schema.fields
    ]
    head = f"<details><summary><code>{path}</code>: {schema.description}</summary>"
    table = ["| column | type | unit | meaning |", "|---|---|---|---|", *rows]
    return "\n".join([head, "", *table, "", "</details>", ""])


def with_tables(text: str) -> str:
    """Put the present tables between the marks of a text."""
    tables = [as_markdown(path, find_schema(name)) for path, name in PRODUCTS.items()]
    return MARKED.sub(lambda m: m.group(1) + "\n".join(tables) + m.group(2), text)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
