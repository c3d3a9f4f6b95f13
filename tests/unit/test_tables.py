"""Tables of others: read into the project's columns, or refused in one sentence."""

import copy

import numpy as np
import pandas as pd
import pytest

from neuropil.analysis.sizes import measure_table
from neuropil.analysis.tables import check_table, read_synapses, read_touching
from neuropil.config_tables import check_tables
from neuropil.errors import InputError
from neuropil.schemas.connectome import SYNAPSES
from neuropil.schemas.sizes import KNOWN, given_schema
from neuropil.storage import as_table

LARGE = [2**53 + 1, 2**63 + 3, 2**64 - 1, 7]
FRAME = pd.DataFrame(
    {
        "id": np.array(LARGE, "u8"),
        "axon": np.array([2**53 + 1, 2**53 + 2, 2**63 + 3, 5], "u8"),
        "dendrite": np.array([9, 9, 2**64 - 1, 9], "u8"),
        "area": [250_000.0, 90_000.0, 40_000.0, 10_000.0],
        "z": [0.4, 0.8, 1.2, 1.6],
        "y": [1.0, 2.0, 3.0, 4.0],
        "x": [10.0, 20.0, 30.0, 40.0],
        "place": [[10, 1, 4], [20, 2, 8], [30, 3, 12], [40, 4, 16]],
        "kind": ["asym", "sym", "?", "asym"],
        "checked": [True, True, False, True],
        "vesicles": [10.0, -1.0, 30.0, np.nan],
    }
)
GIVEN = {
    "pre": "axon",
    "post": "dendrite",
    "ids": "whole",
    "synapse": "id",
    "size": {"column": "area", "unit": "nm2"},
    "position": {"z": "z", "y": "y", "x": "x", "unit": "um", "doubles": "refuse"},
    "sign": {"column": "kind", "excitatory": ["asym"], "inhibitory": ["sym"]},
    "numbers": {"vesicles": {"column": "vesicles", "missing": [-1]}},
}
SUFFIXES = (".parquet", ".csv", ".tsv", ".csv.gz")


@pytest.fixture
def given(tmp_path):
    """Save a frame; give the entry of the config that reads it, with changes."""

    def save(frame=FRAME, suffix=".parquet", **changes):
        path = tmp_path / f"synapses{suffix}"
        if suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
        entry = copy.deepcopy(GIVEN) | {"path": str(path)} | changes
        return {key: value for key, value in entry.items() if value is not None}

    return save


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_gives_the_same_exact_table(suffix, given):
    entry = given(suffix=suffix)
    check_table(entry)
    table = read_synapses(entry)
    as_table(table, given_schema(list(table)))
    for name in ("synapse", "pre", "post"):
        assert table[name].dtype == np.uint64
    assert table["synapse"].tolist() == LARGE
    assert table["pre"].tolist() == FRAME["axon"].tolist()
    assert table["post"].tolist() == FRAME["dendrite"].tolist()
    np.testing.assert_allclose(table["area_um2"], [0.25, 0.09, 0.04, 0.01])
    np.testing.assert_allclose(table["z_nm"], [400, 800, 1200, 1600])
    np.testing.assert_allclose(table["x_nm"], [10_000, 20_000, 30_000, 40_000])
    assert table["sign"].tolist() == [1, -1, 0, 1]
    np.testing.assert_equal(table["vesicles"].to_numpy(), [10, np.nan, 30, np.nan])


def test_columns_are_named_as_in_the_connectome():
    own = set(SYNAPSES.columns)
    others = {field.name for field in KNOWN} - own
    assert others == {"pre_name", "post_name", "volume_um3"}
    types = {field.name: field.dtype for field in SYNAPSES.fields}
    assert all(types[f.name] == f.dtype for f in KNOWN if f.name in own)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_places_in_one_column_of_three_numbers(suffix, given):
    voxel = {"z": 100, "y": 1000, "x": 1000}
    position = {"column": "place", "axes": "xyz", "unit": "voxel", "doubles": "keep"}
    entry = given(suffix=suffix, position=position | {"voxel_size_nm": voxel})
    table = read_synapses(entry)
    np.testing.assert_allclose(table["z_nm"], [400, 800, 1200, 1600])
    np.testing.assert_allclose(table["y_nm"], [1000, 2000, 3000, 4000])
    np.testing.assert_allclose(table["x_nm"], [10_000, 20_000, 30_000, 40_000])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ({"checked": {"among": [True]}}, [0, 1, 3]),
        ({"checked": {"among": [False]}}, [2]),
        ({"kind": {"among": ["asym", "sym"]}}, [0, 1, 3]),
        ({"vesicles": {"min": 0}}, [0, 2]),
        ({"area": {"min": 20_000, "max": 100_000}}, [1, 2]),
        ({"y": {"among": [1, 4]}, "checked": {"among": [True]}}, [0, 3]),
    ],
)
def test_rows_that_count(rows, kept, suffix, given):
    table = read_synapses(given(suffix=suffix, rows=rows))
    assert table["synapse"].tolist() == [LARGE[i] for i in kept]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ids_are_compared_exactly(suffix, given):
    """One below differs from the second by less than floats can tell."""
    for asked, kept in (([2**53 + 2], [1]), ([2**53 + 1, 5], [0, 3])):
        entry = given(suffix=suffix, rows={"axon": {"among": asked}})
        assert read_synapses(entry)["synapse"].tolist() == [LARGE[i] for i in kept]
    table = read_synapses(given(suffix=suffix, rows={"axon": {"min": 2**60}}))
    assert table["pre"].tolist() == [2**63 + 3]


def test_categories_are_read_as_what_they_stand_for(given):
    frame = FRAME.astype({"kind": "category", "area": "category"})
    table = read_synapses(given(frame, rows={"kind": {"among": ["asym"]}}))
    np.testing.assert_allclose(table["area_um2"], [0.25, 0.01])


def test_without_an_id_rows_are_numbered_whatever_is_left_out(given):
    rows = {"checked": {"among": [True]}}
    table = read_synapses(given(synapse=None, rows=rows))
    assert table["synapse"].tolist() == [1, 2, 4]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_are_numbered_alike_at_both_ends(suffix, given):
    frame = FRAME.assign(axon=["b", "a", "b", "c"], dendrite=["c", "c", "a", "a"])
    table = read_synapses(given(frame, suffix, ids="names"))
    assert table["pre"].tolist() == [2, 1, 2, 3]
    assert table["post"].tolist() == [3, 3, 1, 1]
    assert table["pre_name"].tolist() == ["b", "a", "b", "c"]
    as_table(table, given_schema(list(table)))


def test_cell_0_is_no_cell(given):
    table = read_synapses(given(FRAME.assign(dendrite=np.array([9, 0, 9, 9], "u8"))))
    assert table["synapse"].tolist() == [LARGE[0], *LARGE[2:]]


@pytest.mark.parametrize(
    ("unit", "name", "factor"),
    [("um2", "area_um2", 1), ("um3", "volume_um3", 1), ("nm3", "volume_um3", 1e-9)],
)
def test_sizes_get_the_projects_unit(unit, name, factor, given):
    frame = FRAME.assign(area=np.array([0.1, 0.2, 0.3, 0.4]) / factor)
    table = read_synapses(given(frame, size={"column": "area", "unit": unit}))
    np.testing.assert_allclose(table[name], [0.1, 0.2, 0.3, 0.4])


def test_voxels_are_whole_and_0_if_unknown(given):
    size = {"column": "vesicles", "unit": "voxel", "missing": [-1]}
    table = read_synapses(given(size=size))
    assert table["voxel_count"].tolist() == [10, 0, 30, 0]


def doubled():
    """The second synapse once more, under another id."""
    again = FRAME.iloc[[1]].assign(id=np.uint64(99))
    return pd.concat([FRAME, again], ignore_index=True)


@pytest.mark.parametrize(("doubles", "count"), [("keep", 5), ("drop", 4)])
def test_doubles_are_kept_or_dropped_as_asked(doubles, count, given):
    entry = given(doubled(), position=GIVEN["position"] | {"doubles": doubles})
    assert len(read_synapses(entry)) == count


def test_an_empty_table_is_read_and_measured(given):
    table = read_synapses(given(FRAME.iloc[:0]))
    as_table(table, given_schema(list(table)))
    found = measure_table(table, GIVEN, (0.5, 0.6), {"shuffles": 5, "seed": 0})
    assert found.set_index("quantity").loc["synapses", "value"] == 0


@pytest.mark.parametrize("ids", ["whole", "names"])
def test_pairs_that_touch(ids, given, tmp_path):
    pairs = pd.DataFrame(
        {
            "a": np.array([2**53 + 1, 2**53 + 1, 5, 5, 8], "u8"),
            "b": np.array([9, 9, 9, 2**64 - 1, 8], "u8"),
            "gap": [0, 0, 0, 0, 40],
        }
    )
    frame = FRAME
    if ids == "names":
        pairs = pairs.assign(a="n" + pairs["a"].astype(str), b=pairs["b"].astype(str))
        frame = FRAME.assign(
            axon="n" + FRAME["axon"].astype(str), dendrite=FRAME["dendrite"].astype(str)
        )
    path = tmp_path / "touching.csv"
    pairs.to_csv(path, index=False)
    touching = {"path": str(path), "pre": "a", "post": "b"}
    touching["rows"] = {"gap": {"max": 0}}
    entry = given(frame, ids=ids, touching=touching)
    check_table(entry)
    table = read_synapses(entry)
    found = read_touching(entry, table)
    assert found["has_synapse"].tolist() == [True, True, False]
    settings = {"shuffles": 5, "seed": 0}
    measured = measure_table(table, entry, (0.5, 0.6), settings)
    part = measured[measured["part"] == "touching"].set_index("quantity")["value"]
    assert part.tolist() == [3, 2, pytest.approx(2 / 3)]


def ids_as(kind):
    return FRAME.assign(axon=FRAME["axon"].astype(kind))


@pytest.mark.parametrize(
    ("frame", "suffix", "changes", "words"),
    [
        (
            FRAME.drop(columns="axon"),
            ".parquet",
            {},
            r"no column axon; it has id, dendrite.*names in the config",
        ),
        (FRAME, ".csv", {"rows": {"ok": {"min": 1}}}, r"no column ok"),
        (ids_as("f8"), ".parquet", {}, r"decimal numbers \(double\) as axon"),
        (ids_as("f8"), ".csv", {}, r"holds '\S+' as axon, expected an id"),
        (ids_as("f8"), ".parquet", {"ids": "names"}, r"decimal numbers .*names"),
        (
            FRAME.assign(id=FRAME["id"].astype("f8")),
            ".parquet",
            {},
            r"decimal numbers \(double\) as id",
        ),
        (
            FRAME.assign(area=[1e5, -3.0, 1e5, 1e5]),
            ".csv",
            {},
            r"holds -3 as area \(1 such rows\).*size\.missing",
        ),
        (FRAME.assign(area=[1e5, np.inf, 1e5, 1e5]), ".parquet", {}, r"holds inf as"),
        (
            FRAME,
            ".csv",
            {"size": {"column": "area", "unit": "um2"}},
            r"median area of 6\.5e\+04 um2 when read as um2.*size\.unit",
        ),
        (
            FRAME.assign(area=[0.1, 0.2, 0.3, 0.4]),
            ".csv",
            {},
            r"median area of 2\.5e-07 um2 when read as nm2",
        ),
        (
            FRAME,
            ".csv",
            {"size": {"column": "z", "unit": "voxel"}},
            r"holds 0\.4 as z, expected a whole number of voxels",
        ),
        (
            FRAME.assign(area=["big"] * 4),
            ".csv",
            {},
            r"something else than numbers as area",
        ),
        (
            pd.concat([FRAME, FRAME.iloc[[1]]]),
            ".csv",
            {},
            rf"names synapse {LARGE[1]} in more than one row \(1 such rows\)",
        ),
        (
            doubled(),
            ".csv",
            {},
            r"1 synapses of the same two cells in the same place.*position\.doubles",
        ),
        (
            FRAME.assign(y=[1, np.nan, 2, 3]),
            ".csv",
            {},
            r"1 rows without a place along y",
        ),
        (
            FRAME,
            ".csv",
            {"position": {"column": "kind", "axes": "xyz", "unit": "nm"}},
            r"holds 'asym' as kind, expected three numbers",
        ),
        (
            FRAME,
            ".csv",
            {"sign": {"column": "kind", "excitatory": [0], "inhibitory": [1]}},
            r"something else than numbers as kind",
        ),
        (
            FRAME,
            ".csv",
            {"sign": {"column": "kind", "excitatory": ["E"], "inhibitory": ["I"]}},
            r"no value of sign\.excitatory .*it holds \?, asym, sym",
        ),
        (
            FRAME,
            ".csv",
            {"rows": {"checked": {"among": ["never"]}}},
            r"no row left after the condition on checked \(among never\)",
        ),
        (FRAME.assign(axon=["a", "", "b", "c"]), ".csv", {"ids": "names"}, r"1 rows"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(frame, suffix, changes, words, given):
    entry = given(frame, suffix, **changes)
    with pytest.raises(InputError, match=words):
        read_synapses(entry)


def test_a_missing_column_is_found_without_reading_the_rows(given):
    entry = given(FRAME.drop(columns="vesicles"))
    with pytest.raises(InputError, match="no column vesicles"):
        check_table(entry)


def entry_with(**changes):
    return {"volumes": {}, "tables": {"one": GIVEN | changes}}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"volumes": {"raw": None}, "tables": {}},
            r"volumes and tables are both empty",
        ),
        ({"volumes": {}, "tables": {"connectome": GIVEN}}, r"the run's own synapses"),
        (
            entry_with(position={"z": "z", "y": "y", "unit": "nm"}),
            r"position has z, y, expected either z, y and x",
        ),
        (
            entry_with(position={"column": "place", "unit": "nm"}),
            r"position has column, expected",
        ),
        (
            entry_with(position=GIVEN["position"] | {"unit": "voxel"}),
            r"voxel_size_nm goes with unit: voxel",
        ),
        (
            entry_with(rows={"x": {"among": [1], "max": 2}}),
            r"rows has a condition with among and max",
        ),
        (
            entry_with(numbers={"area_um2": {"column": "x"}}),
            r"numbers\.area_um2 has the name of another column",
        ),
    ],
)
def test_what_contradicts_itself_in_the_config_is_said(config, words):
    with pytest.raises(InputError, match=words):
        check_tables(config)
