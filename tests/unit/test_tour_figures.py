"""Pictures of the tour: sections, cells as meshes, thresholds, stages and doubts."""

import itertools

import numpy as np
import pandas as pd
import pytest

from neuropil.figures import (
    cells,
    colouring,
    doubts,
    sections,
    shading,
    stages,
    thresholds,
)
from neuropil.grid import Box
from neuropil.meshes.store import StoredMesh, write_meshes
from neuropil.schemas import figures as schemas
from neuropil.schemas.base import Field, Schema
from neuropil.storage import LabelFile, as_table, write_table
from neuropil.tour import doubts as doubtful

BOX = Box.of((4, 30, 40))
VOXEL_NM = (40.0, 10.0, 10.0)
IDS = np.zeros(BOX.shape, "u8")
IDS[..., :20], IDS[..., 20:38] = 5, 6
IDS[1:3, 10:15, 25:30] = 7  # ends inside
FLAT = np.array([[0, 0, 0], [0, 0, 100], [0, 100, 0], [0, 100, 100]], float)
SQUARE = np.array([[0, 1, 2], [1, 3, 2]])  # seen from low z


def all_texts(figure):
    found = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return {text.get_text() for text in found if text.get_text()}


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "volumes.h5"
    kinds = {"supervoxels": "u8", "raw": "u1", "membrane": "u1"}
    with LabelFile(path, BOX, VOXEL_NM, kinds) as file:
        file.write(BOX, IDS, "supervoxels")
        raw = np.indices(BOX.shape).sum(axis=0).astype("u1")
        file.write(BOX, raw, "raw")
        file.write(BOX, np.where(IDS == 0, 255, 0).astype("u1"), "membrane")
    return {
        "volumes": {role: {"path": str(path), "dataset": role} for role in kinds},
        "voxel_size_nm": dict(zip("zyx", VOXEL_NM)),
        "offset_nm": dict.fromkeys("zyx", 0.0),
        "shape_vx": BOX.shape,
        "box_vx": tuple(BOX),
    }


@pytest.fixture
def files(tmp_path):
    fields = tuple(Field(name, "uint64", "", "") for name in ("supervoxel", "cell"))
    table = pd.DataFrame({"supervoxel": [5, 6, 7], "cell": [5, 6, 7]}, dtype="u8")
    path = tmp_path / "membership.parquet"
    write_table(path, table, Schema("membership", "", (), fields))
    labels = tmp_path / "z000_y000_x000.h5"
    with LabelFile(labels, BOX, VOXEL_NM) as file:
        file.write(BOX, (IDS == 7).astype("u8"))
    return {"membership": str(path), "mi": [str(labels)]}


class TestColours:
    def test_what_touches_differs_and_an_id_has_one_colour(self):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 9, (2, 12, 12)).astype("u8").repeat(8, 1).repeat(8, 2)
        ids, colours = colouring.choose_colours(list(images))
        assert ids.tolist() == list(range(9))
        assert (colours[0] == 0).all()
        away = np.linalg.norm(colours[:, None] - colours[None], axis=2)
        assert away[~np.eye(9, dtype=bool)].min() > 0.05
        painted = colouring.colour_image(images[1], ids, colours)
        assert (painted[images[1] == 4] == colours[4]).all()

    def test_more_cells_than_colours(self):
        image = np.arange(1, 101, dtype="u8").reshape(10, 10).repeat(9, 0).repeat(9, 1)
        ids, colours = colouring.choose_colours([image])
        palette, _ = colouring.list_palette()
        assert len(palette) < len(ids)
        lookup = dict(zip(ids.tolist(), map(tuple, colours)))
        assert all(lookup[n] != lookup[n + 1] for n in range(1, 100) if n % 10)

    def test_neighbours(self):
        image = np.array([[1, 1, 3], [1, 1, 2**63]], "u8")
        ids = np.unique(image)
        found = colouring.find_neighbours([image], ids)
        assert [part.tolist() for part in found] == [[1, 2], [0, 2], [0, 1]]


class TestSections:
    def test_sections_are_read_and_drawn_in_order(self, dataset, files):
        planes = sections.read_sections(dataset, files, 8000, 3)
        assert [plane.position_nm for plane in planes] == [20, 100, 140]
        assert all(plane.cells.shape == (30, 40) for plane in planes)
        figure = sections.draw_sections(planes, VOXEL_NM[0])
        assert len([a for a in figure.axes if a.images]) == 3
        texts = all_texts(figure)
        assert {"Section 0, z = 0.020 µm", "mitochondria", "100 nm"} <= texts

    def test_a_cell_has_one_colour_in_all_sections(self, dataset, files):
        planes = sections.read_sections(dataset, files, 8000, 9)
        palette = colouring.choose_colours([plane.cells for plane in planes])
        # Raw differs; the tint that lies over it does not.
        tints = [
            sections.paint_overlay(p, palette)[3, 3]
            - 0.6 * sections.grey_image(p)[3, 3]
            for p in planes
        ]
        assert np.ptp(tints, axis=0).max() == pytest.approx(0, abs=1e-9)

    def test_organelles_are_outlined_and_nothing_is_painted_within(
        self, dataset, files
    ):
        plane = sections.read_sections(dataset, files, 8000, 9)[1]
        palette = colouring.choose_colours([plane.cells])
        shown = sections.paint_overlay(plane, palette)
        bare = type(plane)(**{**vars(plane), "classes": {}})
        changed = (shown != sections.paint_overlay(bare, palette)).any(axis=2)
        assert changed[10:15, 25:30].sum() == 25 - 1  # rims of 2 voxels
        assert changed.sum() == 24


class TestShading:
    def image(self, meshes, shape=(60, 60), pixel=4.0, camera=None):
        camera = shading.turn(0, 0) if camera is None else camera
        colours = np.eye(3)[: len(meshes)]
        scene = shading.make_scene(meshes, colours, camera)
        return shading.render(scene, (-70.0, -70.0), shape, pixel)

    def test_a_square_covers_its_area(self):
        shown = self.image([(FLAT, SQUARE)])
        fine = 4 / shading.FINER  # nm; pixels at the rim count as a whole
        area = shown[..., 3].sum() * 4**2
        assert 100**2 <= area <= (100 + 2 * fine) ** 2
        rows, columns = np.nonzero(shown[..., 3] > 0.5)
        assert (rows.min(), rows.max()) == (columns.min(), columns.max()) == (17, 42)

    def test_what_is_nearer_hides_what_is_behind(self):
        near, far = (FLAT, SQUARE), (FLAT + np.array([50, 0, 50]), SQUARE)
        for meshes in ([near, far], [far, near]):
            shown = self.image(meshes)
            first = meshes[0] is near
            assert shown[30, 38, 0 if first else 1] > shown[30, 38, 1 if first else 0]
            assert shown[30, 50, 1 if first else 0] > shown[30, 50, 0 if first else 1]

    def test_what_faces_the_light_is_brighter(self):
        away = FLAT @ shading.turn(60, 0)
        lit, dim = (self.image([(v, SQUARE)])[..., :3].max() for v in (FLAT, away))
        assert lit > dim > shading.AMBIENT - 0.01

    def test_lengths_along_all_axes_are_nm(self):
        """A cube from straight above is as deep, seen from there, as it is wide."""
        corners = cells.list_corners([(0, 0, 0), (100, 100, 100)])
        cube = corners - 50, np.array(list(itertools.product(range(8), repeat=3)))
        for camera in (shading.turn(0, 0), shading.turn(90, 0)):
            shown = self.image([cube], camera=camera)
            rows, columns = np.nonzero(shown[..., 3] > 0.5)
            assert np.ptp(rows) == np.ptp(columns) == pytest.approx(25, abs=1)

    def test_normals_are_smooth_but_at_edges(self):
        bent = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [9, 1, 0]], float)
        faces = np.array([[0, 1, 2], [1, 3, 2], [2, 3, 4]])
        normals = shading.corner_normals(bent, faces)
        assert normals[0] == pytest.approx(np.tile([-1, 0, 0], (3, 1)), abs=1e-9)
        assert np.abs(normals[2, :, 1]).min() > 0.7

    def test_large_triangles_are_cut_without_a_gap(self):
        corners = (FLAT * 9)[SQUARE] + 0.5
        parts, number = shading.split_large(corners)
        assert shading.count_steps(parts).max() <= shading.LONGEST
        assert np.bincount(number).tolist() == [64, 64]
        seen = shading.find_nearest(corners, (902, 902)).reshape(902, 902)
        assert (seen[:901, :901] != shading.NOTHING).all()
        assert (seen[901] == seen[:, 901]).all()
        assert seen[901, 0] == shading.NOTHING

    def test_nothing_to_draw(self):
        empty = (np.zeros((0, 3)), np.zeros((0, 3), int))
        assert not self.image([empty]).any()


class TestCells:
    table = pd.DataFrame(
        {"cell": np.array([4, 2**63, 9, 7], "u8"), "volume_um3": [1.0, 3.0, 5.0, 1.0]}
    )

    def test_the_largest_with_a_mesh_are_chosen(self):
        meshed = np.array([4, 7, 2**63], "u8")
        chosen = cells.choose_cells(self.table, meshed, 2)
        as_table(chosen, schemas.SHOWN_CELLS)
        assert chosen["cell"].tolist() == [2**63, 4]
        assert chosen["volume_share"].tolist() == [0.3, 0.1]

    def test_meshes_are_drawn_with_scales(self, tmp_path, monkeypatch):
        monkeypatch.setattr(cells, "TOGETHER_PX", 300)
        monkeypatch.setattr(cells, "ALONE_PX", 100)
        path = str(tmp_path / "00.h5")
        mesh = StoredMesh(FLAT * 20, SQUARE, 0.01, np.nan)
        write_meshes(path, [(4, mesh), (9, mesh)], "cells")
        files = cells.list_meshed([path])
        assert files == {4: path, 9: path}
        chosen = cells.choose_cells(self.table, list(files), 10)
        meshes = cells.read_meshes(chosen["cell"], files)
        figure = cells.draw_cells(chosen, meshes, [(0, 0, 0), (400, 2000, 2000)])
        assert len([a for a in figure.axes if a.images]) == 3
        texts = all_texts(figure)
        assert "The 2 largest cells, 60% of the volume of all cells" in texts
        assert {"9: 5 µm³", "500 nm"} <= texts

    def test_no_cell_has_a_mesh(self):
        chosen = cells.choose_cells(self.table, np.zeros(0, "u8"), 10)
        figure = cells.draw_cells(chosen, [], [(0, 0, 0), (9, 9, 9)])
        assert "No cell has a mesh" in all_texts(figure)


def make_supervoxels():
    """One row per supervoxel of `IDS`, as a run counts them."""
    rows = []
    for name in (5, 6, 7):
        places = np.argwhere(name == IDS)
        low, high = places.min(axis=0), places.max(axis=0) + 1
        rows.append((name, len(places), *low, *high, *places[len(places) // 2]))
    names = [f"{end}_{a}_vx" for end in ("start", "stop") for a in "zyx"]
    columns = ["supervoxel", "voxel_count", *names, "z_vx", "y_vx", "x_vx"]
    return pd.DataFrame(rows, columns=columns).astype({"supervoxel": "u8"})


EDGES = pd.DataFrame(
    {
        "supervoxel_a": np.array([5, 6], "u8"),
        "supervoxel_b": np.array([6, 7], "u8"),
        "score": [0.2, 0.8],
    }
)


class TestThresholds:
    def test_counts(self):
        found = thresholds.compare_thresholds(make_supervoxels(), EDGES, 0.5, BOX)
        as_table(found, schemas.CELLS_BY_THRESHOLD)
        assert found["threshold"].is_monotonic_increasing
        assert found["is_chosen"].sum() == 1
        rows = found.set_index("threshold")
        assert rows.loc[0.2, ["cell_count", "inner_count"]].tolist() == [1, 0]
        assert rows.loc[0.5, ["cell_count", "inner_count"]].tolist() == [2, 0]
        assert rows["largest_share"].max() == 1

    def test_cells_that_end_inside(self):
        found = thresholds.compare_thresholds(make_supervoxels(), EDGES, 0.9, BOX)
        last = found.iloc[-1]
        assert (last["cell_count"], last["inner_count"]) == (3, 1)
        assert last["inner_share"] == pytest.approx(50 / (IDS != 0).sum())

    def test_changes_are_found(self):
        tables = thresholds.show_cells(make_supervoxels(), EDGES, 0.8)
        assert list(tables) == [0.725, 0.8, 0.875]
        ids = np.array([0, 5, 6, 7], "u8")
        changed = thresholds.find_changes(list(tables.values()), ids)
        assert changed.tolist() == [False, False, True, True]

    def test_without_edges_each_is_a_cell(self):
        none = EDGES.iloc[:0]
        found = thresholds.compare_thresholds(make_supervoxels(), none, 0.5, BOX)
        assert found["cell_count"].tolist() == [3]

    @pytest.mark.parametrize("raw", [True, False])
    def test_the_picture(self, dataset, raw):
        if not raw:
            del dataset["volumes"]["raw"]
        section = thresholds.read_section(dataset, 8000)
        tables = thresholds.show_cells(make_supervoxels(), EDGES, 0.8)
        images = thresholds.paint_changes(section, tables)
        same, changed = (2, 3), (2, 36)
        spread = {p: np.ptp(images[0.8][p]) for p in (same, changed)}
        assert spread[same] == pytest.approx(0, abs=1e-9)  # grey
        assert spread[changed] > 0.1
        counts = thresholds.compare_thresholds(make_supervoxels(), EDGES, 0.8, BOX)
        figure = thresholds.draw_thresholds(counts, section, tables)
        assert {"threshold 0.8", "threshold 0.725", "cells"} <= all_texts(figure)
        assert len(figure.axes) == 5

    def test_scores_are_drawn_where_there_is_truth(self, dataset, tmp_path):
        given = {"threshold": [0.2, 0.8], "voi_split": [0, 1], "voi_merge": [2, 0.5]}
        pd.DataFrame(given).to_parquet(tmp_path / "scores.parquet")
        scores = thresholds.read_scores([str(tmp_path / "scores.parquet")])
        section = thresholds.read_section(dataset, 8000)
        tables = thresholds.show_cells(make_supervoxels(), EDGES, 0.8)
        counts = thresholds.compare_thresholds(make_supervoxels(), EDGES, 0.8, BOX)
        figure = thresholds.draw_thresholds(counts, section, tables, scores)
        drawn = {line.get_label(): line.get_ydata() for line in figure.axes[2].lines}
        assert drawn["both"].tolist() == [2, 1.5]
        assert thresholds.read_scores([]) is None


class TestStages:
    def test_all_stages(self, dataset, files):
        images = stages.read_stages(dataset, files["membership"], 8000)
        assert list(images) == ["raw", "membrane", "supervoxels", "cells"]
        counts = stages.count_stages(images)
        as_table(counts, schemas.STAGES)
        assert counts.set_index("name")["count"].tolist() == [0, 0, 3, 3]
        figure = stages.draw_stages(images, VOXEL_NM[1:])
        assert {"Raw", "Map of membranes", "Supervoxels", "Cells"} <= all_texts(figure)
        assert stages.paint_stage("membrane", images)[0, 39].tolist() == [1, 1, 1]

    def test_without_raw(self, dataset, files):
        del dataset["volumes"]["raw"]
        images = stages.read_stages(dataset, files["membership"], 8000)
        shown = stages.paint_stage("cells", images)
        assert shown[5, 39] == pytest.approx([0.9] * 3)  # no cell
        assert np.ptp(shown[5, 5]) > 0.05


class TestDoubts:
    def organelles(self, fraction):
        row = {"object": 1, "cell": 7, "cell_fraction": fraction, "voxel_count": 50}
        row |= {"start_z_vx": 1, "stop_z_vx": 3, "z_vx": 1, "y_vx": 12, "x_vx": 27}
        return pd.DataFrame([row]).astype({"object": "u8", "cell": "u8"})

    def collect(self, fraction=0.4, junctions=(2,)):
        membership = pd.DataFrame(
            {"supervoxel": [5, 6, 7], "cell": [5, 6, 7]}, dtype="u8"
        )
        inner = doubtful.find_inner_cells(make_supervoxels(), membership, BOX)
        given = {"mi": self.organelles(fraction), "sj": self.organelles(0.1)}
        synapses = pd.DataFrame({"junction": np.array(junctions, "u8")})
        return doubtful.collect_doubts(inner, given, synapses, 6)

    def test_every_kind_is_found(self):
        found = self.collect()
        as_table(found, schemas.DOUBTS)
        kinds = [doubtful.INNER, "mitochondria not in one cell", doubtful.UNUSED]
        assert found["kind"].tolist() == kinds
        assert found["id"].tolist() == [7, 1, 1]
        assert found["remark"].tolist() == ["in 2 sections", "40% in its cell", ""]
        places = found[["z_vx", "y_vx", "x_vx"]].to_numpy()
        assert (IDS[tuple(places.T)] == 7).all()

    def test_what_is_right_is_not_doubted(self):
        found = self.collect(fraction=0.95, junctions=(1,))
        assert found["kind"].tolist() == [doubtful.INNER]

    def test_pictures(self, dataset, files):
        found = self.collect(junctions=(1,))
        strips = list(doubts.read_strips(dataset, files, found, 200))
        assert [strip.names for strip in strips] == [("z 0", "z 1", "z 2", "z 3")] * 2
        assert all(strip.size_nm == (200, 200) for strip in strips)
        red = [[(image[..., 0] > 0.8) & (image[..., 2] < 0.1) for image in s.images]
               for s in strips]  # fmt: skip
        assert [[mask.sum() for mask in masks] for masks in red] == [[0, 24, 24, 0]] * 2
        figure = doubts.draw_doubts(found, strips)
        assert "1 cells that end inside; sections are 0.2 µm wide" in all_texts(figure)

    def test_nothing_to_doubt(self):
        none = self.collect().iloc[:0]
        assert "Nothing to doubt was found" in all_texts(doubts.draw_doubts(none, []))
