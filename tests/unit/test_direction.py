from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from neuropil.errors import InputError
from neuropil.schemas.synapses import DIRECTION, SYNAPSE_FEATURES
from neuropil.storage import as_table
from neuropil.synapses.by_cell import Scene, sort_by_cells
from neuropil.synapses.direction import mirrored_logistic, predict_direction
from neuropil.synapses.features import measure_synapses

SIZE = (25.0, 10.0, 10.0)
SETTINGS = {
    "deciding": "vc",
    "offset": -7.0,
    "size": {"half_um3": 0.002, "synaptic": 3.0},
    "junction_share": {"synaptic": 6.0},
    "organelles": {
        "vc": {
            "radius_nm": 300.0,
            "half_um3": 0.002,
            "direction": 6.0,
            "synaptic": 6.0,
        },
        "mi": {"radius_nm": 900.0, "half_um3": 0.05, "direction": 1.0, "synaptic": 0.0},
    },
}
MEMBERSHIP = pd.DataFrame(
    {"supervoxel": [1, 2, 3, 2**63], "cell": [1, 2, 2, 2**63]}, dtype="u8"
)


def candidate_table(*rows):
    table = pd.DataFrame(
        [(a, b, *zyx) for a, b, zyx in rows],
        columns=["cell_a", "cell_b", "z_vx", "y_vx", "x_vx"],
    ).astype({"cell_a": "u8", "cell_b": "u8"})
    numbers = np.arange(1, len(rows) + 1, dtype=np.uint64)
    return table.assign(synapse=numbers, voxel_count=800, junction_share=1.0)


def own_points(candidates):
    """One point per synapse, at the middle of its voxel."""
    places = (candidates[["z_vx", "y_vx", "x_vx"]].to_numpy() + 0.5) * SIZE
    points = pd.DataFrame(places, columns=["z_nm", "y_nm", "x_nm"])
    return points.assign(synapse=candidates["synapse"], voxel_count=1)


def organelle_points(*rows):
    return pd.DataFrame(
        [(o, s, *zyx, n) for o, s, zyx, n in rows],
        columns=["object", "supervoxel", "z_nm", "y_nm", "x_nm", "voxel_count"],
    ).astype({"object": "u8", "supervoxel": "u8"})


def in_parts(table, rows=100):
    """Give a table in parts, as it is read from a file."""
    starts = range(0, max(len(table), 1), rows)
    return lambda columns: (table[columns][i : i + rows] for i in starts)


def measure(candidates, organelles, radii=(300.0, 900.0), points=None, **more):
    points = own_points(candidates) if points is None else points
    tables = {name: in_parts(table) for name, table in organelles.items()}
    scene = Scene(in_parts(points), tables, more.pop("membership", MEMBERSHIP))
    with TemporaryDirectory() as folder:
        parts = measure_synapses(candidates, scene, SIZE, radii, folder, **more)
        return pd.concat(parts, ignore_index=True)


def test_organelles_within_a_radius_count_for_their_own_cell():
    candidates = candidate_table((1, 2, (0, 0, 0)))
    vesicles = organelle_points(
        (7, 1, (12.5, 5, 305), 100),  # at 300 nm
        (7, 1, (12.5, 5, 306), 10),
        (8, 3, (12.5, 5, 105), 20),  # in cell 2, through its other supervoxel
        (9, 2**63, (12.5, 5, 5), 999),  # in a third cell
    )
    features = measure(candidates, {"vc": vesicles})
    near, far = features.to_dict("records")
    assert (near["radius_nm"], near["object_count_a"], near["object_count_b"]) == (
        300,
        1,
        1,
    )
    assert near["volume_a_um3"] == pytest.approx(100 * 2500e-9)
    assert near["volume_b_um3"] == pytest.approx(20 * 2500e-9)
    assert far["volume_a_um3"] == pytest.approx(110 * 2500e-9)
    assert (near["nearest_a_nm"], near["nearest_b_nm"]) == (300, 100)
    as_table(features, SYNAPSE_FEATURES)


def test_a_cell_without_organelles_has_none_near():
    candidates = candidate_table((1, 2, (0, 0, 0)))
    features = measure(candidates, {"vc": organelle_points((7, 1, (0, 0, 0), 5))})
    assert features["object_count_b"].tolist() == [0, 0]
    assert features["nearest_b_nm"].isna().all()


def test_any_point_of_the_synapse_counts_but_distance_is_from_its_middle():
    candidates = candidate_table((1, 2, (0, 0, 0)))
    points = pd.concat(
        [own_points(candidates), own_points(candidates).assign(x_nm=705)]
    )
    vesicles = organelle_points((7, 1, (12.5, 5, 905), 5))
    found = measure(candidates, {"vc": vesicles}, [200.0], points)
    (row,) = found.to_dict("records")
    assert (row["object_count_a"], row["nearest_a_nm"]) == (1, 900)


def random_tissue(count=40, cells=12):
    """Synapses of some points each, and organelles, in cells of many supervoxels."""
    rng = np.random.default_rng(5)
    ids = np.arange(1, 5 * cells + 1, dtype="u8")
    membership = pd.DataFrame({"supervoxel": ids, "cell": ids % cells + 2**40})
    pairs = np.sort(rng.permuted(np.tile(np.arange(cells), (count, 1)), axis=1)[:, :2])
    places = rng.integers(0, 60, (count, 3))
    candidates = candidate_table(*zip(*(pairs.T + 2**40), places))
    points = pd.concat([own_points(candidates)] * 6).sort_values("synapse")
    points[["z_nm", "y_nm", "x_nm"]] += rng.normal(0, 60, (len(points), 3))
    organelles = {}
    for name, number in (("mi", 300), ("vc", 900)):
        rows = zip(
            rng.integers(1, 50, number),
            rng.integers(0, len(ids) + 5, number),  # some are of no cell
            rng.uniform(0, 900, (number, 3)),
            rng.integers(1, 200, number),
        )
        organelles[name] = organelle_points(*rows)
    return candidates, organelles, points, membership


@pytest.mark.parametrize("rows", [1, 100])
def test_ranges_of_cells_change_no_number(rows):
    candidates, organelles, points, membership = random_tissue()
    more = {"points": points, "membership": membership}
    whole = measure(candidates, organelles, **more)
    parts = measure(candidates, organelles, **more, rows=rows)
    tables = (as_table(t, SYNAPSE_FEATURES).to_pandas() for t in (whole, parts))
    assert_frame_equal(*tables, check_exact=True)
    assert (whole["object_count_a"] > 1).any()


def test_ranges_of_cells_leave_no_files(tmp_path):
    candidates, organelles, points, membership = random_tissue()
    tables = {name: in_parts(table) for name, table in organelles.items()}
    scene = Scene(in_parts(points), tables, membership)
    ranges = sort_by_cells(candidates, scene, tmp_path, 64)
    cells = [{*table["cell"]} for part in ranges for table in part]
    assert len(cells) > 4 * 5
    assert len({*candidates["cell_a"]}.union(*cells)) <= 12
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def predict(candidates, features):
    return predict_direction(candidates, features, SIZE, SETTINGS)


@st.composite
def random_cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    cells = np.array([1, 2, 2**63], "u8")
    count = draw(st.integers(0, 6))
    rows = []
    for _ in range(count):
        a, b = sorted(rng.choice(cells, 2, replace=False))
        rows.append((int(a), int(b), rng.integers(0, 40, 3)))
    organelles = {
        name: organelle_points(
            *(
                (
                    rng.integers(1, 4),
                    rng.choice(MEMBERSHIP["supervoxel"]),
                    rng.random(3) * 500,
                    rng.integers(1, 2000),
                )
                for _ in range(draw(st.integers(1, 12)))
            )
        )
        for name in ("mi", "vc")
    }
    return candidate_table(*rows), organelles


@given(random_cases())
def test_features_are_those_of_a_plain_search(case):
    candidates, organelles = case
    features = measure(candidates, organelles)
    assert len(features) == 4 * len(candidates)
    cell_of = dict(zip(MEMBERSHIP["supervoxel"], MEMBERSHIP["cell"]))
    middles = (candidates[["z_vx", "y_vx", "x_vx"]].to_numpy() + 0.5) * SIZE
    for row in features.itertuples():
        candidate = candidates.iloc[int(row.synapse) - 1]
        table = organelles[row.organelle]
        places = table[["z_nm", "y_nm", "x_nm"]].to_numpy()
        distance = np.linalg.norm(places - middles[int(row.synapse) - 1], axis=1)
        held = table["supervoxel"].map(cell_of) == candidate["cell_b"]
        near = held & (distance <= row.radius_nm)
        assert row.object_count_b == table.loc[near, "object"].nunique()
        assert row.volume_b_um3 == pytest.approx(
            table.loc[near, "voxel_count"].sum() * 2500e-9
        )
        expected = distance[held].min() if held.any() else np.nan
        assert row.nearest_b_nm == pytest.approx(expected, nan_ok=True)


def mirror(features):
    swap = {
        c: c.replace("_a", "_?").replace("_b", "_a").replace("_?", "_b")
        for c in features.columns
    }
    return features.rename(columns=swap)[features.columns]


@given(random_cases())
def test_swapping_the_cells_mirrors_the_direction_exactly(case):
    candidates, organelles = case
    features = measure(candidates, organelles)
    one = predict(candidates, features)
    other = predict(candidates, mirror(features))
    assert (one["p_first_is_pre"] == 1 - other["p_first_is_pre"]).all()
    assert (other["p_first_is_pre"] == 1 - one["p_first_is_pre"]).all()
    assert_frame_equal(
        one.drop(columns="p_first_is_pre"), other.drop(columns="p_first_is_pre")
    )
    assert one["p_first_is_pre"].between(0, 1).all()
    as_table(one, DIRECTION)


@given(st.floats(-800, 800))
def test_the_logistic_is_mirrored_exactly(x):
    p, q = mirrored_logistic(np.array([x, -x]))
    assert p == 1 - q
    assert q == 1 - p


def test_the_cell_with_vesicles_is_presynaptic_and_they_make_a_synapse_likely():
    candidates = candidate_table((1, 2, (0, 0, 0)), (1, 2, (40, 99, 99)))
    features = measure(
        candidates, {"vc": organelle_points((7, 3, (12.5, 5, 105), 20_000))}
    )
    table = predict(candidates, features)
    assert table["p_first_is_pre"][0] < 0.01
    assert table["p_first_is_pre"][1] == 0.5
    assert table["p_synaptic"][0] > 0.98
    assert table["p_synaptic"][1] < 0.7
    assert table["method"].tolist() == ["vc", "vc"]


def test_the_log_odds_are_those_of_the_rule():
    candidates = candidate_table((1, 2, (0, 0, 0)))
    vesicles = organelle_points((7, 1, (12.5, 5, 105), 800), (8, 3, (12.5, 5, 5), 200))
    (row,) = predict(candidates, measure(candidates, {"vc": vesicles})).to_dict(
        "records"
    )
    a, b = 0.002 / 0.004, 0.0005 / 0.0025
    reality = -7 + 3 * 0.002 / 0.004 + 6 + 6 * a
    assert row["p_first_is_pre"] == pytest.approx(1 / (1 + np.exp(-6 * (a - b))))
    assert row["p_synaptic"] == pytest.approx(1 / (1 + np.exp(-reality)))


def test_specks_and_junctions_that_graze_a_contact_are_no_synapses():
    candidates = candidate_table(*[(1, 2, (0, 0, 0))] * 3)
    vesicles = organelle_points((7, 1, (12.5, 5, 105), 800))
    features = measure(candidates, {"vc": vesicles})
    candidates["junction_share"] = [1.0, 0.1, 1.0]
    candidates["voxel_count"] = [2000, 300, 20]
    good, grazing, speck = predict(candidates, features)["p_synaptic"]
    assert grazing < 0.1 < speck < good
    assert good > 0.9


def test_without_a_vesicle_map_the_direction_is_open():
    candidates = candidate_table((1, 2, (0, 0, 0)))
    mitochondria = organelle_points((7, 3, (12.5, 5, 105), 20_000))
    for organelles in ({"mi": mitochondria}, {}):
        (row,) = predict(candidates, measure(candidates, organelles)).to_dict("records")
        assert row["p_first_is_pre"] == 0.5
        assert row["method"] == "none"


def test_another_organelle_is_measured_but_gives_no_evidence_by_itself():
    candidates = candidate_table((1, 2, (0, 0, 0)))
    vesicles = organelle_points((7, 3, (12.5, 5, 105), 20_000))
    features = measure(candidates, {"vc": vesicles, "golgi": vesicles})
    assert set(features["organelle"]) == {"vc", "golgi"}
    one = predict(candidates, features)
    other = predict(candidates, measure(candidates, {"vc": vesicles}))
    assert_frame_equal(one, other)


def test_a_radius_that_was_not_measured_is_named():
    candidates = candidate_table((1, 2, (0, 0, 0)))
    vesicles = {"vc": organelle_points((7, 3, (12.5, 5, 105), 20_000))}
    features = measure(candidates, vesicles, [250.0])
    with pytest.raises(InputError, match=r"organelles.vc.radius_nm is 300.*\[250"):
        predict(candidates, features)


def test_no_candidates_give_empty_tables():
    candidates = candidate_table()
    features = measure(candidates, {"vc": organelle_points((7, 3, (0, 0, 0), 9))})
    assert len(as_table(features, SYNAPSE_FEATURES)) == 0
    table = predict(candidates, features)
    assert len(as_table(table, DIRECTION)) == 0
