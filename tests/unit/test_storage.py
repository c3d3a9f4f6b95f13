import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from neuropil.errors import InputError
from neuropil.grid import Box, Grid
from neuropil.schemas.base import Field, Schema
from neuropil.storage import (
    ROW_GROUP,
    LabelFile,
    LabelStack,
    join_labels,
    read_labels,
    read_table,
    write_table,
)

SCHEMA = Schema(
    "objects",
    "One row per object.",
    ("object",),
    (
        Field("object", "uint64", "", "Its id."),
        Field("volume_um3", "float64", "µm³", "Its volume."),
    ),
)
PART = (
    Field("chunk", "string", "", "Its chunk."),
    Field("label", "uint32", "", "Its label."),
)


def test_ids_above_2_to_the_63_survive_a_table(tmp_path):
    ids = np.array([2**64 - 1, 2**53 + 1, 7], np.uint64)
    frame = pd.DataFrame({"volume_um3": [1.0, 2, 3], "object": ids})
    write_table(tmp_path / "t.parquet", frame, SCHEMA)
    table = read_table(tmp_path / "t.parquet")
    assert table["object"].tolist() == sorted(ids.tolist())
    assert table["object"].dtype == np.uint64
    assert table.columns.tolist() == ["object", "volume_um3"]


def test_an_undefined_number_stays_not_a_number(tmp_path):
    ids = np.array([2**63 + 1], np.uint64)
    frame = pd.DataFrame({"object": ids, "volume_um3": [np.nan]})
    write_table(tmp_path / "t.parquet", frame, SCHEMA)
    table = read_table(tmp_path / "t.parquet")
    assert table["volume_um3"].isna().all()
    assert table["object"].tolist() == ids.tolist()


def test_a_table_with_an_unknown_column_is_refused_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "t.parquet"
    good = pd.DataFrame({"object": np.array([1], np.uint64), "volume_um3": [1.0]})
    write_table(path, good, SCHEMA)
    with pytest.raises(ValueError, match=r"lacks columns \[\] and has unknown \['x'\]"):
        write_table(path, good.assign(x=1), SCHEMA)
    assert len(read_table(path)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_a_failed_block_leaves_no_file(tmp_path):
    box = Box.of((4, 4, 4))
    wrong_shape = np.ones((3, 3, 3), "u8")
    with pytest.raises(TypeError):  # noqa: SIM117
        with LabelFile(tmp_path / "c.h5", box, (25, 10, 10)) as file:
            file.write(box, wrong_shape)
    assert not list(tmp_path.iterdir())


def test_chunk_files_read_as_one_volume_and_join(tmp_path):
    whole = np.arange(5 * 6 * 7, dtype=np.uint64).reshape(5, 6, 7) + 2**63
    grid = Grid(Box.of(whole.shape, (10, 0, 3)), (2, 4, 3))
    shifted = {c: grid.core(c).within(grid.box) for c in grid.chunks}
    paths = [tmp_path / "chunks" / f"{c}.h5" for c in grid.chunks]
    for path, (chunk, part) in zip(paths, shifted.items()):
        with LabelFile(path, grid.core(chunk), (25, 10, 10)) as file:
            file.write(grid.core(chunk), whole[part])
    stack = LabelStack(paths)
    assert stack.box == grid.box
    assert np.array_equal(stack.read(grid.box), whole)
    read = stack.read(grid.box.grow(1))
    assert read[0].max() == 0
    assert np.array_equal(read[1:-1, 1:-1, 1:-1], whole)
    join_labels(paths, tmp_path / "labels.h5")
    tmp_path.joinpath("moved").mkdir()
    for name in ("chunks", "labels.h5"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    with h5py.File(tmp_path / "moved" / "labels.h5") as file:
        assert np.array_equal(file["labels"][:], whole)
        assert file["labels"].attrs["offset_vx"].tolist() == [10, 0, 3]


def test_a_truncated_file_says_the_way_out(tmp_path):
    path = tmp_path / "c.h5"
    with LabelFile(path, Box.of((9, 9, 9)), (1, 1, 1)) as file:
        file.write(file.box, np.ones((9, 9, 9), "u8"))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match="run the same command again"):
        read_labels(path, Box.of((9, 9, 9)))


def test_of_a_table_sorted_by_chunk_the_rows_of_one_are_read_alone(tmp_path):
    schema = Schema("parts", "Parts.", ("chunk", "label"), PART)
    path, count = tmp_path / "t.parquet", ROW_GROUP + 5
    names = [Grid.name((0, 0, x)) for x in range(3)]
    parts = [pd.DataFrame({"chunk": n, "label": np.arange(count)}) for n in names]
    write_table(path, pd.concat(parts[::-1]), schema)
    groups = pq.read_metadata(path)
    first = groups.row_group(0).column(1)
    assert groups.num_row_groups == 4
    spoil(path, first.dictionary_page_offset, first.total_compressed_size)
    rows = read_table(path, ["label"], ("chunk", names[1:2]))
    with pytest.raises(InputError, match="no readable Parquet"):
        read_table(path, ["label"], ("chunk", names[:1]))
    assert rows["label"].tolist() == list(range(count))


def spoil(path, start, size):
    """Write nonsense over a part of a file."""
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(bytes(size))
