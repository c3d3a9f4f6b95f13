"""Sheets of candidates: what they show, at which size, and what they leave free."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neuropil.exports.labels import COLUMNS, TO_FILL, draw_sample, write_sample
from neuropil.figures import label_sheets
from neuropil.figures.label_sheets import find_room, render_sheets
from neuropil.figures.label_tiles import read_views
from neuropil.grid import Box, Grid
from neuropil.schemas.membership import MEMBERSHIP
from neuropil.storage import LabelFile, write_table

BOX = Box.of((40, 100, 120), (2, 0, 0))  # of a dataset that begins at z = 0
GRID = Grid(BOX, (17, 50, 70))
VOXEL_NM = (40.0, 10.0, 10.0)
BIG = 2**63 + 1
# Cell 5 is a cube of 400 nm, of two supervoxels; around it lies cell BIG.
CUBE = Box((17, 30, 40), (27, 70, 80))
SHEET = {"rows": 2, "columns": 2, "tile_nm": 800, "tile_px": 100}
SETTINGS = {"count": None, "seed": 1, "strata": {"sizes": 1, "p_synaptic": []}}
ORANGE, SKY, YELLOW = (230, 159, 0), (86, 180, 233), (240, 228, 66)
HEAD, TITLE, GAP = 60, 44, 24


def within(box):
    return box.within(BOX)


@pytest.fixture
def dataset(tmp_path):
    ids = np.full(BOX.shape, 9, "u8")
    ids[within(CUBE)] = 6
    ids[within(Box(CUBE.start, (22, *CUBE.stop[1:])))] = 7
    raw = np.random.default_rng(0).integers(90, 160, BOX.shape, "u1")
    path = tmp_path / "volumes.h5"
    whole = Box.of((42, 100, 120))
    with LabelFile(path, whole, VOXEL_NM, {"supervoxels": "u8", "raw": "u1"}) as file:
        file.write(BOX, ids, "supervoxels")
        file.write(BOX, raw, "raw")
    roles = {r: {"path": str(path), "dataset": r} for r in ("supervoxels", "raw")}
    return {
        "volumes": roles,
        "voxel_size_nm": dict(zip("zyx", VOXEL_NM)),
        "offset_nm": dict.fromkeys("zyx", 0.0),
        "shape_vx": whole.shape,
        "box_vx": tuple(BOX),
    }


@pytest.fixture
def membership(tmp_path):
    path = tmp_path / "membership.parquet"
    table = pd.DataFrame({"supervoxel": [6, 7, 9], "cell": [5, 5, BIG]})
    write_table(path, table, MEMBERSHIP)
    return str(path)


def save_junctions(folder, grid):
    labels = np.zeros(BOX.shape, "u8")
    labels[within(Box((21, 45, 78), (24, 55, 82)))] = 3  # on the cube's far side in x
    labels[within(Box((17, 30, 40), (19, 35, 45)))] = 4
    paths = []
    for chunk in grid.chunks:
        core = grid.core(chunk)
        paths.append(str(folder / f"{chunk}.h5"))
        with LabelFile(paths[-1], core, VOXEL_NM) as file:
            file.write(core, labels[core.within(BOX)])
    return paths


@pytest.fixture
def junctions(tmp_path):
    return save_junctions(tmp_path / "sj", GRID)


def make_sample(*voxels):
    table = pd.DataFrame(voxels, columns=["z_vx", "y_vx", "x_vx"])
    table["number"] = np.arange(1, len(table) + 1)
    cells = {"cell_a": np.uint64(5), "cell_b": np.uint64(BIG)}
    return table.assign(**cells, junction=np.uint64(3))


def view(sample, dataset, membership, junctions, tile_nm=800):
    return read_views(sample, dataset, membership, junctions, tile_nm)


@pytest.fixture
def views(dataset, membership, junctions):
    """The middle of the cube, its junction, and a corner of the dataset."""
    sample = make_sample((22, 50, 60), (22, 50, 79), (2, 0, 119))
    return [*view(sample, dataset, membership, junctions)]


def test_tiles_are_sections_through_the_candidate(views, dataset):
    _, seen, corner = views
    assert (seen.number, seen.voxel) == (2, (22, 50, 79))
    assert [tile.name for tile in seen.tiles] == ["xy", "xz", "yz"]
    xy, xz, yz = seen.tiles
    assert [t.pixel_nm for t in seen.tiles] == [(10, 10), (40, 10), (40, 10)]
    assert [t.grey.shape for t in seen.tiles] == [(81, 81), (21, 81), (21, 81)]
    corners = [(-405, -405), (-420, -405), (-420, -405)]
    assert [t.corner_nm for t in seen.tiles] == corners
    assert [t.first.sum() for t in seen.tiles] == [40 * 40, 10 * 40, 10 * 40]
    assert (xy.junction.sum(), xz.junction.sum(), yz.junction.sum()) == (40, 12, 30)
    assert xy.junction[35:45, 39:43].all()
    for tile in seen.tiles:
        assert (tile.first != tile.second).all()
        assert tile.grey.min() == 0
        assert tile.grey.max() == 1
    # Where the dataset ends, a tile does: there is nothing to see.
    assert [t.grey.shape for t in corner.tiles] == [(41, 41), (11, 41), (11, 41)]
    assert [t.corner_nm for t in corner.tiles] == [(-5, -405), (-20, -405), (-20, -5)]


def read_png(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def cut(image, place, tile):
    """Pixels of one section on a sheet of 2 x 2 candidates."""
    row, column = divmod(place, 2)
    top = HEAD + row * (100 + TITLE) + TITLE
    left = GAP + column * (300 + GAP) + tile * 100
    return image[top : top + 100, left : left + 100]


def near(image, colour):
    return np.abs(image - colour).max(axis=2) < 40


def test_a_sheet_shows_cells_at_their_size_along_all_axes(
    dataset, membership, junctions, monkeypatch
):
    sample = make_sample((22, 50, 60), (22, 50, 79), (2, 0, 119))
    sample["cell_b"] = np.uint64(77)
    views = view(sample, dataset, membership, junctions)
    monkeypatch.setattr(label_sheets, "add_letter", lambda *_: None)
    monkeypatch.setattr(label_sheets, "add_scale_bar", lambda *_: None)
    ((name, content),) = render_sheets(views, SHEET)
    image = read_png(content)
    assert name == "0001-0003.png"
    assert image.shape == (HEAD + 2 * (100 + TITLE), GAP + 2 * (300 + GAP), 3)
    for tile in range(3):  # a cube of 400 nm in 800 nm
        found = np.argwhere(near(cut(image, 0, tile), ORANGE))
        assert found.min(axis=0) == pytest.approx([25, 25], abs=3)
        assert found.max(axis=0) == pytest.approx([75, 75], abs=3)
    assert not near(image[HEAD:], SKY).any()
    assert (cut(image, 3, 0) == 255).all()


def test_sections_are_grey_images_with_letters_and_outlines(views):
    ((_, content),) = render_sheets(views, SHEET)
    image = read_png(content)
    for place in range(3):
        for tile in range(3):
            shown = cut(image, place, tile)
            grey = shown[np.ptp(shown, axis=2) < 10]
            assert grey.std() > 20
            assert near(shown, SKY).any()
    # Left of and above the corner of the dataset there is nothing to see.
    beyond = cut(image, 2, 2)[5:40, 5:40]
    assert (beyond == 0xDD).all()


def test_nothing_hides_the_synapse(views, monkeypatch):
    monkeypatch.setattr(label_sheets, "YELLOW", "white")
    ((_, content),) = render_sheets(views, {**SHEET, "tile_px": 400})
    top, left = HEAD + TITLE, GAP + 1200 + GAP
    xy = read_png(content)[top : top + 400, left : left + 400]
    middle = xy[175:220, 185:215]  # the junction is as high
    assert np.ptp(middle, axis=2).max() < 10
    assert near(xy, ORANGE).any()


def test_sheets_are_named_by_the_numbers_on_them(dataset, membership, junctions):
    sample = make_sample(*[(22, 50, 60 + i) for i in range(5)])
    views = view(sample, dataset, membership, junctions)
    sheets = dict(render_sheets(views, SHEET))
    assert [*sheets] == ["0001-0004.png", "0005-0005.png"]


def test_chunks_do_not_change_a_sheet(dataset, membership, junctions, views, tmp_path):
    other = save_junctions(tmp_path / "other", Grid(BOX, BOX.shape))
    sample = make_sample(*[view.voxel for view in views])
    again = view(sample, dataset, membership, other)
    assert dict(render_sheets(again, SHEET)) == dict(render_sheets(views, SHEET))


def test_letters_keep_off_the_middle_and_inside_of_their_cell():
    middles = [np.arange(5, 1000, 10.0), np.arange(20, 1000, 40.0)]
    mask = np.zeros((100, 25), bool)
    mask[20:80, 5:20] = True
    row, column = find_room(middles, mask, 1000)
    assert mask[int(row // 10), int(column // 40)]
    assert 150 < np.hypot(row - 500, column - 500) < 250
    assert find_room(middles, np.zeros_like(mask), 1000) is None
    mask[:] = False
    mask[50, 12] = True
    assert find_room(middles, mask, 1000) is None


def make_synapses():
    """A table as connectome/synapses.parquet, of which sheets need these columns."""
    table = make_sample((22, 50, 60), (22, 50, 79), (2, 0, 119)).drop(columns="number")
    table[["z_nm", "y_nm", "x_nm"]] = (table[["z_vx", "y_vx", "x_vx"]] + 0.5) * VOXEL_NM
    pre, post = np.array([[5, BIG], [BIG, 5], [5, BIG]], "u8").T
    ids = np.arange(1, 4, dtype="u8")
    table = table.drop(columns=["cell_a", "cell_b"])
    return table.assign(
        synapse=ids, pre=pre, post=post, voxel_count=100, p_synaptic=0.4
    )


def test_the_table_names_cells_as_the_sheet_and_betrays_nothing(tmp_path):
    sample = draw_sample(make_synapses(), SETTINGS)
    assert (sample["cell_a"] == 5).all()
    assert (sample["cell_b"] == BIG).all()
    path = tmp_path / "candidates.csv"
    write_sample(path, sample)
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert table.columns.tolist() == COLUMNS + TO_FILL
    assert table["number"].tolist() == ["1", "2", "3"]
    assert (table["cell_b"] == f'="{BIG}"').all()
    assert sorted(table["synapse"]) == ["1", "2", "3"]
    assert (table[TO_FILL] == "").all(axis=None)
    away = (
        table[["z_nm", "y_nm", "x_nm"]].astype(int) - sample[["z_nm", "y_nm", "x_nm"]]
    )
    assert (away.abs() <= 0.5).all(axis=None)


def test_the_table_is_write_protected_and_can_be_made_anew(tmp_path):
    path, sample = tmp_path / "a.csv", draw_sample(make_synapses(), SETTINGS)
    write_sample(path, sample)
    assert path.stat().st_mode & 0o222 == 0
    write_sample(path, sample[:1])
    assert len(pd.read_csv(path)) == 1
