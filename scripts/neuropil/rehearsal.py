"""Call every kernel as jobs do, but on a crumb of tissue, so that it gets compiled.

numba compiles a kernel when it is first called with arguments of some types, and keeps
the code for later processes. Many jobs that start at once would all compile the same.
A rehearsal goes through the functions of the library that jobs go through, with the
run's own settings, so that the types are those of the jobs, whatever they may be.
"""

from __future__ import annotations

import functools
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from neuropil.blocks import map_blocks
from neuropil.contacts.chunks import extract_contacts
from neuropil.contacts.linking import TABLES, link_contacts
from neuropil.contacts.plan import plan_contacts
from neuropil.crumbs import SHAPE, Lengths, halves, hold
from neuropil.grid import Box
from neuropil.instances import (
    BasinFile,
    Recipe,
    label_organelles,
    link_organelles,
    save_basins,
)
from neuropil.joblog import end_with_parent
from neuropil.kernels.nearness import come_near
from neuropil.meshes.merging import finish
from neuropil.organelle_voxels import extract_organelles
from neuropil.phantom.assembly import grow_tissue
from neuropil.phantom.files import load_tissue, save_tissue
from neuropil.phantom.growth import grow_cells
from neuropil.phantom.render import find_false_objects, render_chunk
from neuropil.properties import extract_overlaps, extract_supervoxels, point_bins
from neuropil.schemas.phantom import TISSUE
from neuropil.segmentation.rehearsal import (
    rehearse_corrections,
    rehearse_membranes,
    rehearse_segmentation,
)
from neuropil.skeletons.tracing import Crop, trace_object
from neuropil.volumes.base import Volume

TISSUE_NM, PADDING_NM = 1100, 500  # a phantom that holds some of all but cell bodies
SOMATA = {"somata_per_um3": 0.1}


def list_rehearsals(
    sections: Mapping[str, Mapping | None], voxel_size_nm: Lengths
) -> dict[str, Callable[[], None]]:
    """List the rehearsals that a dataset needs, the longest first.

    Parameters
    ----------
    sections : of the config, by name; None or empty if the dataset needs none of it.
        Of organelles, the entries of those that it has; for ``corrections``, which of
        corrections and somata it has.
    voxel_size_nm : (z, y, x)
    """
    size = tuple(float(v) for v in voxel_size_nm)
    wanted = {
        "phantom": rehearse_phantom,
        "contacts": rehearse_contacts,
        "membranes": rehearse_membranes,
        "segmentation": rehearse_segmentation,
        "corrections": rehearse_corrections,
        "organelles": rehearse_organelles,
        "skeletons": rehearse_skeletons,
        "meshes": rehearse_meshes,
    }
    return {
        name: functools.partial(rehearse, sections[name], size)
        for name, rehearse in wanted.items()
        if sections.get(name)
    }


def compile_kernels(
    rehearsals: Mapping[str, Callable[[], None]], threads: int
) -> list[str]:
    """Run rehearsals, each in a process, ``threads`` at a time.

    A rehearsal that fails is logged and else costs time only: jobs compile themselves
    what they don't find.

    Returns
    -------
    Names of the rehearsals that went through
    """
    # Forked: a process that starts anew would run the script of the job again.
    fork = {"mp_context": get_context("fork"), "initializer": end_with_parent}
    with ProcessPoolExecutor(threads, **fork) as pool:
        futures = {n: pool.submit(run, r) for n, r in rehearsals.items()}
    for name, future in futures.items():
        if error := future.exception():
            logging.warning("the rehearsal of %s failed", name, exc_info=error)
        else:
            logging.info("%s: %d kernels compiled, %d found", name, *future.result())
    return [name for name, future in futures.items() if not future.exception()]


def run(rehearse: Callable[[], None]) -> tuple[int, int]:
    """Call a function; how many kernels it compiled, and how many it found compiled."""
    before = count_kernels()
    rehearse()
    return tuple(b - a for a, b in zip(before, count_kernels()))


def count_kernels() -> tuple[int, int]:
    """How many kernels this process has compiled, and taken from numba's cache."""
    kernels = {
        kernel
        for name, module in list(sys.modules.items())
        if name.startswith("neuropil.kernels.")
        for kernel in vars(module).values()
        if hasattr(kernel, "stats")
    }
    stats = [kernel.stats for kernel in kernels]
    return (
        sum(sum(one.cache_misses.values()) for one in stats),
        sum(sum(one.cache_hits.values()) for one in stats),
    )


def rehearse_contacts(contacts: Mapping, voxel_size_nm: Lengths) -> None:
    """Go through the steps of supervoxels and their contacts.

    Parameters
    ----------
    contacts : section of the config
    voxel_size_nm : (z, y, x)
    """
    _, y, x = np.indices(SHAPE)
    cells = np.where(y % 8, 1 + y // 8 * 2 + x // 15, 0).astype(np.uint64)
    volume = hold(cells, voxel_size_nm)
    plan = plan_contacts(contacts, voxel_size_nm)
    grid, tables = halves(SHAPE), {}
    for chunk in grid.chunks:
        boxes = (grid.core(chunk), grid.box)
        tables[chunk] = extract_contacts(
            volume.read, lambda *_: None, boxes, plan, SHAPE, threads=1
        )
    with tempfile.TemporaryDirectory() as folder:
        read = {n: lambda c, _=None, n=n: [getattr(tables[c], n)] for n in TABLES}
        link_contacts(read, grid, folder)
    place = np.zeros((1, 3), np.int32)
    come_near(place, place, np.array(voxel_size_nm, float), 1.0)
    dust = np.arange(1, cells.size + 1, dtype=np.uint64).reshape(SHAPE)
    for each in (volume, hold(dust, voxel_size_nm)):
        walk = functools.partial(map_blocks, box=grid.box, block_shape=SHAPE, threads=1)
        extract_supervoxels(each, walk)


def rehearse_skeletons(skeletons: Mapping, voxel_size_nm: Lengths) -> None:
    """Trace the skeleton of a block.

    Parameters
    ----------
    skeletons : section of the config
    voxel_size_nm : (z, y, x)
    """
    mask = np.ones(SHAPE, bool)
    targets = np.array([[0, 3, 3], [23, 9, 9]])
    for ends in (targets, targets[:0]):
        crop = Crop(mask, np.ones(SHAPE, np.float32), ends)
        trace_object(crop, voxel_size_nm, skeletons["teasar"])


def rehearse_organelles(
    organelles: Mapping[str, Mapping], voxel_size_nm: Lengths
) -> None:
    """Go through the steps of organelles, on a ball.

    Parameters
    ----------
    organelles : their entries in the config
    voxel_size_nm : (z, y, x)
    """
    shape = tuple(max(8, round(400 / size)) for size in voxel_size_nm)
    from_middle = [i - (n - 1) / 2 for i, n in zip(np.indices(shape), shape)]
    distance = np.hypot.reduce([a * s for a, s in zip(from_middle, voxel_size_nm)])
    ball = np.where(distance < 150, np.uint8(255), np.uint8(0))
    for settings in organelles.values():
        segment(hold(ball, voxel_size_nm), settings)
    dust = np.arange(1, np.prod(SHAPE) + 1, dtype=np.uint32).reshape(SHAPE)
    bins = point_bins(voxel_size_nm)
    extract_overlaps(dust, dust.astype(np.uint64), (0, 0, 0), bins)


def segment(volume: Volume, settings: Mapping) -> None:
    """Find the objects of a map, in two chunks, and count what they overlap."""
    recipe, grid = Recipe.of(settings, volume.voxel_size_nm), halves(volume.shape)
    labels = np.zeros(volume.shape, np.uint32)
    cells = hold(np.ones(volume.shape, np.uint64), volume.voxel_size_nm)
    walks = [
        functools.partial(
            map_blocks, box=grid.core(chunk), block_shape=volume.shape, threads=1
        )
        for chunk in grid.chunks
    ]

    def write(box: Box, array: np.ndarray) -> None:
        labels[box.slices] = array

    with tempfile.TemporaryDirectory() as folder:
        files = []
        for chunk, walk in zip(grid.chunks, walks):
            files.append(BasinFile(f"{folder}/{chunk}.h5"))
            core = grid.core(chunk)
            tables = label_organelles(volume, recipe, core, walk, write)
            save_basins(tables, files[-1].path)
        links, _ = link_organelles(files, grid, recipe, min_size=0)
    read = hold(labels, volume.voxel_size_nm).read
    for chunk, walk in zip(grid.chunks, walks):
        table = links[links["chunk"] == chunk]
        extract_organelles(read, table, cells, walk, lambda *_: None)


def rehearse_meshes(meshes: Mapping, voxel_size_nm: Lengths) -> None:
    """Smooth and simplify an octahedron.

    Parameters
    ----------
    meshes : section of the config
    voxel_size_nm : (z, y, x)
    """
    vertices = np.concatenate([np.eye(3), -np.eye(3)]) * voxel_size_nm
    quarter = np.array([[0, 1, 2], [0, 2, 4], [0, 4, 5], [0, 5, 1]])
    faces = np.concatenate([quarter, (quarter[:, ::-1] + 3) % 6])
    for settings in meshes.values():
        finish(vertices, faces, 1e-6, settings["max_error_nm"])


def rehearse_phantom(settings: Mapping, voxel_size_nm: Lengths) -> None:
    """Grow and render a small phantom; its tables go through files, as in a run.

    Parameters
    ----------
    settings : section ``phantom`` of the config
    voxel_size_nm : (z, y, x)
    """
    size = dict(zip("zyx", voxel_size_nm))
    shape = {axis: round(TISSUE_NM / length) for axis, length in size.items()}
    settings = {**settings, "shape_vx": shape, "padding_nm": PADDING_NM}
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: f"{folder}/{name}.parquet" for name in TISSUE}
        save_tissue(paths, grow_tissue(settings, size))
        tissue = load_tissue(paths, settings, size)
        false_objects = find_false_objects(tissue)
        volumes = (f"{folder}/volumes.h5", f"{folder}/truth.h5")
        whole = Box.of(tissue.shape_vx)
        chunk = (halves(whole.shape).core("z000_y000_x000"), whole, whole.shape)
        render_chunk(tissue, false_objects, volumes, chunk, threads=1)
    settings["density"] = settings["density"] | SOMATA
    domain = np.full(3, 0.0), np.full(3, TISSUE_NM + 2.0 * PADDING_NM)
    grow_cells(settings, *domain, settings["seed"])
