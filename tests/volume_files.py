"""Write small volumes in every format that neuropil reads."""

import json
from pathlib import Path

import h5py
import numpy as np
import tensorstore as ts
import tifffile
from PIL import Image

SIZE = (40.0, 16.0, 8.0)  # nm, different along z, y and x


def write_hdf5(folder, array, name="volume.h5", dataset="em/data", **attributes):
    path = Path(folder) / name
    with h5py.File(path, "a") as file:
        data = file.create_dataset(dataset, data=array, chunks=True)
        data.attrs.update(attributes)
    return {"path": str(path), "dataset": dataset}


def write_store(driver, path, array, **spec):
    """Write an array with a driver of tensorstore, in the order of its axes."""
    spec = {
        "driver": driver,
        "kvstore": {"driver": "file", "path": f"{path}/"},
        "create": True,
        "delete_existing": True,
        "dtype": str(array.dtype),
        **spec,
    }
    if "precomputed" not in driver:
        spec["schema"] = {"domain": {"shape": list(array.shape)}}
    store = ts.open(spec).result()
    store[ts.d[:].translate_to[0]].write(array).result()


def write_json(path, content):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_zarr2(folder, array):
    path = Path(folder) / "two.zarr"
    write_store("zarr", path / "inner", array)
    write_json(path / "inner" / ".zattrs", {"voxel_size": SIZE, "offset": [1, 2, 3]})
    return {"path": str(path), "dataset": "inner"}


def write_zarr3(folder, array):
    path = Path(folder) / "three.zarr"
    write_store("zarr3", path, array)
    return {"path": str(path)}


def write_ome(folder, array, unit="nanometer", translations=None, version=2):
    """Write an OME-Zarr image of two levels, the second two-fold coarser."""
    path = Path(folder) / "ome.zarr"
    driver = {2: "zarr", 3: "zarr3"}[version]
    for level, step in enumerate((1, 2)):
        part = np.ascontiguousarray(array[::step, ::step, ::step])
        write_store(driver, path / str(level), part[None])
    datasets = [
        {
            "path": str(level),
            "coordinateTransformations": [
                {"type": "scale", "scale": [1, *(s * step for s in SIZE)]}
            ],
        }
        for level, step in enumerate((1, 2))
    ]
    for data, translation in zip(datasets, translations or []):
        data["coordinateTransformations"].append(
            {"type": "translation", "translation": [0, *translation]}
        )
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": a, "type": "space", "unit": unit} for a in "zyx"]
    image = {"multiscales": [{"axes": axes, "datasets": datasets}]}
    if version == 2:
        write_json(path / ".zgroup", {"zarr_format": 2})
        write_json(path / ".zattrs", image)
    else:
        group = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": image}}
        write_json(path / "zarr.json", group)
    return {"path": str(path)}


def write_n5(folder, array):
    """Write a group of two levels, in x, y, z order as N5 is."""
    path = Path(folder) / "volume.n5"
    for level, step in enumerate((1, 2)):
        part = np.ascontiguousarray(array[::step, ::step, ::step].T)
        write_store("n5", path / "em" / f"s{level}", part)
        file = path / "em" / f"s{level}" / "attributes.json"
        factors = {"downsamplingFactors": [step] * 3}
        write_json(file, json.loads(file.read_text()) | factors)
    resolution = {"unit": "nm", "dimensions": SIZE[::-1]}
    write_json(path / "em" / "attributes.json", {"pixelResolution": resolution})
    return {"path": str(path), "dataset": "em"}


def write_precomputed(folder, array, offset_vx=(3, 2, 1)):
    """Write a volume of one scale whose first voxel is not at the origin."""
    path = Path(folder) / "precomputed"
    kind = "segmentation" if array.dtype.itemsize > 2 else "image"
    write_store(
        "neuroglancer_precomputed",
        path,
        array.T[..., None],
        multiscale_metadata={"type": kind, "num_channels": 1},
        scale_metadata={
            "size": array.shape[::-1],
            "resolution": SIZE[::-1],
            "voxel_offset": offset_vx[::-1],
            "encoding": "raw",
            "chunk_size": [8, 8, 8],
        },
    )
    return {"path": str(path)}


def write_tiff(folder, array, name="stack.tif", **options):
    path = Path(folder) / name
    tifffile.imwrite(path, array, photometric="minisblack", **options)
    return {"path": str(path)}


def write_sections(folder, array, suffix=".tif", first=7):
    path = Path(folder) / f"sections{suffix.replace('.', '_')}"
    path.mkdir(parents=True)
    for number, section in enumerate(array, start=first):
        file = path / f"s2_section_{number}{suffix}"
        if suffix == ".png":
            Image.fromarray(section).save(file)
        else:
            tifffile.imwrite(file, section, compression="zlib")
    return {"path": str(path)}


def make_dataset(shape, volumes, size=SIZE, box=None):
    """Describe a dataset as `config.resolve_sources` does."""
    return {
        "volumes": volumes,
        "voxel_size_nm": dict(zip("zyx", size)),
        "offset_nm": {"z": 0.0, "y": 0.0, "x": 0.0},
        "shape_vx": tuple(shape),
        "box_vx": box or ((0, 0, 0), tuple(shape)),
    }
