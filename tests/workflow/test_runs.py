"""Whole runs: any grid gives the same tables, and only what must run runs again.

The longest tests come first, so that at the end no process waits long for another.
"""

import random
import re
import shutil
import time

import numpy as np
import pytest

from neuropil.grid import Box, Grid
from neuropil.provenance import code_modules
from repository import ROOT, read_rules
from workspace import (
    CHUNK,
    ODD,
    SHAPE,
    Workspace,
    assert_same_results,
    chunk_shape,
    volumes,
)

RULES = {rule.name: rule for rule in read_rules()}
ENDS = ("plot_runs", "summarise_run")  # shown at the end whatever else has changed
ENDED = "Finished jobid"  # Snakemake's words for the end of a job


def grid(chunk):
    return Grid(Box.of(SHAPE), chunk).chunks


def rules_run(workspace):
    """Rules that a plain run has run: those that left a benchmark."""
    return {path.stem for path in (workspace.results / "benchmarks").iterdir()}


def assert_same_volumes(one, chunk, other, other_chunk):
    first = volumes(one.results, grid(chunk))
    second = volumes(other.results, grid(other_chunk))
    assert first.keys() == second.keys()
    assert first
    for name, volume in first.items():
        np.testing.assert_array_equal(volume, second[name], err_msg=name)


def test_the_tiny_phantom_is_cut_in_two_along_each_axis():
    assert Grid(Box.of(SHAPE), CHUNK).shape == (2, 2, 2)
    assert all(n % c for n, c in zip(SHAPE, ODD))


@pytest.mark.slow
def test_a_finished_run_has_nothing_left_to_do(finished):
    assert finished.planned() == {}


def wait_for(process, words, jobs, seconds):
    """Wait until a started run has ended some jobs, and some seconds more."""
    while process.poll() is None and words.read_text().count(ENDED) < jobs:
        time.sleep(0.05)
    time.sleep(seconds)


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_times_gives_the_same_tables(finished, tmp_path):
    """Moments count ended jobs, so a slow machine kills at the same stages."""
    moments = random.Random(5)
    victim = Workspace(tmp_path)
    done = []
    for _ in range(20):
        jobs = moments.randrange(8)
        seconds = moments.uniform(0, 0.5) if jobs else moments.uniform(1, 5)
        with victim.started("--nolock") as process:
            wait_for(process, tmp_path / "started.txt", jobs, seconds)
        done.append(len(list(victim.folder.glob("results/*/benchmarks/**/*.tsv"))))
    assert len({*done}) > 10, done
    victim.run("--nolock")
    assert_same_results(finished.results, victim.results)


@pytest.mark.slow
def test_an_odd_grid_over_old_chunks_gives_the_same_tables(finished, copy):
    settings = [chunk_shape(ODD)]
    per_chunk = {name for name, rule in RULES.items() if rule.runs_per_chunk}
    per_chunk &= rules_run(copy)
    assert per_chunk
    assert per_chunk <= copy.planned(settings=settings).keys()
    copy.run(settings=settings)
    assert_same_results(finished.results, copy.results)
    assert_same_volumes(finished, CHUNK, copy, ODD)


@pytest.mark.slow
def test_one_chunk_odd_blocks_and_one_core_give_the_same_tables(finished, tmp_path):
    whole = Workspace(tmp_path)
    blocks = "block_shape_vx={z: 23, y: 61, x: 50}"
    whole.run(cores=1, settings=[chunk_shape(SHAPE), blocks])
    assert_same_results(finished.results, whole.results)
    assert_same_volumes(finished, CHUNK, whole, SHAPE)


@pytest.mark.slow
def test_jobs_find_every_kernel_compiled(finished, first_run):
    compiled = (finished.results / "kernels.txt").stat().st_mtime
    code = list((first_run / "kernels").rglob("*.nbc"))
    assert code
    assert not [path.name for path in code if path.stat().st_mtime > compiled]


@pytest.mark.slow
def test_compiling_again_reruns_nothing_else(copy):
    again = copy.planned("--forcerun", "compile_kernels")
    assert again.keys() - {*ENDS} == {"compile_kernels"}
    (copy.results / "kernels.txt").touch()
    assert copy.planned().keys() <= {*ENDS}


@pytest.mark.slow
def test_a_threshold_of_an_organelle_reruns_its_labels(finished):
    planned = finished.planned(settings=["organelles={mi: {opening_nm: 20}}"])
    assert {"label_organelles", "extract_organelles", "measure_synapses"} <= {*planned}
    assert not {"extract_contacts", "extract_supervoxels"} & {*planned}


@pytest.mark.slow
def test_the_report_holds_the_summary_and_the_figures(finished):
    finished.call("--report", "report.html")
    report = (finished.folder / "report.html").read_text()
    for name in ("summary.txt", "slices.png", "matrix.png", "evaluation.html"):
        assert name in report


@pytest.mark.slow
def test_a_synapse_threshold_reruns_nothing_upstream(finished):
    planned = finished.planned(settings=["synapses={min_size_vx: 37}"])
    assert planned
    upstream = {"phantom", "volumes", "organelles", "contacts", "cells"}
    planned = planned.keys() - {"write_config"}
    assert not {name for name in planned if RULES[name].stage in upstream}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "readers"),
    [
        ("raw", {"plot_slices", "render_evaluation"}),
        ("myelin", {"plot_slices"}),
        ("asym", {"extract_synapses"}),
        ("mi", {"label_organelles"}),  # what is behind it says only that it is
    ],
)
def test_another_source_reruns_just_its_readers(role, readers, finished):
    planned = finished.planned(settings=[f"volumes={{{role}: {{axes: zyx}}}}"])
    changed = {n for n, reasons in planned.items() if "Params have" in str(reasons)}
    assert changed - {"write_config"} == readers
    assert role != "raw" or planned.keys() <= readers | {"write_config", *ENDS}


@pytest.mark.slow
def test_an_agglomeration_reruns_no_voxel_step(finished):
    planned = finished.planned(settings=["agglomeration={threshold: 0.87}"])
    assert planned
    assert not {name for name in planned if RULES[name].runs_per_chunk}


@pytest.mark.slow
def test_an_agglomeration_of_other_supervoxels_stops_before_long_work(copy):
    edges = copy.folder / "other.csv"
    edges.write_text(f"supervoxel_a,supervoxel_b,score\n1,{2**60},0.9\n")
    settings = [f"agglomeration={{edges: {edges}, threshold: 0.5}}"]
    labels = sorted(copy.results.glob("contacts/chunks/*.h5"))
    before = [path.stat().st_mtime_ns for path in labels]
    forced = ("-R", "extract_contacts")
    done = copy.call(*forced, "--show-failed-logs", cores=1, settings=settings)
    assert done.returncode != 0
    assert "supervoxels that the dataset does not have" in done.stdout + done.stderr
    assert [path.stat().st_mtime_ns for path in labels] == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["surface", "contacts.linking", "connectome", "kernels.distance"]
)
def test_an_edited_module_reruns_just_its_users(module, copy, tmp_path):
    edited = tmp_path / "edited"
    for part in ("rules", "scripts", "config", "envs"):
        shutil.copytree(ROOT / part, edited / part)
    shutil.copy(ROOT / "Snakefile", edited)
    path = edited / "scripts/neuropil" / f"{module.replace('.', '/')}.py"
    path.write_text(path.read_text() + "\n\nCHANGED = True\n")
    copy.root = edited
    planned = copy.planned()
    users = {name for name in RULES if module in code_modules(name)}
    caused = {
        name
        for name, reasons in planned.items()
        if any("Params have changed" in reason for reason in reasons)
    }
    assert users & rules_run(copy) <= planned.keys()
    # A rule behind another one that runs again gives only that as its reason.
    assert caused
    assert caused <= users
    assert all(
        any("updated by another job" in reason for reason in planned[name])
        for name in planned.keys() - caused
    )
    assert not any(
        re.search("Code has changed|Missing output", reason)
        for reasons in planned.values()
        for reason in reasons
    )
