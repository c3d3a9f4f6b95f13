"""What jobs ask for: more for larger chunks and at each attempt, less at edges."""

import re

import pytest
import yaml

from neuropil.grid import Box, Grid
from neuropil.resources import (
    Extent,
    asked_mb,
    asked_minutes,
    chunk_threads,
    expected_mb,
    expected_seconds,
    read_needs,
)
from neuropil.schemas.costs import COSTS, REQUESTS
from neuropil.storage import read_table
from repository import ROOT
from workspace import Workspace, chunk_shape

NEEDS = read_needs(ROOT / "rules/resources.yaml")
LARGE = "phantom={shape_vx: {z: 1024, y: 1024, x: 1280}}"
JOB = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):\n((?:    .*\n)*)", re.M)


def asked(workspace, *arguments, settings, cores=8):
    """Rule and chunk -> threads, MB and minutes of each job of a dry run."""
    done = workspace.call("--dry-run", *arguments, settings=settings, cores=cores)
    assert done.returncode == 0, done.stderr[-8000:]
    jobs = {}
    for rule, text in JOB.findall(done.stdout + done.stderr):
        chunk = re.search(r"wildcards: .*?(z\d+_y\d+_x\d+)", text)
        threads = re.search(r"^    threads: (\d+)", text, re.M)
        numbers = [
            int(re.search(rf"{name}=(\d+)", text).group(1))
            for name in ("mem_mb", "runtime")
            if rule != "all"
        ]
        key = (rule, chunk.group(1) if chunk else None)
        jobs[key] = (int(threads.group(1)) if threads else 1, *numbers)
    return jobs


def test_large_chunks_ask_for_more_and_edge_chunks_for_less(tmp_path):
    shape = chunk_shape((1024, 1024, 1024))
    large = asked(Workspace(tmp_path), settings=[LARGE, shape])
    small = asked(Workspace(tmp_path), settings=[LARGE, chunk_shape((512, 512, 640))])
    box = Box.of((1024, 1024, 1280))
    extent = Extent(box, (1024,) * 3, (32, 64, 64), (256, 640, 640), 2, 8, 512, 2.5e-6)
    whole, edge = Grid(box, extent.chunk_shape).chunks
    for rule in ("extract_contacts", "extract_organelles", "render_phantom"):
        need = NEEDS[rule]
        for chunk in (whole, edge):
            threads = chunk_threads(extent.voxels("chunk", chunk))
            mb = asked_mb(expected_mb(need, extent, chunk, threads))
            minutes = asked_minutes(expected_seconds(need, extent, chunk))
            assert large[rule, chunk] == (threads, mb, minutes)
        assert large[rule, whole] > large[rule, edge]
        assert large[rule, whole][1] >= small[rule, whole][1]
    assert large["link_contacts", None] == small["link_contacts", None]
    job = ("extract_contacts", whole)
    assert large[job][1] > 2 * small[job][1]


def test_threads_are_capped_by_cores_and_memory_follows(tmp_path):
    blocks = "block_shape_vx={z: 128, y: 256, x: 256}"
    settings = [LARGE, chunk_shape((1024, 1024, 1024)), blocks]
    words = ("--set-threads", "extract_contacts=4")
    many = asked(Workspace(tmp_path), *words, settings=settings)
    few = asked(Workspace(tmp_path), *words, settings=settings, cores=2)
    job = ("extract_contacts", "z000_y000_x000")
    assert (many[job][0], few[job][0]) == (4, 2)
    assert many[job][1] > few[job][1]


def test_the_command_line_has_the_last_word(tmp_path):
    words = ("--set-resources", "extract_contacts:mem_mb=12345", "--")
    jobs = asked(Workspace(tmp_path), *words, "all", settings=[])
    found = {job[1] for (rule, _), job in jobs.items() if rule == "extract_contacts"}
    assert found == {12345}


def test_a_second_attempt_asks_for_twice_as_much_of_everything(tmp_path):
    first, second, third = (
        asked(Workspace(tmp_path), "--attempt", str(n), "--", "all", settings=[])
        for n in (1, 2, 3)
    )
    del first["all", None]
    assert len(first) > 50
    for job, (threads, mb, minutes) in first.items():
        assert second[job] == (threads, 2 * mb, 2 * minutes)
        assert third[job] == (threads, 3 * mb, 3 * minutes)


@pytest.mark.slow
def test_a_finished_run_says_what_it_asked_for_used_and_cost(finished):
    folder = finished.results / "costs"
    requests = read_table(folder / "requests.parquet").set_index("rule")
    run = {path.stem for path in (finished.results / "benchmarks").iterdir()}
    late = {"measure_costs", "plot_costs", "plot_runs", "summarise_run"}
    assert {*requests.index} == run - late
    assert requests.columns.tolist() == REQUESTS.columns[1:]
    assert (
        requests["used_mb"] > 300
    ).all()  # with Snakemake's own, even if it was short
    assert requests.loc["extract_contacts", "job_count"] == 8
    costs = read_table(folder / "costs.parquet")
    assert costs.columns.tolist() == COSTS.columns
    rows = costs.set_index("step")
    counted = rows[rows["is_counted"]].drop("all")
    for column in ("core_hours", "usd_per_tvoxel", "job_count"):
        assert rows.loc["all", column] == pytest.approx(counted[column].sum())
    assert {"contacts", "synapses", "organelles"} <= {*counted.index}
    text = (folder / "costs.txt").read_text()
    assert "extract_contacts" in text
    assert (finished.results / "figures/costs.png").stat().st_size > 10_000


def test_no_attempt_asks_a_cluster_for_more_than_its_largest_partition(tmp_path):
    """A job that was tried in vain with less would be refused, and end the run."""
    profile = ROOT / "profiles/slurm"
    text = (profile / "partitions.yaml").read_text()
    partitions = yaml.safe_load(text)["partitions"].values()
    largest_mb = max(p["max_mem_mb"] for p in partitions)
    days = max(int(p["max_runtime"].removesuffix("-00:00:00")) for p in partitions)
    needs = ("measure_contacts:mem_mb=9000000", "measure_contacts:runtime=99999")
    words = ("--profile", str(profile), "--set-resources", *needs)
    jobs = asked(Workspace(tmp_path), *words, settings=[])
    assert jobs["measure_contacts", None][1:] == (largest_mb, days * 24 * 60)
    assert jobs["link_contacts", None][1] < largest_mb
