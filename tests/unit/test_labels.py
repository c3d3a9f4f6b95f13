"""Labels that people make: what is read, what is refused, which candidate they mean."""

import logging

import numpy as np
import pandas as pd
import pytest

from neuropil.errors import InputError
from neuropil.exports.labels import write_sample
from neuropil.schemas.labels import LABELS
from neuropil.storage import as_table
from neuropil.synapses.labels import read_labels
from neuropil.synapses.sampling import make_keys

BIG = 2**64 - 3
SIZE = (25.0, 10.0, 10.0)
SETTINGS = {"reach_nm": 150.0, "margin_nm": 30.0}
# Synapses 3 and 4 lie 100 nm apart, in contacts of different cells.
CANDIDATES = pd.DataFrame(
    {
        "synapse": [1, 2, 3, 4],
        "cell_a": [5, 5, 7, 5],
        "cell_b": [9, BIG, 9, 7],
        "z_vx": 10,
        "y_vx": 20,
        "x_vx": [30, 70, 110, 120],
    }
).astype(dict.fromkeys(["synapse", "cell_a", "cell_b"], np.uint64))


def place(table):
    """Positions in nm of the middle voxels of candidates."""
    return (table[["z_vx", "y_vx", "x_vx"]].to_numpy() + 0.5) * SIZE


MIDDLES = pd.DataFrame(place(CANDIDATES), columns=["z_nm", "y_nm", "x_nm"]).assign(
    synapse=CANDIDATES["synapse"]
)
POINTS = pd.concat(MIDDLES.assign(y_nm=205.0 + shift) for shift in (-60, 0, 60))
SHEET = CANDIDATES.assign(
    number=range(1, 5),
    key=make_keys(CANDIDATES),
    **dict(zip(["z_nm", "y_nm", "x_nm"], place(CANDIDATES).T)),
)
VX = "z_vx,y_vx,x_vx,synaptic"


def read(folder, *lines, name="labels.csv"):
    """Read a table of these lines."""
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_labels(str(path), CANDIDATES, POINTS, SIZE, SETTINGS)


def fill(folder, table=SHEET, name="filled.csv", **columns):
    """Fill in the table of a sheet and read it."""
    write_sample(folder / "sheet.csv", table)
    filled = pd.read_csv(folder / "sheet.csv", dtype=str).assign(**columns)
    filled.to_csv(folder / name, index=False)
    return read_labels(str(folder / name), CANDIDATES, POINTS, SIZE, SETTINGS)


def as_rows(labels, *names):
    """Columns as a list of tuples, NaN as None."""
    columns = labels[[*names]].astype(object)
    return [*columns.where(columns.notna(), None).itertuples(index=False, name=None)]


LINES = [
    f"{VX},pre,sign,split,remark",
    "10,20,30,yes,9,excitatory,train,sure",
    f"10,20,70,TRUE,{BIG},Symmetric,,",
    "10,20,110,,,,,not looked at",
    "10,20,120,0,,,test,",
]
EXPECTED = [
    (1, True, 0, 1, "train", 0, 2),
    (2, True, 0, -1, "", 0, 3),
    (4, False, None, 0, "test", 0, 5),
]


@pytest.mark.parametrize("name", ["a.csv", "semicolons.csv", "bom.csv", "a.tsv"])
def test_text_tables_are_read(name, tmp_path):
    marks = {"semicolons.csv": ";", "a.tsv": "\t"}
    lines = [line.replace(",", marks.get(name, ",")) for line in LINES]
    lines[0] = "\ufeff" * name.startswith("bom") + lines[0]
    labels = read(tmp_path, *lines, name=name)
    assert as_rows(labels, *LABELS.columns[:-2], *LABELS.columns[-2:]) == EXPECTED
    stored = as_table(labels, LABELS).to_pandas()
    assert stored["first_is_pre"].dtype == np.float64
    assert as_rows(stored, *LABELS.columns) == EXPECTED


def test_parquet_is_read_with_its_own_types(tmp_path):
    table = pd.DataFrame(
        {
            "z_vx": 10,
            "y_vx": 20,
            "x_vx": [30.0, 70.0, 110.0, 120.0],
            "synaptic": pd.array([True, True, None, False], dtype="boolean"),
            "pre": pd.array([9, BIG, None, None], dtype="UInt64"),
            "sign": [1.0, -1.0, np.nan, np.nan],
            "split": ["train", None, None, "test"],
        }
    )
    table.to_parquet(tmp_path / "labels.parquet")
    path = str(tmp_path / "labels.parquet")
    labels = read_labels(path, CANDIDATES, POINTS, SIZE, SETTINGS)
    assert as_rows(labels, *LABELS.columns) == EXPECTED


def test_places_in_nm_mean_the_nearest_point(tmp_path):
    lines = ["z_nm,y_nm,x_nm,synaptic", "262.5,335,305,yes", "262.5,205,755,no"]
    labels = read(tmp_path, *lines)
    assert as_rows(labels, "synapse", "distance_nm") == [(1, 70.0), (2, 50.0)]


def test_of_candidates_as_near_the_first_is_taken(tmp_path):
    twin = CANDIDATES.iloc[[0]].assign(synapse=np.uint64(8))
    points = POINTS[POINTS["synapse"] == 1]
    both = pd.concat([points.assign(synapse=np.uint64(8)), points])
    (tmp_path / "l.csv").write_text(f"{VX}\n10,20,31,yes\n")
    for rows in (slice(None), slice(None, None, -1)):
        table = pd.concat([CANDIDATES, twin])[rows]
        args = (table, both[rows], SIZE, SETTINGS)
        labels = read_labels(str(tmp_path / "l.csv"), *args)
        assert labels["synapse"].tolist() == [1]


@pytest.mark.parametrize(
    ("pre", "first"),
    [("5", 1), ("9", 0), ("a", 1), ("B", 0), ('"=""9"""', 0), ("", None)],
)
def test_the_presynaptic_cell_by_id_or_letter(pre, first, tmp_path):
    labels = read(tmp_path, f"{VX},pre", f"10,20,30,yes,{pre}")
    assert as_rows(labels, "first_is_pre") == [(first,)]


def test_letters_mean_the_cells_that_the_row_calls_so(tmp_path):
    lines = (f"{VX},cell_a,cell_b,pre", "10,20,30,yes,9,5,a")
    assert read(tmp_path, *lines)["first_is_pre"].tolist() == [0]


def test_direction_and_sign_of_what_is_no_synapse_are_not_used(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    labels = read(tmp_path, f"{VX},pre,sign", "10,20,30,no,5,1", "10,20,70,yes,5,1")
    rows = as_rows(labels, "is_synaptic", "first_is_pre", "sign")
    assert rows == [(False, None, 0), (True, 1, 1)]
    assert "1 rows are no synapse" in caplog.text


def test_nothing_is_left_out_in_silence(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    read(tmp_path, *LINES, "10,20,31,yes,,,,again", ",,,,,,,")
    assert "6 rows, 2 not judged" in caplog.text
    assert "columns that are not used: remark" in caplog.text
    assert "0 rows told by their keys, 4 by their places, the farthest 10 nm" in (
        caplog.text
    )
    assert "labels of 3 candidates (1 rows repeat others): 2 are synapses" in (
        caplog.text
    )


def test_rows_on_one_candidate_that_agree_add_up(tmp_path):
    lines = [f"{VX},pre,sign,split", "10,20,32,yes,5,,", "10,20,30,1,,-1,test"]
    (row,) = as_rows(read(tmp_path, *lines), *LABELS.columns)
    assert row == (1, True, 1, -1, "test", 0, 3)


def test_the_presynaptic_cell_decides_between_near_candidates(tmp_path):
    for pre, synapse in (("9", 3), ("5", 4)):
        labels = read(tmp_path, f"{VX},pre", f"10,20,115,yes,{pre}")
        assert labels["synapse"].tolist() == [synapse]
    farther = read(tmp_path, f"{VX},pre", "10,20,112,yes,5")
    assert as_rows(farther, "synapse", "distance_nm") == [(4, 80.0)]


def test_the_very_place_of_a_candidate_means_it(tmp_path):
    """Junctions graze further contacts, whose candidates are a few voxels away."""
    grazing = CANDIDATES.iloc[[0]].assign(cell_b=np.uint64(7), x_vx=31)
    grazing["synapse"] = np.uint64(9)
    table = pd.concat([CANDIDATES, grazing])
    path = tmp_path / "labels.csv"
    for place in ("262,205,315", "262.5,205.4,315"):
        path.write_text(f"z_nm,y_nm,x_nm,synaptic\n{place},no\n")
        labels = read_labels(str(path), table, POINTS, SIZE, SETTINGS)
        assert labels["synapse"].tolist() == [9]
    path.write_text("z_nm,y_nm,x_nm,synaptic\n262.5,211,315,no\n")
    with pytest.raises(InputError, match=r"nearly as near .*synapses 9 and 1"):
        read_labels(str(path), table, POINTS, SIZE, SETTINGS)


def test_the_cells_of_a_sheet_decide_between_near_candidates(tmp_path):
    lines = (f"{VX},cell_a,cell_b", "10,20,115,no,9,7")
    assert read(tmp_path, *lines)["synapse"].tolist() == [3]


WRONG = {
    "far": (
        [VX, "10,20,46,yes"],
        r"no candidate within 150 nm .*row 2 \(262, 205, 465 nm",
    ),
    "near two": ([VX, "10,20,114,yes"], r"nearly as near .*row 2 \(synapses 3 and 4\)"),
    "pre of both": (
        [f"{VX},pre", "10,20,115,yes,7"],
        r"nearly as near .*row 2 \(synapses 3 and 4\)",
    ),
    "foreign": (
        [f"{VX},pre", "10,20,30,yes,7"],
        r"none of the two cells.*row 2 \(7, not 5 or 9\)",
    ),
    "disagree": (
        [VX, "10,20,30,yes", "10,20,70,no", "10,20,31,no"],
        r"disagree: row 2 \(and 4, synapse 1\)",
    ),
    "directions": (
        [f"{VX},pre", "10,20,30,yes,5", "10,20,31,yes,9"],
        r"disagree: row 2 \(and 3, synapse 1\)",
    ),
    "signs": (
        [f"{VX},sign", "10,20,30,yes,1", "10,20,31,yes,-1"],
        r"disagree: row 2 \(and 3, synapse 1\)",
    ),
    "splits": (
        [f"{VX},split", "10,20,30,yes,train", "10,20,31,yes,test"],
        r"disagree: row 2 \(and 3, synapse 1\)",
    ),
    "word": (
        [VX, "10,20,30,perhaps", "10,20,70,2"],
        r"column synaptic: row 2 \('perhaps'\), 3 \('2'\) .*one of yes, true, 1, no",
    ),
    "sign": (
        [f"{VX},sign", "10,20,30,yes,GABA"],
        r"column sign: row 2 \('GABA'\).*excitatory",
    ),
    "sides": ([f"{VX},pre", "10,20,30,yes,c"], r"column pre: row 2 \('c'\).*whole"),
    "decimal": (
        [f"{VX},pre", "10,20,30,yes,1.84E+19"],
        r"column pre: row 2 \('1.84E\+19'\).*without sign, point or exponent",
    ),
    "beyond": ([f"{VX},pre", f"10,20,30,yes,{2**64}"], r"column pre: row 2"),
    "no place": (
        ["z_vx,y_vx,synaptic", "1,2,yes"],
        r"no place; it has z_vx, y_vx, syn",
    ),
    "no label": (["z_vx,y_vx,x_vx", "1,2,3"], r"no column synaptic; it has z_vx"),
    "empty": ([VX], r"no row with a word in column synaptic"),
    "not filled": ([VX, "10,20,30,"], r"no row with a word in column synaptic"),
    "half filled": (
        [f"{VX},pre", "10,20,30,yes,5", "10,20,70,,5"],
        r"nothing in column synaptic: row 3",
    ),
    "voxel": ([VX, "10,20,30.5,yes"], r"column x_vx: row 2 \('30.5'\).*whole numbers"),
    "comma": (
        ["z_nm;y_nm;x_nm;synaptic", "262,5;205;305;yes"],
        r"column z_nm: row 2 \('262,5'\).*decimal point",
    ),
    "nan": ([VX, "10,20,nan,yes"], r"column x_vx: row 2 \('nan'\)"),
    "half a place": ([VX, "10,,30,yes"], r"column y_vx: row 2 \(''\)"),
    "two places": (
        [f"{VX},z_nm,y_nm,x_nm", "10,20,30,yes,262.5,205,405"],
        r"different places: row 2 .*Voxels are 25 x 10 x 10 nm",
    ),
    "lines": ([VX, "10,20,30"], r"no readable table"),
}


@pytest.mark.parametrize(("lines", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_rows(lines, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, *lines)
    assert "labels.csv" in str(error.value)


def test_five_rows_are_listed_and_all_are_in_the_log(tmp_path, caplog):
    with pytest.raises(
        InputError, match=r"2 \(.*, 6 \(.*\) and 2 more, all in the log"
    ):
        read(tmp_path, VX, *["10,20,30,maybe"] * 7)
    assert "rows 2, 3, 4, 5, 6, 7, 8" in caplog.text
    with pytest.raises(InputError) as error:
        read(tmp_path, VX, *["10,20,30,maybe"] * 5)
    assert "more" not in str(error.value)


def test_decimal_ids_of_parquet_are_refused(tmp_path):
    path = tmp_path / "labels.parquet"
    table = SHEET.assign(synaptic="yes", pre=[5.0, np.nan, np.nan, np.nan])
    table.to_parquet(path)
    with pytest.raises(InputError, match=r"decimal numbers \(double\) as pre.*UInt64"):
        read_labels(str(path), CANDIDATES, POINTS, SIZE, SETTINGS)


@pytest.mark.parametrize("name", ["missing.csv", "labels.xlsx", "damaged.parquet"])
def test_files_that_are_no_tables(name, tmp_path):
    if name != "missing.csv":
        (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"no readable table|expected \.csv"):
        read_labels(str(tmp_path / name), CANDIDATES, POINTS, SIZE, SETTINGS)


def test_a_filled_sheet_is_told_by_its_keys(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    labels = fill(
        tmp_path, synaptic=["yes", "no", "yes", "yes"], pre=["a", "", "b", ""]
    )
    rows = as_rows(labels, "synapse", "is_synaptic", "first_is_pre", "distance_nm")
    assert rows == [
        (1, True, 1, 0),
        (2, False, None, 0),
        (3, True, 0, 0),
        (4, True, None, 0),
    ]
    assert "4 rows told by their keys, 0 by their places" in caplog.text


def test_a_key_alone_will_do(tmp_path):
    line = f"4,{SHEET['key'][3]},yes,a"
    labels = read(tmp_path, "synapse,key,synaptic,pre", line)
    assert as_rows(labels, "synapse", "first_is_pre") == [(4, 1)]
    with pytest.raises(InputError, match=r"another run, and without a place: row 2"):
        read(tmp_path, "synapse,key,synaptic,pre", line.replace("4,", "3,", 1))


def test_a_sheet_of_an_older_run_is_matched_by_place(tmp_path, caplog):
    """The candidates were numbered otherwise, and lay a little elsewhere."""
    caplog.set_level(logging.INFO)
    older = SHEET.assign(synapse=[2, 3, 4, 1], x_vx=SHEET["x_vx"] + 2)
    older["x_nm"] += 20
    labels = fill(tmp_path, older.assign(key=make_keys(older)), synaptic="yes", pre="b")
    assert labels["synapse"].tolist() == [1, 2, 3, 4]
    assert labels["first_is_pre"].tolist() == [0] * 4
    assert labels["distance_nm"].tolist() == [20] * 4
    assert "0 rows told by their keys, 4 by their places" in caplog.text


def test_letters_of_cells_that_have_other_ids_now_are_refused(tmp_path):
    older = SHEET.assign(cell_b=np.array([9, 6, 9, 7], np.uint64))
    older["key"] = make_keys(older)
    columns = {"synaptic": "yes", "pre": "b"}
    with pytest.raises(
        InputError, match=rf"row 3 \(6, not 5 or {BIG}\).*agglomeration"
    ):
        fill(tmp_path, older, **columns)
    assert len(fill(tmp_path, older, synaptic="yes")) == 4
