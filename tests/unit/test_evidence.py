"""Evidence about candidates: known values, and the same from either side."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil.classifier.evidence import SHARED, evidence_schema, gather_evidence
from neuropil.classifier.joined import join_evidence
from neuropil.classifier.measures import Sources, describe_cloud
from neuropil.classifier.sides import list_features
from neuropil.errors import InputError
from neuropil.schemas.synapses import CANDIDATES, CROSSINGS
from neuropil.storage import as_table
from neuropil.synapses.direction import mirrored_logistic

SIZE = (25.0, 10.0, 10.0)
RADII = [300.0, 1000.0]
HUGE = np.uint64(2**63)
SIDES = {"a": "b", "b": "a"}


def make_sources(count=12, seed=0, cells=5):
    """Tables of a dataset with random candidates between a few cells."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({f.name: np.zeros(count, f.dtype) for f in CANDIDATES.fields})
    drawn = [random.choice(cells, 2, replace=False) for _ in range(count)]
    pairs = np.sort(np.array(drawn, int).reshape(-1, 2), axis=1)
    table["synapse"] = np.arange(1, count + 1, dtype="u8")
    table["cell_a"], table["cell_b"] = (pairs.astype("u8") + HUGE).T
    table["voxel_count"] = random.integers(50, 500, count)
    for name in ("sym_count", "asym_count", "typed_count", "sj_sum"):
        table[name] = random.integers(0, 50, count)
    table["sym_ratio"] = random.random(count)
    table["junction_share"], table["junction_count"] = random.random(count), 1
    table[list(CROSSINGS)] = random.integers(0, 300, (count, len(CROSSINGS)))
    table[["z_vx", "y_vx", "x_vx"]] = random.integers(0, 100, (count, 3))
    points = pd.DataFrame(
        {
            "synapse": np.repeat(table["synapse"], 9),
            **{f"{a}_nm": random.uniform(0, 300, 9 * count) for a in "zyx"},
            "voxel_count": 1,
        }
    )
    features = pd.DataFrame(
        {
            "synapse": np.tile(np.repeat(table["synapse"], len(RADII)), 2),
            "organelle": np.repeat(["mi", "vc"], count * len(RADII)),
            "radius_nm": np.tile(RADII, 2 * count),
        }
    )
    for side in "ab":
        features[f"object_count_{side}"] = random.integers(0, 4, len(features))
        features[f"volume_{side}_um3"] = random.random(len(features))
        nearest = random.random((2, count)).repeat(len(RADII), axis=1)
        features[f"nearest_{side}_nm"] = nearest.ravel()
    direction = pd.DataFrame(
        {
            "synapse": table["synapse"],
            "p_first_is_pre": mirrored_logistic(random.normal(0, 3, count)),
        }
    )
    met = table[["cell_a", "cell_b"]].drop_duplicates()[1:]
    contacts = met.assign(area_um2=random.random(len(met)), contact_count=1)
    ids = np.arange(cells, dtype="u8") + HUGE
    pieces = pd.DataFrame({"supervoxel": np.arange(1, 2 * cells + 1, dtype="u8")})
    membership = pieces.assign(cell=np.tile(ids, 2))
    supervoxels = pieces.assign(voxel_count=random.integers(1, 10**6, 2 * cells))
    made = (table, points, features, direction, contacts, supervoxels, membership)
    return Sources(*made, SIZE)


def swap_columns(table):
    """Exchange the columns of both sides."""
    names = {}
    for name in table:
        parts = name.split("_")
        at = next((i for i, part in enumerate(parts) if part in SIDES and i), None)
        if at is not None:
            parts[at] = SIDES[parts[at]]
            names[name] = "_".join(parts)
    return table.rename(columns=names)[list(table.columns)]


def swapped(sources):
    """The same dataset, with the cells of each candidate named the other way round."""
    direction = sources.direction
    return sources._replace(
        candidates=swap_columns(sources.candidates),
        features=swap_columns(sources.features),
        direction=direction.assign(p_first_is_pre=1 - direction["p_first_is_pre"]),
        pairs=swap_columns(sources.pairs),
    )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 30), st.integers(0, 2**32), st.integers(2, 8))
def test_swapping_the_cells_swaps_their_columns_and_no_other(count, seed, cells):
    sources = make_sources(count, seed, cells)
    there = gather_evidence(sources, ["mi", "vc"], RADII)
    back = gather_evidence(swapped(sources), ["mi", "vc"], RADII)
    back = swap_columns(back.assign(p_first_is_pre=1 - back["p_first_is_pre"]))
    pd.testing.assert_frame_equal(back, there, check_exact=True)
    as_table(there, evidence_schema(["mi", "vc"], RADII))


def test_the_order_of_rows_changes_nothing():
    sources = make_sources(30)
    there = gather_evidence(sources, ["mi", "vc"], RADII)
    mixed = sources._replace(
        **{
            name: getattr(sources, name).sample(frac=1, random_state=1)
            for name in ("candidates", "points", "features", "direction", "pairs")
        }
    )
    other = gather_evidence(mixed, ["mi", "vc"], RADII).sort_values("synapse")
    pd.testing.assert_frame_equal(
        there, other.reset_index(drop=True), rtol=1e-9, atol=1e-12
    )


def test_evidence_is_what_the_tables_say():
    sources = make_sources(8)
    table = gather_evidence(sources, ["mi", "vc"], RADII)
    one, row = sources.candidates.iloc[3], table.iloc[3]
    assert row["volume_um3"] == pytest.approx(one["voxel_count"] * 2.5e-6)
    near = sources.features[
        (sources.features["synapse"] == one["synapse"])
        & (sources.features["organelle"] == "vc")
    ].set_index("radius_nm")
    assert row["vc_um3_1000_b"] == near.loc[1000, "volume_b_um3"]
    assert row["vc_count_300_a"] == near.loc[300, "object_count_a"]
    cells = sources.membership["cell"] == sources.candidates["cell_a"].iloc[3]
    voxels = sources.supervoxels.loc[cells, "voxel_count"].sum()
    assert row["cell_um3_a"] == pytest.approx(voxels * 2.5e-6)


def test_the_role_of_a_cell_leaves_the_candidate_itself_out():
    sources = make_sources(3, cells=3)
    table = sources.candidates.assign(
        cell_a=np.array([1, 1, 2], "u8"), cell_b=np.array([2, 3, 3], "u8")
    )
    direction = sources.direction.assign(p_first_is_pre=[1.0, 0.75, 0.5])
    ids = np.array([1, 2, 3], "u8")
    sources = sources._replace(
        candidates=table,
        direction=direction,
        membership=pd.DataFrame({"supervoxel": ids, "cell": ids}),
        supervoxels=pd.DataFrame({"supervoxel": ids, "voxel_count": 1}),
    )
    found = gather_evidence(sources, [], [])
    assert found["other_count_a"].tolist() == [1, 1, 1]
    # Cell 1 is pre in both, 2 is post in the first, 3 is a little post in the second.
    assert found["role_a"].tolist() == [0.25, 0.5, -0.5]
    assert found["role_b"].tolist() == [0, 0, -0.25]


def test_a_plane_has_no_curvature_and_a_ball_that_of_its_radius():
    random = np.random.default_rng(0)
    flat = random.uniform(-200, 200, (400, 3)) * [0, 1, 1]
    assert describe_cloud(flat)[3] == pytest.approx(0, abs=1e-6)
    tilted = flat @ np.linalg.qr(random.normal(size=(3, 3)))[0]
    assert describe_cloud(tilted)[3] == pytest.approx(0, abs=1e-6)
    height = 1000 - np.sqrt(1000**2 - (flat**2).sum(axis=1))
    cap = flat + height[:, None] * [1, 0, 0]
    # Both main curvatures are 1 per µm.
    assert describe_cloud(cap)[3] == pytest.approx(np.sqrt(2), rel=0.1)
    assert describe_cloud(flat[:1]) == [0, 0, 0, 0]


def test_curvature_does_not_depend_on_the_order_of_points():
    """Few points on a grid don't tell a paraboloid, but still give one number."""
    random = np.random.default_rng(0)
    for _ in range(300):
        cloud = random.integers(0, (3, 2, 2), (8, 3)) * [60.0, 50, 25]
        cloud += random.uniform(0, 3000, 3)
        mixed = cloud[random.permutation(8)]
        assert describe_cloud(cloud) == pytest.approx(describe_cloud(mixed), abs=1e-6)


def test_each_feature_is_named_once_and_explained():
    schema = evidence_schema(["mi", "vc"], RADII)
    assert len(set(schema.columns)) == len(schema.columns)
    assert all(field.description for field in schema.fields)
    table = gather_evidence(make_sources(3), ["mi", "vc"], RADII)
    shared, sided = list_features(table)
    assert shared == [name for entry in SHARED for name in entry.names]
    assert "vc_um3_300" in sided


def test_without_organelles_everything_else_is_there():
    table = gather_evidence(make_sources(4), [], [])
    as_table(table, evidence_schema([], []))
    assert len(gather_evidence(make_sources(0), ["mi"], RADII)) == 0


def test_tables_of_cells_and_of_synapses_are_joined(tmp_path):
    evidence = gather_evidence(make_sources(6), ["vc"], RADII)
    cells = np.unique(evidence[["cell_a", "cell_b"]])
    shares = pd.DataFrame({"cell": cells[1:], "axon_share": np.arange(1, len(cells))})
    spines = pd.DataFrame({"synapse": evidence["synapse"][::-1], "on_spine": True})
    shares.to_parquet(tmp_path / "cells.parquet")
    spines[:4].to_parquet(tmp_path / "synapses.parquet")
    found = join_evidence(
        evidence, [tmp_path / "cells.parquet", tmp_path / "synapses.parquet"]
    )
    known = dict(zip(shares["cell"], shares["axon_share"]))
    for side in "ab":
        expected = [known.get(cell, np.nan) for cell in evidence[f"cell_{side}"]]
        np.testing.assert_array_equal(found[f"axon_share_{side}"], expected)
    assert found["on_spine"].isna().tolist() == [True, True] + [False] * 4
    new = found.columns[len(evidence.columns) :]
    as_table(found, evidence_schema(["vc"], RADII, new))
    assert list_features(found)[1][-1] == "axon_share"
    assert join_evidence(evidence, []) is evidence


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"id": [1]}, r"has the columns \['id'\]; .* needs synapse or cell"),
        ({"cell": [1.0]}, "Column cell of .* is float64; ids are uint64"),
        ({"cell": np.array([1, 1], "u8")}, r"more than one row of cell \[1\]"),
        ({"cell": np.array([1], "u8"), "kind": ["axon"]}, r"\['kind'\] .*no numbers"),
        ({"cell": np.array([1], "u8"), "role": [1]}, r"\['role_a', 'role_b'\], which"),
        ({"synapse": np.array([1], "u8"), "cell": [1]}, "both synapse and cell"),
        ({"cell": np.array([1], "u8"), "share": [np.inf]}, r"\['share'\] .*infinite"),
        ({"synapse": np.array([1], "u8"), "pca_a": [1]}, r"\['pca_a'\] .* end like"),
    ],
)
def test_tables_that_cannot_be_joined_are_refused(tmp_path, table, words):
    path = tmp_path / "table.parquet"
    pd.DataFrame(table).to_parquet(path)
    evidence = gather_evidence(make_sources(3), [], [])
    with pytest.raises(InputError, match=words):
        join_evidence(evidence, [path])
