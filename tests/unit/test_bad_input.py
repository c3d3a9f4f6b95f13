"""Every fault of the input gives one clear message and leaves results as they were."""

import errno
import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from snakemake.utils import update_config

from neuropil.agglomeration import read_agglomeration
from neuropil.checks import keep_checks
from neuropil.config import check_config
from neuropil.dataset import (
    resolve_agglomeration,
    resolve_cells,
    resolve_compared,
    resolve_sources,
)
from neuropil.errors import InputError
from neuropil.volumes import stores
from volume_files import (
    SIZE,
    write_hdf5,
    write_json,
    write_n5,
    write_ome,
    write_precomputed,
    write_sections,
    write_store,
    write_tiff,
    write_zarr2,
)

CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"
SHAPE = (12, 20, 28)
IDS = np.array([3, 2**40, 2**63 + 5], "u8")


class Case:
    """A valid dataset in a folder, to be spoiled by a fault."""

    def __init__(self, folder):
        self.folder = folder
        self.config = yaml.safe_load(CONFIG.read_text())
        rng = np.random.default_rng(0)
        self.arrays = {
            "supervoxels": rng.choice(IDS, SHAPE),
            "raw": rng.integers(0, 256, SHAPE, "u1"),
            "mi": rng.random(SHAPE, "f4"),
        }
        volumes = {
            role: write_hdf5(folder, array, f"{role}.h5")
            for role, array in self.arrays.items()
        }
        table = pd.DataFrame({"supervoxel": IDS, "cell": IDS})
        self.set(
            dataset="small",
            voxel_size_nm=dict(zip("zyx", SIZE)),
            volumes=volumes,
            agglomeration={"table": self.table(table, "good.parquet")},
        )

    def set(self, **changes):
        update_config(self.config, changes)

    def replace(self, role, source):
        self.config["volumes"][role] = source

    def array(self, role, array, **attributes):
        """Give a role another array."""
        source = write_hdf5(self.folder, array, f"bad_{role}.h5", **attributes)
        self.config["volumes"][role].update(source)

    def affinities(self, array, **source):
        """Give the dataset affinities, to make its supervoxels from."""
        found = write_hdf5(self.folder, array, "affinities.h5")
        self.config["volumes"] |= {"affinities": found | source, "supervoxels": None}
        self.set(segmentation={"map": "affinities"}, agglomeration=None)

    def table(self, frame, name="table.parquet"):
        path = self.folder / name
        if isinstance(frame, str):
            path.write_bytes(frame.encode("latin-1"))
        else:
            frame.to_parquet(path)
        return str(path)

    def agglomeration(self, frame, name="table.parquet"):
        self.config["agglomeration"] = {"table": self.table(frame, name)}

    def edges(self, frame, name="edges.parquet", threshold=0.5):
        edges = {"edges": self.table(frame, name), "threshold": threshold}
        self.config["agglomeration"] = edges

    def run(self):
        """Do what a run does before and with its input."""
        check_config(self.config)
        dataset = resolve_sources(self.config, str(self.folder / "results"))
        cells = resolve_cells(self.config, dataset)
        resolve_compared(self.config, dataset)
        given = resolve_agglomeration(self.config, str(self.folder / "results"))
        path = self.folder / "results" / "checks.json"
        keep_checks(path, dataset, cells, given)
        read_agglomeration(given, IDS, whole=True)


FAULTS = {}


def fault(message):
    """Register a fault: a function that spoils a case, and what is said then."""

    def register(function):
        FAULTS[function.__name__] = (function, message)
        return function

    return register


# The config


@fault(r"organels is no known key; did you mean organelles\? Correct")
def typo_in_a_key(case):
    case.set(organels={})


@fault(r"organelles\.mi\.treshold is no known key; did you mean threshold\?")
def typo_in_an_inner_key(case):
    case.config["organelles"]["mi"]["treshold"] = 0.5


@fault(r"volumes\.mito is no known key; did you mean mi\?")
def unknown_role(case):
    case.set(volumes={"mito": {"path": "a.h5"}})


@fault(r"organelles\.mi\.threshold is the text 'high', expected a number")
def text_for_a_number(case):
    case.set(organelles={"mi": {"threshold": "high"}})


@fault(r"voxel_size_nm is \[40, 16, 8\], expected a group of keys")
def list_for_axes(case):
    case.config["voxel_size_nm"] = [40, 16, 8]


@fault(r"min_size_vx is 2\.5, expected a whole number")
def fraction_of_a_voxel(case):
    case.set(organelles={"mi": {"min_size_vx": 2.5}})


@fault(r"mi\.threshold is 43, expected at most 1")
def threshold_out_of_range(case):
    case.set(organelles={"mi": {"threshold": 43}})


@fault(r"organelles\.mi\.erosion_nm is missing.*Radius of the erosion")
def missing_key(case):
    del case.config["organelles"]["mi"]["erosion_nm"]


@fault(r"chunk_shape_vx\.z is 0, expected at least 1")
def chunk_without_voxels(case):
    case.set(chunk_shape_vx={"z": 0})


@fault(r"voxel_size_nm\.y is 0, expected more than 0")
def voxel_size_zero(case):
    case.set(voxel_size_nm={"y": 0})


@fault(r"voxel_size_nm\.x is -8, expected more than 0")
def voxel_size_negative(case):
    case.set(voxel_size_nm={"x": -8})


@fault(r"voxel_size_nm\.x is nan, expected a finite number")
def voxel_size_no_number(case):
    case.set(voxel_size_nm={"x": float("nan")})


@fault(r"dataset holds the text 'a/b', expected text that matches")
def dataset_with_a_slash(case):
    case.set(dataset="a/b")


@fault(r"dataset holds the text 'größe'")
def dataset_not_in_ascii(case):
    case.set(dataset="größe")


@fault(r"volumes\.raw\.kind is the text 'greyvalues', expected one of intensity")
def unknown_kind(case):
    case.set(volumes={"raw": {"kind": "greyvalues"}})


@fault(r"organelles\.er has no map; .* Add organelles\.er\.volume")
def organelle_without_volume(case):
    case.set(organelles={"er": case.config["organelles"]["mi"]})


@fault(r"volumes\.mi is given, but organelles\.mi is missing")
def organelle_without_settings(case):
    del case.config["organelles"]["mi"]


@fault(r"volumes\.raw\.path is missing, expected a file")
def volume_without_path(case):
    del case.config["volumes"]["raw"]["path"]


@fault(r"volumes\.raw and volumes\.supervoxels are the same array|supervoxels and")
def two_roles_with_one_array(case):
    case.replace("raw", dict(case.config["volumes"]["supervoxels"]))


@fault(r"box \(z 4-14.*\) reaches beyond the dataset, whose shape is 12 x 20 x 28")
def box_outside_of_the_volume(case):
    start, shape = {"z": 4, "y": 0, "x": 0}, {"z": 10, "y": 5, "x": 5}
    case.set(box={"start_vx": start, "shape_vx": shape})


@fault(r"agglomeration has table and edges, expected exactly one")
def two_agglomerations(case):
    case.set(agglomeration={"edges": "b", "threshold": 0.5})


@fault(r"agglomeration\.threshold goes with agglomeration\.edges")
def edges_without_threshold(case):
    case.config["agglomeration"] = {"edges": "edges.parquet"}


@fault(r"agglomeration\.threshold goes with agglomeration\.edges")
def threshold_without_edges(case):
    case.set(agglomeration={"threshold": 0.5})


# Files and formats


@fault(r"volumes\.raw: .*rew\.h5 does not exist; .* holds .*raw\.h5.*data_root")
def missing_file(case):
    case.set(volumes={"raw": {"path": str(case.folder / "rew.h5")}})


@fault(r"raw\.h5\) has no dataset 'em/raw'; it holds: em/data\. Name one")
def missing_dataset_in_a_file(case):
    case.set(volumes={"raw": {"dataset": "em/raw"}})


@fault(r"raw\.h5 is no readable HDF5 file .*copy it anew")
def truncated_hdf5(case):
    path = case.folder / "raw.h5"
    os.truncate(path, path.stat().st_size // 2)


@fault(r"notes\.h5 is no readable HDF5 file")
def text_called_hdf5(case):
    (case.folder / "notes.h5").write_text("no volume")
    case.replace("raw", {"path": str(case.folder / "notes.h5")})


@fault(r"volumes\.raw .* has no format that is known: expected HDF5")
def unknown_format(case):
    (case.folder / "raw.dm4").write_text("")
    case.replace("raw", {"path": str(case.folder / "raw.dm4")})


@fault(r"is put together from other files, of which part\.h5 is missing")
def virtual_dataset_without_its_source(case):
    layout = h5py.VirtualLayout(SHAPE, "u1")
    layout[:] = h5py.VirtualSource("part.h5", "em/data", SHAPE)
    with h5py.File(case.folder / "joined.h5", "w") as file:
        file.create_virtual_dataset("em", layout)
    case.replace("raw", {"path": str(case.folder / "joined.h5")})


@fault(r"holds values of type .*, expected whole or decimal numbers")
def records_for_voxels(case):
    case.array("raw", np.zeros(SHAPE, [("a", "u1"), ("b", "u1")]))


@fault(r"holds a 2-d array \(20 x 28\) with axes 'yx', expected 3 axes")
def two_dimensions(case):
    case.array("raw", case.arrays["raw"][0])


@fault(r"holds 2 channels, expected one\. Say which .* channel \(0 to 1\)")
def four_dimensions(case):
    case.array("raw", np.stack([case.arrays["raw"]] * 2))


@fault(r"has no channel 2, it holds 2\. Set")
def missing_channel(case):
    case.array("raw", np.stack([case.arrays["raw"]] * 2))
    case.set(volumes={"raw": {"channel": 2}})


@fault(r"holds 3 time points, expected one")
def time_series(case):
    case.array("raw", np.zeros((3, 1, *SHAPE), "u1"))


@fault(r"is empty \(shape 0 x 20 x 28\)")
def array_without_voxels(case):
    case.array("raw", np.zeros((0, 20, 28), "u1"))


@fault(r"holds no TIFF or PNG files, expected the sections")
def empty_folder(case):
    (case.folder / "empty").mkdir()
    case.replace("raw", {"path": str(case.folder / "empty")})


def spoil_sections(case, suffix, spoil):
    source = write_sections(case.folder, case.arrays["raw"], suffix)
    case.replace("raw", source)
    spoil(Path(source["path"]))


@fault(r"section_9\.png is 20 x 27, but s2_section_7\.png is 20 x 28\. Bring")
def sections_of_different_sizes(case):
    def spoil(folder):
        Image.fromarray(np.zeros((20, 27), "u1")).save(folder / "s2_section_9.png")

    spoil_sections(case, ".png", spoil)


@fault(r"between sections 8 and 10 there are others missing, expected steps of 1")
def gap_in_the_numbers_of_sections(case):
    spoil_sections(case, ".tif", lambda f: (f / "s2_section_9.tif").unlink())


@fault(r"copy_9\.tif has the same section number|s2_section_9\.tif has the same")
def section_number_twice(case):
    def spoil(folder):
        (folder / "copy_9.tif").write_bytes((folder / "s2_section_9.tif").read_bytes())

    spoil_sections(case, ".tif", spoil)


@fault(r"cover\.tif has no section number; expected a number")
def section_without_number(case):
    def spoil(folder):
        (folder / "s2_section_9.tif").rename(folder / "cover.tif")

    spoil_sections(case, ".tif", spoil)


@fault(r"holds both TIFF and PNG files")
def sections_of_two_formats(case):
    def spoil(folder):
        Image.fromarray(np.zeros((20, 28), "u1")).save(folder / "section_99.png")

    spoil_sections(case, ".tif", spoil)


@fault(r"s2_section_7\.png is no image that can be read \(it is a colour image \(RGB\)")
def colour_section(case):
    def spoil(folder):
        Image.new("RGB", (28, 20)).save(folder / "s2_section_7.png")

    spoil_sections(case, ".png", spoil)


@fault(r"s2_section_9\.png is no image that can be read")
def damaged_section(case):
    def spoil(folder):
        (folder / "s2_section_9.png").write_bytes(b"\x89PNG nothing")

    spoil_sections(case, ".png", spoil)


@fault(r"stack\.tif is no image that can be read \(mmap length is greater")
def truncated_tiff(case):
    source = write_tiff(case.folder, case.arrays["raw"])
    os.truncate(source["path"], 2000)
    case.replace("raw", source)


@fault(r"its metadata file inner/\.zarray is damaged")
def damaged_zarr_metadata(case):
    source = write_zarr2(case.folder, case.arrays["raw"])
    Path(source["path"], "inner/.zarray").write_text('{"shape": [12,')
    case.replace("raw", source)


@fault(r"volumes\.raw .* can't be opened \(.*Check its path and format")
def zarr_metadata_without_meaning(case):
    source = write_zarr2(case.folder, case.arrays["raw"])
    write_json(Path(source["path"], "inner/.zarray"), {"shape": [12, 20, 28]})
    case.replace("raw", source)


@fault(r"voxels z 0-12, .* can't be read \(.*damaged or out of reach")
def damaged_zarr_chunk(case):
    path = case.folder / "plain.zarr"
    write_store("zarr", path, case.arrays["raw"])
    (path / "0.0.0").write_bytes(b"nothing")
    case.replace("raw", {"path": str(path)})


@fault(r"is a Zarr group without an image .* key dataset")
def zarr_group_without_image(case):
    source = write_zarr2(case.folder, case.arrays["raw"])
    write_json(Path(source["path"], ".zgroup"), {"zarr_format": 2})
    case.replace("raw", {"path": source["path"]})


@fault(r"has no level 2, it has 2 \(0: 40 x 16 x 8 nm")
def missing_level(case):
    case.replace("raw", write_ome(case.folder, case.arrays["raw"]) | {"level": 2})


@fault(r"has no level with voxels of 40 x 4 x 4 nm .* it has 0: 40 x 16 x 8 nm")
def missing_resolution(case):
    size = {"voxel_size_nm": {"z": 40, "y": 4, "x": 4}}
    case.replace("raw", write_ome(case.folder, case.arrays["raw"]) | size)


@fault(r"has no precomputed volume at 'its top', expected a file info with scales")
def precomputed_without_scales(case):
    source = write_precomputed(case.folder, case.arrays["raw"])
    write_json(Path(source["path"], "info"), {"type": "image"})
    case.replace("raw", source)


@fault(r"has no N5 metadata at 'em/raw'")
def missing_array_of_n5(case):
    source = write_n5(case.folder, case.arrays["raw"]) | {"dataset": "em/raw"}
    case.replace("raw", source)


@fault(r"http://127\.0\.0\.1:9/raw\) can't be reached .*Check the address")
def address_out_of_reach(case):
    case.replace("raw", {"path": "http://127.0.0.1:9/raw"})


@fault(r"starts with ftp://, expected a folder, http")
def unknown_kind_of_address(case):
    case.replace("raw", {"path": "ftp://host/raw.zarr"})


# Types, places, values


@fault(r"supervoxels .* holds float64, expected whole numbers.*2\^53: export")
def ids_as_floats(case):
    case.array("supervoxels", case.arrays["supervoxels"].astype("f8"))


@fault(r"holds the negative id -9223372036854775803, .*2\^63 turn negative")
def ids_above_2_to_63_as_signed(case):
    case.array("supervoxels", case.arrays["supervoxels"].astype("i8"))


@fault(r"holds no label: all voxels of the box are 0")
def empty_segmentation(case):
    case.array("supervoxels", np.zeros(SHAPE, "u4"))


@fault(r"raw .* holds float32, expected uint8 or uint16 for intensity")
def raw_as_floats(case):
    case.array("raw", case.arrays["mi"])


@fault(r"volumes\.mi .* holds values that are no numbers \(NaN\), expected probab")
def no_numbers_in_a_map(case):
    case.arrays["mi"][3, 4, 5] = np.nan
    case.array("mi", case.arrays["mi"])


@fault(r"holds values from .* to 254\..*, expected probabilities from 0 to 1")
def probabilities_above_one(case):
    case.array("mi", case.arrays["mi"] * 255)


@fault(r"holds uint16, expected uint8 \(0 to 255\) or decimal numbers")
def probabilities_of_16_bits(case):
    case.array("mi", case.arrays["raw"].astype("u2"))


@fault(r"holds no value but 0 and 1, .* Say kind: mask")
def mask_called_probability(case):
    case.array("mi", case.arrays["raw"] // 128)


@fault(r"holds bool, expected .* Say kind: mask")
def booleans_called_probability(case):
    case.array("mi", case.arrays["raw"] > 128)


@fault(r"voxel size is 40 x 16 x 16 nm .* in the file but 40 x 16 x 8 nm")
def another_voxel_size_in_the_file(case):
    size = {"voxel_size_nm": (40, 16, 16)}
    case.array("supervoxels", case.arrays["supervoxels"], **size)


@fault(r"voxel size in the file is 0 x 16 x 8 nm .*, expected positive numbers")
def voxel_size_zero_in_the_file(case):
    case.array("raw", case.arrays["raw"], resolution=(0, 16, 8))


@fault(r"neither the file nor the config give a voxel size")
def no_voxel_size(case):
    del case.config["voxel_size_nm"]


@fault(r"mi .* does not overlap with the dataset's box z 0-12.*offset_nm")
def volumes_that_do_not_overlap(case):
    case.set(volumes={"mi": {"offset_nm": {"z": 480, "y": 0, "x": 0}}})


@fault(r"has shape 28 x 20 x 12, the dataset 12 x 20 x 28 .*Add axes: xyz")
def reversed_axes(case):
    case.array("mi", case.arrays["mi"].T)


# Affinities


def affinities(count=3, shape=SHAPE):
    return np.random.default_rng(1).random((count, *shape), "f4")


@fault(
    r"volumes\.affinities .* has shape 2 x 12 x 20 x 28 \(axes czyx\), expected three"
)
def affinities_of_two_channels(case):
    case.affinities(affinities(2))


@fault(r"has shape 12 x 20 x 28 x 3 \(axes czyx\), .* Add axes: zyxc")
def affinities_with_channels_last(case):
    case.affinities(np.moveaxis(affinities(), 0, -1))


@fault(r"has shape 12 x 20 x 28 \(axes zyx\), expected three channels")
def a_map_of_membranes_called_affinities(case):
    case.affinities(affinities()[0])


@fault(r"has shape 12 x 12 x 20 x 28 .*say which are meant with channels")
def affinities_of_twelve_channels(case):
    case.affinities(affinities(12))


@fault(r"has no channel 3, it holds 3\. .*of affinities channels")
def missing_channel_of_affinities(case):
    case.affinities(affinities(), channels={"z": 1, "y": 2, "x": 3})


@fault(r"affinities\.channels are .*, expected a channel of its own for each axis")
def affinities_with_a_channel_for_two_axes(case):
    case.affinities(affinities(), channels={"z": 0, "y": 0, "x": 1})


@fault(r"affinities\.h5.* holds values that are no numbers \(NaN\)")
def no_numbers_in_affinities(case):
    array = affinities()
    array[2, 3, 4, 5] = np.nan
    case.affinities(array)


@fault(r"affinities\.h5.* holds uint16, expected uint8 \(0 to 255\) or decimal")
def affinities_of_16_bits(case):
    case.affinities((affinities() * 65535).astype("u2"))


@fault(r"holds no value above 1, expected affinities from 0 to 255 .*Multiply")
def affinities_of_0_and_1_as_bytes(case):
    case.affinities((affinities() > 0.5).astype("u1"))


@fault(r"has voxels of 40 x 32 x 16 nm .*, the dataset of 40 x 16 x 8 nm .*faces")
def affinities_of_other_voxels(case):
    size = {"z": 40, "y": 32, "x": 16}
    case.affinities(affinities(shape=(12, 10, 14)), voxel_size_nm=size)


@fault(r"has shape 28 x 20 x 12, the dataset 12 x 20 x 28 .*cxyz with channels")
def affinities_with_reversed_axes(case):
    case.affinities(affinities(shape=SHAPE[::-1]))


@fault(r"affinities .* does not overlap with the dataset's box")
def affinities_beside_the_dataset(case):
    case.affinities(affinities(), offset_nm={"z": 480, "y": 0, "x": 0})


@fault(r"segmentation\.map is affinities, but volumes\.affinities is missing")
def segmentation_of_missing_affinities(case):
    case.affinities(affinities())
    case.config["volumes"]["affinities"] = None


@fault(r"volumes\.membrane and volumes\.affinities are given, expected one")
def a_map_beside_affinities(case):
    case.affinities(affinities())
    case.config["volumes"]["membrane"] = {"path": "membrane.h5"}


@fault(r"affinities are given, and segmentation\.map is raw, which makes a map")
def affinities_and_raw(case):
    case.affinities(affinities())
    case.set(segmentation={"map": "raw"})


@fault(r"affinities\.path is missing")
def affinities_without_a_path(case):
    case.affinities(affinities())
    del case.config["volumes"]["affinities"]["path"]


@fault(r"affinities are given, but a phantom makes none")
def affinities_of_a_phantom(case):
    case.affinities(affinities())
    phantom = yaml.safe_load((CONFIG.parent / "phantom.yaml").read_text())["phantom"]
    case.config["phantom"] = phantom


# The agglomeration


@fault(r"other\.parquet does not exist; .* holds .*good\.parquet")
def missing_agglomeration(case):
    case.config["agglomeration"] = {"table": str(case.folder / "other.parquet")}


@fault(r"table\.parquet is no readable table")
def truncated_agglomeration(case):
    case.agglomeration(pd.DataFrame({"supervoxel": IDS, "cell": IDS}))
    os.truncate(case.folder / "table.parquet", 50)


@fault(r"table\.xlsx ends in \.xlsx, expected \.parquet, \.csv or \.tsv")
def agglomeration_of_unknown_format(case):
    case.agglomeration("", "table.xlsx")


@fault(r"has no column cell; it has supervoxel, neuron\. Rename")
def missing_column(case):
    case.agglomeration(pd.DataFrame({"supervoxel": IDS, "neuron": IDS}))


@fault(r"holds decimal numbers \(double\) as cell, expected whole ids: .*2\^53")
def float_column(case):
    case.agglomeration(pd.DataFrame({"supervoxel": IDS, "cell": [1.0, 1.0, 2.0]}))


@fault(r"holds '9007199254740993\.0' as supervoxel, expected an id from 0 to 2\^64")
def ids_above_2_to_53_as_floats_in_text(case):
    case.agglomeration("supervoxel,cell\n3,1\n9007199254740993.0,1\n", "table.csv")


@fault(r"holds '1e\+19' as cell.* without sign, point or exponent")
def ids_with_an_exponent(case):
    case.agglomeration("supervoxel\tcell\n3\t1e+19\n", "table.tsv")


@fault(r"holds '18446744073709551616' as cell, expected an id from 0 to 2\^64 - 1")
def ids_above_2_to_64(case):
    case.agglomeration("supervoxel,cell\n3,18446744073709551616\n", "table.csv")


@fault(r"holds '-9223372036854775803' as supervoxel, .* write them as uint64")
def ids_above_2_to_63_as_signed_column(case):
    case.agglomeration(pd.DataFrame({"supervoxel": IDS.astype("i8"), "cell": 1}))


@fault(r"has 1 rows without a cell, expected an id in each")
def missing_id(case):
    cells = pd.array([1, None, 2], "UInt64")
    case.agglomeration(pd.DataFrame({"supervoxel": IDS, "cell": cells}))


@fault(r"names supervoxel 3 in more than one row \(1 such rows\)")
def supervoxel_twice(case):
    ids = np.append(IDS, IDS[0])
    case.agglomeration(pd.DataFrame({"supervoxel": ids, "cell": 1}))


@fault(r"names 1 supervoxels that the dataset does not have, 99 among them")
def unknown_supervoxel(case):
    ids = np.append(IDS, np.uint64(99))
    case.agglomeration(pd.DataFrame({"supervoxel": ids, "cell": 1}))


@fault(r"names supervoxel 0 in column supervoxel, but 0 is background")
def background_in_the_agglomeration(case):
    case.agglomeration(pd.DataFrame({"supervoxel": [0, 3], "cell": 1}))


@fault(r"is no readable table .*UTF-8")
def text_in_another_encoding(case):
    case.agglomeration("supervoxel,cell,größe\n3,1,1\n", "table.csv")


EDGES = {"supervoxel_a": IDS[:2], "supervoxel_b": IDS[1:]}


@fault(r"has no number as score of edge 1099511627776 - 9223372036854775813")
def score_that_is_no_number(case):
    case.edges(pd.DataFrame({**EDGES, "score": [0.7, np.nan]}))


@fault(r"holds something else than numbers as score")
def score_that_is_text(case):
    case.edges("supervoxel_a,supervoxel_b,score\n3,1099511627776,high\n", "edges.csv")


@fault(r"threshold is 128, but the scores in .* go from 0\.2 to 0\.7")
def threshold_on_another_scale(case):
    case.edges(pd.DataFrame({**EDGES, "score": [0.7, 0.2]}), threshold=128)


@fault(r"names 1 supervoxels that the dataset does not have, 98 among them")
def edge_to_an_unknown_supervoxel(case):
    ends = {"supervoxel_a": IDS[:2], "supervoxel_b": np.array([98, 3], "u8")}
    case.edges(pd.DataFrame({**ends, "score": [0.7, 0.2]}))


CORRECTED = ["supervoxel_a", "supervoxel_b", "action"]


def correct(case, *rows, **tables):
    """Give edges, and corrections of them."""
    case.edges(pd.DataFrame({**EDGES, "score": [0.7, 0.2]}))
    table = pd.DataFrame(rows, columns=CORRECTED)
    tables["corrections"] = case.table(table, "corrections.parquet")
    case.config["agglomeration"] |= tables


@fault(r"agglomeration\.corrections decides which edges join, but .* by table\. Corr")
def corrections_of_a_table(case):
    case.set(agglomeration={"corrections": "corrections.csv"})


@fault(r"agglomeration\.somata: .*none\.csv does not exist; .* holds")
def somata_that_are_not_there(case):
    correct(case, somata=str(case.folder / "none.csv"))


@fault(r"corrections\.parquet contradicts itself: row 2 splits .* but row 3 merges")
def contradictory_corrections(case):
    correct(case, (3, 2**40, "split"), (2**40, 3, "merge"))


@fault(r"contradicts agglomeration\.somata: soma 1 .* but row 2 merges them")
def corrections_that_merge_somata(case):
    table = pd.DataFrame({"supervoxel": IDS[:2], "soma": [1, 2]})
    correct(case, (3, 2**40, "merge"), somata=case.table(table, "somata.parquet"))


@fault(r"that the dataset does not have: row 3 \(98, 3, split\)\. Use ids of this very")
def correction_of_an_unknown_supervoxel(case):
    correct(case, (3, 2**40, "merge"), (98, 3, "split"))


@fault(r"agglomeration\.volume .* holds float32, expected whole numbers")
def agglomeration_volume_as_floats(case):
    case.config["agglomeration"] = {
        "volume": write_hdf5(case.folder, case.arrays["mi"])
    }


@fault(r"compared\.ffn: .*none\.h5 does not exist; .* holds")
def compared_segmentation_that_is_not_there(case):
    case.set(compared={"ffn": {"path": str(case.folder / "none.h5")}})


@fault(r"compared\.ffn .*float32.*expected whole numbers")
def compared_segmentation_of_floats(case):
    floats = write_hdf5(case.folder, np.zeros(SHAPE, "f4"), "ffn.h5")
    case.set(compared={"ffn": floats})


# Found by the first job that knows the supervoxels, when the other checks are saved.
FOUND_LATER = {
    "unknown_supervoxel",
    "edge_to_an_unknown_supervoxel",
    "correction_of_an_unknown_supervoxel",
}


def snapshot(folder, name=""):
    kept = {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    if name in FOUND_LATER:
        del kept[folder / "checks.json"]
    return kept


@pytest.fixture
def case(tmp_path, monkeypatch):
    """A valid case with results of an earlier run."""
    monkeypatch.setattr(stores, "RETRIES", {"max_retries": 1, "max_delay": "100ms"})
    stores.store_context.cache_clear()
    results = tmp_path / "results"
    results.mkdir()
    (results / "checks.json").write_text('{"asked": "of an earlier run"}')
    (results / "edges.parquet").write_bytes(b"of an earlier run")
    yield Case(tmp_path)
    stores.store_context.cache_clear()


def test_the_case_is_valid_without_a_fault(case):
    case.run()
    case.run()
    assert '"warnings": []' in (case.folder / "results" / "checks.json").read_text()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_explained_and_changes_no_result(name, case):
    spoil, message = FAULTS[name]
    spoil(case)
    before = snapshot(case.folder / "results", name)
    with pytest.raises(InputError, match=message) as caught:
        case.run()
    assert snapshot(case.folder / "results", name) == before
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith((".", "..."))
    assert len(text) < 700


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, r"checks\.json can't be written \(No space.*Free space"),
        (errno.EDQUOT, r"can't be written \(Disk quota exceeded\).*Free space"),
        (errno.EACCES, r"can't be written \(Permission denied\).*Make the folder"),
        (errno.EROFS, r"can't be written \(Read-only file system\)"),
    ],
)
def test_a_disk_that_takes_nothing_keeps_earlier_results(
    code, message, case, monkeypatch
):
    def refuse(self, *args, **kwargs):
        raise OSError(code, os.strerror(code), str(self))

    before = snapshot(case.folder / "results")
    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(InputError, match=message):
        case.run()
    assert snapshot(case.folder / "results") == before


def test_there_are_at_least_forty_faults():
    assert len({message for _, message in FAULTS.values()}) >= 40
