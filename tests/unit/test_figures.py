"""Figures: axes, units in labels, and that the data is drawn."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from PIL import Image

from neuropil.analysis.sizes import measure_sizes
from neuropil.costs.benchmarks import read_benchmarks
from neuropil.figures import (
    distances,
    matrix,
    packing,
    painting,
    runs,
    segmentation,
    sizes,
    slices,
    statistics,
    style,
    synapses,
)
from neuropil.grid import Box
from neuropil.schemas import figures as schemas
from neuropil.schemas.phantom import STATISTICS
from neuropil.schemas.sizes import SYNAPSE_PANELS
from neuropil.storage import as_table

VOXEL_NM = (40, 10, 20)
BOX = Box.of((12, 40, 30), (5, 5, 5))


def read_box(box, raw=True, classes=("mi", "er")):
    """Two cells side by side, and classes in a corner of the first."""
    z, y, x = np.meshgrid(*map(np.arange, box.start, box.stop), indexing="ij")
    corner = (z < 12) & (y < 30) & (x < 15)
    grey = ((z + y + x) % 50 * 5).astype("u1")
    return {
        "raw": grey if raw else None,
        "cells": np.where(x < 20, np.uint64(2**63 + 1), np.uint64(7)),
        "classes": dict.fromkeys(classes, corner),
    }


def read(box):
    return read_box(box)


def all_texts(figure):
    found = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return {text.get_text() for text in found if text.get_text()}


class TestStyle:
    def test_colours_follow_from_ids_alone(self):
        ids = np.array([[0, 1, 2], [2**63, 1, 2**64 - 1]], "u8")
        colours = style.colour_ids(ids)
        assert colours.shape == (2, 3, 3)
        assert (colours[0, 0] == 0).all()
        assert (colours[0, 1] == colours[1, 1]).all()
        assert len(np.unique(colours.reshape(-1, 3), axis=0)) == 5
        assert colours.min() >= 0
        assert colours.max() <= 1

    def test_classes_of_a_user_get_colours_of_their_own(self):
        colours = style.colour_classes(["mi", "er", "golgi"])
        assert colours["mi"] == style.BLUE
        assert len(set(colours.values())) == 3

    def test_the_same_figure_gives_the_same_bytes(self, tmp_path):
        data = []
        for name in ("a", "b"):
            figure = runs.draw_runs(runs.sum_rules(JOBS))
            paths = tmp_path / f"{name}.svg", tmp_path / f"{name}.png"
            style.save_figure(figure, *paths)
            data.append([path.read_bytes() for path in paths])
        assert data[0] == data[1]


class TestSlices:
    def test_planes_lie_in_the_middle_and_in_the_window(self):
        planes = slices.read_planes(read, BOX, VOXEL_NM, window_nm=320)
        assert [plane.axis for plane in planes] == ["z", "y", "x"]
        assert [plane.cells.shape for plane in planes] == [(32, 16), (8, 16), (8, 32)]
        assert [plane.position_nm for plane in planes] == [
            10.5 * 40,
            24.5 * 10,
            19.5 * 20,
        ]
        assert all(max(plane.size_nm) <= 320 for plane in planes)

    def test_all_kinds_of_images_are_drawn_to_scale(self):
        planes = slices.read_planes(read, BOX, VOXEL_NM, window_nm=8000)
        figure = slices.draw_slices(planes)
        assert len(figure.axes) == 9
        left, right, bottom, top = figure.axes[3].images[0].get_extent()
        assert (right - left, bottom - top) == (30 * 20, 12 * 40)
        texts = all_texts(figure)
        assert {"mitochondria", "er", "100 nm"} <= texts
        assert "Cells, xz at y = 0.24 µm" in texts

    def test_without_raw_and_classes_only_cells_are_drawn(self):
        def read_cells(box):
            return read_box(box, raw=False, classes=())

        planes = slices.read_planes(read_cells, BOX, VOXEL_NM, window_nm=8000)
        figure = slices.draw_slices(planes)
        assert [a.get_title("left").split(",")[0] for a in figure.axes] == ["Cells"] * 3
        assert not figure.legends

    def test_overlays_change_only_what_they_cover(self):
        (plane, *_) = slices.read_planes(read, BOX, VOXEL_NM, window_nm=8000)
        plain, painted = slices.grey_image(plane), slices.paint_classes(plane)
        covered = plane.classes["mi"]
        assert (plain[~covered] == painted[~covered]).all()
        assert (plain[covered] != painted[covered]).any(axis=-1).all()
        cells = slices.paint_cells(plane)
        inside = cells[2, 2] - cells[2, 24]
        assert np.abs(inside).max() > 0.01

    def test_fractions(self):
        planes = slices.read_planes(read, BOX, VOXEL_NM, window_nm=8000)
        table = slices.measure_planes(planes)
        as_table(table, schemas.SLICE_FRACTIONS)
        row = table.query("axis == 'z' and name == 'mi'").iloc[0]
        assert row["fraction"] == pytest.approx(25 * 10 / (40 * 30))


def make_edges():
    rows = [
        (1, 2, 3, 0.6, 1),
        (2, 3, 1, 0.1, -1),
        (9, 2, 1, 0.2, 0),
        (2, 1, 1, 0.3, -1),
    ]
    names = ["pre", "post", "synapse_count", "area_um2", "sign"]
    return pd.DataFrame(rows, columns=names).astype({"pre": "u8", "post": "u8"})


TYPES = pd.DataFrame({"cell": np.array([1, 2, 3], "u8"), "type": ["AFF", "SPN", "GP"]})


class TestMatrix:
    def place(self, types):
        edges = make_edges()
        rows = matrix.order_cells(edges, "pre", types)
        columns = matrix.order_cells(edges, "post", types)
        placed = matrix.place_edges(edges, rows, columns)
        as_table(placed, schemas.MATRIX_EDGES)
        return placed, rows, columns

    def test_cells_come_by_type_then_size_and_unknown_ones_last(self):
        _, rows, columns = self.place(TYPES)
        assert rows["cell"].tolist() == [1, 2, 9]
        assert rows["type"].tolist() == ["AFF", "SPN", ""]
        assert columns["cell"].tolist() == [2, 1, 3]

    def test_without_types_cells_come_by_size(self):
        placed, rows, _ = self.place(None)
        assert rows["cell"].tolist() == [1, 2, 9]
        assert not rows["type"].any()
        assert len(placed) == 4

    def test_the_matrix_shows_every_connection(self):
        placed, rows, columns = self.place(TYPES)
        figure = matrix.draw_matrix(placed, rows, columns)
        axis = figure.axes[0]
        marks = [c for c in axis.collections if isinstance(c, PathCollection)]
        places = np.concatenate([mark.get_offsets() for mark in marks])
        drawn = sorted(map(tuple, places.astype(int)))
        assert drawn == sorted(zip(placed["column"], placed["row"]))
        areas = np.concatenate([mark.get_sizes() for mark in marks])
        assert max(areas) / min(areas) == pytest.approx(6)
        texts = all_texts(figure)
        assert {"AFF", "SPN", "GP", "other", "symmetric", "asymmetric"} <= texts
        assert axis.get_title(loc="left") == "6 synapses, 4 connections"
        assert any("µm²" in text for text in texts)

    def test_no_connections(self):
        edges = make_edges().iloc[:0]
        orders = [matrix.order_cells(edges, side, TYPES) for side in ("pre", "post")]
        placed = matrix.place_edges(edges, *orders)
        as_table(placed, schemas.MATRIX_EDGES)
        matrix.draw_matrix(placed, *orders)


class TestSizes:
    values = np.random.default_rng(0).lognormal(-1.5, 0.6, 500)

    def collect(self):
        area, volume = (
            pd.DataFrame({name: self.values}) for name in ("area_um2", "volume_um3")
        )
        named = {"synapses": area, "cells": volume, "contacts": area.iloc[:0]}
        return sizes.collect_sizes(named, {"mi": volume, "er": volume})

    def test_kinds_have_units_and_empty_ones_are_left_out(self):
        assert list(self.collect()) == [
            "synapse area (µm²)",
            "cell volume (µm³)",
            "mitochondrion volume (µm³)",
            "er volume (µm³)",
        ]

    def test_histograms_hold_every_object_and_the_fit_fits(self):
        table = sizes.count_sizes(self.collect())
        as_table(table, schemas.SIZE_HISTOGRAMS)
        for _, part in table.groupby("name"):
            assert part["count"].sum() == 500
            assert part["expected"].sum() == pytest.approx(500, rel=0.05)
            assert (part["lower"].to_numpy()[1:] == part["upper"].to_numpy()[:-1]).all()

    def test_panels(self):
        found = self.collect()
        figure = sizes.draw_sizes(found, sizes.count_sizes(found))
        labels = [axis.get_xlabel() for axis in figure.axes[:4]]
        assert labels == list(found)
        assert all(axis.get_xscale() == "log" for axis in figure.axes[:4])
        fits = [
            line for line in figure.axes[0].lines if line.get_label() == "log-normal"
        ]
        assert len(fits) == 1
        assert not [a for a in figure.axes[1:4] if len(a.lines) > 1]
        median = f"median {np.median(self.values):.2g} µm²"
        assert any(median in text for text in all_texts(figure))

    def test_one_object_and_none(self):
        one = {"cell volume (µm³)": np.array([0.5])}
        sizes.draw_sizes(one, sizes.count_sizes(one))
        table = sizes.count_sizes({})
        as_table(table, schemas.SIZE_HISTOGRAMS)
        sizes.draw_sizes({}, table)


class TestSynapses:
    def panels(self, **changes):
        rng = np.random.default_rng(0)
        ends = {end: rng.integers(1, 12, 300).astype("u8") for end in ("pre", "post")}
        table = pd.DataFrame(ends | {"area_um2": rng.lognormal(-2, 0.5, 300)})
        table = table.assign(**changes).dropna(axis="columns", how="all")
        found = measure_sizes(table, [], 20, 1)
        panels = synapses.list_panels(table, found, (0.5, 0.6))
        as_table(panels, SYNAPSE_PANELS)
        return table, found, panels

    def test_panels_hold_every_synapse_and_pair(self):
        table, _, panels = self.panels()
        value = panels.groupby("panel")["value"].sum()
        assert value["sizes"] == 300
        assert value["pairs"] == len(table[["pre", "post"]].drop_duplicates())
        part = panels[panels["panel"] == "pairs"]
        assert (part["lower"] * part["value"]).sum() == 300
        expected = panels[panels["panel"] == "sizes"][["expected", "mixture"]].sum()
        assert expected.tolist() == pytest.approx([300, 300], rel=0.05)

    def test_all_panels_are_drawn(self):
        _, found, panels = self.panels()
        figure = synapses.draw_synapses(panels, found)
        left, middle, right = figure.axes
        assert left.get_xlabel() == "synapse area (µm²)"
        assert left.get_xscale() == "log"
        assert middle.get_yscale() == "log"
        assert {line.get_label() for line in left.lines} == {
            "log-normal",
            "mixture of two",
        }
        part = panels[(panels["panel"] == "pairs") & (panels["value"] > 0)]
        (marks,) = (line for line in middle.lines if line.get_label() == "found")
        assert marks.get_xdata().tolist() == part["lower"].tolist()
        assert marks.get_ydata().tolist() == part["value"].tolist()
        labels = [label.get_text() for label in right.get_yticklabels()]
        assert labels == [*synapses.RELATIONS.values()]
        low, high = right.get_xlim()
        shown = panels[panels["panel"] == "correlation"][["value", "low", "high"]]
        assert low < shown.min().min()
        assert high > shown.max().max()
        assert any("n = 300" in text for text in all_texts(figure))

    def test_without_sizes_pairs_are_drawn_alone(self):
        _, found, panels = self.panels(area_um2=np.nan)
        figure = synapses.draw_synapses(panels, found)
        assert [axis.get_title(loc="left") for axis in figure.axes] == [
            "Pairs of cells"
        ]

    def test_equal_sizes_have_no_fit(self):
        _, found, panels = self.panels(area_um2=0.1)
        figure = synapses.draw_synapses(panels, found)
        assert any("no fit" in text for text in all_texts(figure))

    def test_no_synapses(self):
        table, _, _ = self.panels()
        found = measure_sizes(table.iloc[:0], [], 5, 1)
        panels = synapses.list_panels(table.iloc[:0], found, (0.5, 0.6))
        as_table(panels, SYNAPSE_PANELS)
        assert "No synapses" in all_texts(synapses.draw_synapses(panels, found))


class TestDistances:
    def synapses(self):
        area = np.linspace(0.1, 0.5, 60)
        table = pd.DataFrame(
            {"pre": np.repeat([1, 2, 3], [40, 10, 10]), "area_um2": area}
        )
        far = np.where(np.arange(60) < 20, 900.0, 300.0)
        far[0] = np.nan
        return table.astype({"pre": "u8"}).assign(mi_pre_nm=far, p_synaptic=0.9)

    def split(self, **changes):
        synapses = self.synapses().assign(**changes)
        table = distances.split_by_size(synapses, TYPES, 0.5)
        as_table(table, schemas.MITOCHONDRION_DISTANCES)
        return table

    def test_large_synapses_are_nearer(self):
        table = self.split()
        assert set(table["type"]) == {"AFF"}
        groups = table.groupby("group")["distance_nm"]
        assert groups.size().to_dict() == {"large": 20, "small": 20}
        assert groups.median().to_dict() == {"large": 300, "small": 900}
        assert np.isinf(groups.max()["small"])

    def test_unlikely_synapses_are_left_out(self):
        assert self.split(p_synaptic=0.4).empty

    def test_panels(self):
        figure = distances.draw_distances(self.split())
        (axis,) = (a for a in figure.axes if a.get_visible())
        assert axis.get_xlabel() == "distance to mitochondrion (µm)"
        curves = {line.get_label().split(":")[0]: line for line in axis.lines}
        assert set(curves) == {"small", "large"}
        small = curves["small"]
        assert small.get_xdata()[-2] == 0.9
        assert small.get_ydata()[[0, -1]].tolist() == [0, 0.95]
        assert curves["large"].get_ydata()[-1] == 1
        assert any(text.startswith("KS 1.00") for text in all_texts(figure))

    def test_no_type_with_enough_synapses(self):
        distances.draw_distances(self.split(p_synaptic=0.1))


JOBS = pd.DataFrame(
    [
        ("label_b", 2.0, 100.0, 1.5),
        ("label_b", 4.0, 300.0, 3.5),
        ("merge_a", 5.0, 50.0, 5),
    ],
    columns=["rule", "seconds", "peak_mb", "cpu_seconds"],
)


class TestRuns:
    def test_jobs_of_a_rule_are_summed(self):
        table = runs.sum_rules(JOBS)
        as_table(table, schemas.RULE_COSTS)
        assert table["rule"].tolist() == ["label_b", "merge_a"]
        first = table.iloc[0]
        assert (first["job_count"], first["seconds"], first["peak_mb"]) == (2, 6, 300)

    def test_benchmarks_are_read_by_rule(self, tmp_path):
        head = "s\th:m:s\tmax_rss\tmax_vms\tcpu_time\n"
        (tmp_path / "label_b").mkdir()
        (tmp_path / "label_b" / "z0.tsv").write_text(
            head + "2.5\t0:00:02\t80.5\t1\t2.0\n"
        )
        (tmp_path / "merge_a.tsv").write_text(head + "0.1\t0:00:00\t-\t-\t-\n")
        jobs = read_benchmarks(tmp_path)
        assert jobs["rule"].tolist() == ["label_b", "merge_a"]
        assert jobs["peak_mb"].tolist() == [80.5, 0]

    def test_bars(self):
        figure = runs.draw_runs(runs.sum_rules(JOBS))
        time, memory = figure.axes
        assert "(s)" in time.get_xlabel()
        assert "(MB)" in memory.get_xlabel()
        assert {bar.get_width() for bar in time.patches} == {6, 5, 4}

    def test_no_benchmarks(self, tmp_path):
        runs.draw_runs(runs.sum_rules(read_benchmarks(tmp_path)))


class TestStatistics:
    table = pd.DataFrame(
        {
            "quantity": ["synapses per µm³", "mitochondria (%)", "calibre (nm)"],
            "value": [1.0, 9.0, 1000.0],
            "low": [0.5, 5.0, 100.0],
            "high": [1.5, 8.0, 500.0],
            "source": "somebody 2000",
        }
    )

    def test_values_are_placed_in_their_ranges(self):
        as_table(self.table, STATISTICS)
        places = statistics.place_values(self.table)
        assert places == pytest.approx([0.5, 4 / 3, 1 + statistics.REACH])

    def test_rows(self):
        figure = statistics.draw_statistics(self.table)
        assert set(self.table["quantity"]) <= all_texts(figure)
        assert "1 of 3 within the published range" in all_texts(figure)


class TestSegmentation:
    def sweep(self, **columns):
        scores = {
            "threshold": [0.5, 0.6, 0.7],
            "cell_count": [3, 4, 5],
            "voi_split": [0.2, 0.5, 0.7],
            "voi_merge": [1.0, 0.4, 0.1],
            "adapted_rand_error": [0.3, 0.1, 0.2],
        }
        return pd.DataFrame(scores | columns)

    def test_curves_are_the_columns_and_sums(self):
        curves = segmentation.list_curves(self.sweep())
        as_table(curves, schemas.SEGMENTATION_CURVES)
        points = curves.set_index(["name", "threshold"])["value"]
        assert points["voi_sum"].tolist() == pytest.approx([1.2, 0.9, 0.8])
        assert points["cell_count", 0.7] == 5
        assert len(curves) == 5 * 3

    def test_panels_mark_the_chosen_threshold(self):
        runs = {"erl_um": [2.0, 3.0, 1.0], "erl_limit_um": [4.0, 4.0, 4.0]}
        curves = segmentation.list_curves(self.sweep(**runs))
        figure = segmentation.draw_segmentation(curves, 0.6)
        titles = [axis.get_title("left") for axis in figure.axes if axis.lines]
        assert titles == [*segmentation.PANELS]
        first = figure.axes[0]
        lines = {line.get_label(): line for line in first.lines}
        assert lines["sum: 0.9"].get_ydata().tolist() == pytest.approx([1.2, 0.9, 0.8])
        assert {"split: 0.5", "merge: 0.4"} <= {*lines}
        assert first.lines[-1].get_xdata() == [0.6, 0.6]
        assert first.get_ylabel() == "bit"

    def test_a_threshold_between_two_of_the_sweep_has_both_values(self):
        curves = segmentation.list_curves(self.sweep())
        texts = all_texts(segmentation.draw_segmentation(curves, 0.65))
        assert "split: 0.5 to 0.7" in texts
        assert "split" in all_texts(segmentation.draw_segmentation(curves, None))

    def test_further_columns_get_panels_of_their_own(self):
        more = {f"voi_{part}_neurons": [0.1, 0.2, 0.3] for part in ("split", "merge")}
        more |= {"speed": [1.0, 2.0, 3.0], "erl_um": [np.nan] * 3}  # the last unknown
        curves = segmentation.list_curves(self.sweep(**more))
        sums = curves[(curves["of"] == "neurons") & (curves["name"] == "voi_sum")]
        assert sums["value"].tolist() == pytest.approx([0.2, 0.4, 0.6])
        figure = segmentation.draw_segmentation(curves, 0.6)
        titles = [axis.get_title("left") for axis in figure.axes if axis.lines]
        assert titles[3:] == ["Speed", "Variation of information, neurons"]


def test_saved_pictures_can_be_read(tmp_path):
    figure = statistics.draw_statistics(TestStatistics.table)
    style.save_figure(figure, tmp_path / "a.svg", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 800
    assert "<svg" in (tmp_path / "a.svg").read_text()[:500]


@pytest.mark.parametrize(("side", "kind"), [(100, "png"), (500, "jpeg")])
def test_large_images_are_packed_in_drawings(tmp_path, side, kind):
    noise = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    figure = Figure(figsize=(side / 200, side / 200))
    figure.add_axes((0, 0, 1, 1)).imshow(noise)
    paths = [tmp_path / name for name in ("a.svg", "a.png")]
    style.save_figure(figure, *paths)
    (found,) = re.findall(r"data:image/(\w+);base64,([^\"]+)", paths[0].read_text())
    assert found[0] == kind
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as image:
        assert image.format == kind.upper()
        assert image.size == (side, side)
    with Image.open(paths[1]) as image:
        assert image.format == "PNG"
    before = paths[0].read_bytes()
    style.save_figure(figure, *paths)
    assert paths[0].read_bytes() == before


def test_packed_pictures_look_the_same():
    rows, columns = np.indices((200, 200))
    picture = np.stack([rows, columns, (rows // 20 + columns // 20) % 2 * 200], axis=-1)
    file = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(file, "PNG")
    data, kind = packing.pack_picture(file.getvalue(), 1)
    assert kind == "jpeg"
    with Image.open(io.BytesIO(data)) as image:
        assert np.abs(np.asarray(image).astype(int) - picture).mean() < 8


def test_pictures_with_transparency_stay_as_they_are():
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 4), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert packing.pack_picture(file.getvalue(), 1) == (file.getvalue(), "png")


def test_rims_follow_objects_and_not_the_image():
    labels = np.zeros((6, 7), "u8")
    labels[1:5, 1:5], labels[:, 6] = 3, 4
    rims = painting.find_rims(labels)
    assert rims[1:5, 1:5].sum() == 12
    assert not rims[2:4, 2:4].any()
    assert rims[:, 6].all()
    assert not rims[labels == 0].any()
    assert painting.find_rims(labels, width=2)[1:5, 1:5].all()
    assert not painting.find_rims(np.full((4, 4), 9)).any()
