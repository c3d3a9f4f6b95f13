"""Runs on a real SLURM: the same results, also when jobs, nodes or the run fail."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest

from conda_stand_in.offer import borrowed_packages, offering_conda
from repository import ROOT
from slurm.cluster import NAME, Cluster, reason_to_skip, wait_for
from workspace import Workspace, assert_same_results, chunk_shape

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm")]
PROFILE = ROOT / "profiles" / "slurm"
# As a site has them, but for a small machine on which files are seen at once.
HERE = ("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10")
PAIR = chunk_shape((96, 240, 120))  # two chunks, where the local run has eight
TARGET = "results/tiny/contacts/contacts.parquet"
CELLS = "results/tiny/cells/membership.parquet"


@pytest.fixture
def cluster(tmp_path_factory):
    """SLURM on this machine; where that can't be, tests say so and are skipped.

    Started for each test, which takes a second: tests in other processes wait for it.
    """
    reason = reason_to_skip()
    if reason and os.environ.get("NEUROPIL_SLURM") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    cluster = Cluster(tmp_path_factory.mktemp(NAME))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def broken(copy):
    """A finished run that lacks one chunk's contacts, and what is made of all."""
    contacts = copy.results / "contacts"
    for path in [*contacts.glob("chunks/z000_y000_x000*"), *contacts.glob("*.parquet")]:
        path.unlink()
    return copy


def command(workspace, *arguments, settings=()):
    """Call Snakemake as a user of a cluster does, with the profile as it is shipped."""
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
        *("--directory", str(workspace.folder), "--profile", str(PROFILE), *HERE),
        *("--configfile", workspace.config, "--jobs", "3", *arguments),
        *(("--config", *settings) if settings else ()),
    ]


@contextmanager
def submitted(workspace, *arguments, settings=()):
    """Start a run; what is left of it at the end is killed, but not its jobs."""
    words = workspace.folder / "submitted.txt"
    with words.open("w") as file:
        process = subprocess.Popen(
            command(workspace, *arguments, settings=settings),
            cwd=workspace.folder,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def end(process, workspace, seconds=1800):
    """Wait for a run's end, which must be a good one."""
    process.wait(timeout=seconds)
    text = (workspace.folder / "submitted.txt").read_text()
    assert process.returncode == 0, text[-8000:]
    return text


def scripts_of(workspace, rule):
    """Processes of a rule's script that run for this workspace now."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if re.search(rf"\.snakemake/scripts/\w+\.{rule}\.py", line):
            try:
                is_ours = process.cwd() == str(workspace.folder.resolve())
            except psutil.Error:
                continue
            found += [process] if is_ours else []
    return found


def wait_for_script(workspace, rule, seconds=300):
    """Wait until a rule's script runs; return its processes."""
    wait_for(lambda: scripts_of(workspace, rule), f"{rule} to start", seconds)
    return scripts_of(workspace, rule)


def test_a_run_on_the_cluster_gives_the_tables_of_one_machine(
    cluster, finished, tmp_path
):
    """On nodes with GPUs and without; a job without memory enough is tried again."""
    workspace = Workspace(tmp_path)
    needs = ["grow_phantom:mem_mb=220*attempt**2", "measure_connectome:gpu=1"]
    with submitted(workspace, "--set-resources", *needs, settings=[PAIR]) as process:
        words = end(process, workspace)
    assert_same_results(finished.results, workspace.results)
    chosen = re.findall(r"partition '(\w+)' for job (\w+)", words)
    partitions = {rule: partition for partition, rule in chosen}
    assert partitions.pop("measure_connectome") == "gpu"
    assert set(partitions.values()) == {"cpu"}
    failed = [comment for _, comment in cluster.jobs("FAILED", "OUT_OF_MEMORY")]
    assert failed
    assert set(failed) == {"rule_grow_phantom"}


def test_jobs_on_the_cluster_run_in_the_environments_of_their_rules(
    cluster, finished, copy, tmp_path
):
    for path in [copy.folder / CELLS, *(copy.results / "contacts").glob("*.parquet")]:
        path.unlink()
    only_missing = ("--rerun-triggers", "mtime")  # other jobs ran without environments
    with (
        offering_conda(tmp_path, [ROOT / "envs/volumes.yaml"]) as conda,
        submitted(copy, TARGET, CELLS, *only_missing, *conda) as process,
    ):
        end(process, copy)
    (environment,) = (tmp_path / "environments").glob("*/conda-meta")
    ran = {"merge_cells", "link_contacts", "measure_contacts"}
    assert borrowed_packages(environment.parent).keys() == ran
    assert_same_results(finished.results, copy.results)


def test_the_profile_is_found_by_its_name(tmp_path):
    """After the one step of the README: a link into Snakemake's search path."""
    folder = tmp_path / ".config" / "snakemake"
    folder.mkdir(parents=True)
    (folder / "slurm").symlink_to(PROFILE)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--profile", "slurm", "--dry-run", "-q"],
        env={**os.environ, "HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "slurm" in done.stderr


def test_a_job_over_its_time_is_tried_again(cluster, finished, broken):
    """It hangs, as a job does whose file server is gone.

    Again with more time, and with more memory: but no more than there is.
    """
    needs = ["runtime=2*attempt-1", "mem_mb=1500000*attempt"]
    needs = [f"extract_contacts:{need}" for need in needs]
    with submitted(broken, TARGET, "--set-resources", *needs) as process:
        for script in wait_for_script(broken, "extract_contacts"):
            script.suspend()
        end(process, broken)
    ended = [comment for _, comment in cluster.jobs("TIMEOUT")]
    assert ended == ["rule_extract_contacts_wildcards_z000_y000_x000"]
    assert_same_results(finished.results, broken.results)


def test_a_drained_node_is_waited_for(cluster, finished, broken):
    cluster.drain("cpu1")
    try:
        with submitted(broken, TARGET) as process:
            wait_for(lambda: cluster.jobs("PENDING"), "a job in the queue", 300)
            time.sleep(3)
            assert not scripts_of(broken, "extract_contacts")
            cluster.give_back("cpu1")
            end(process, broken)
    finally:
        cluster.give_back("cpu1")
    assert_same_results(finished.results, broken.results)


def test_a_restarted_controller_is_waited_for(cluster, finished, broken):
    with submitted(broken, TARGET) as process:
        wait_for_script(broken, "extract_contacts")
        cluster.stop_controller()
        time.sleep(10)
        cluster.start_controller()
        end(process, broken)
    assert_same_results(finished.results, broken.results)


def test_a_killed_submission_goes_on_where_it_was(cluster, finished, broken):
    """Its jobs run on, and end while those of the second start are submitted."""
    with submitted(broken, TARGET) as process:
        wait_for_script(broken, "extract_contacts")
        process.kill()
    assert cluster.jobs()
    with submitted(broken, TARGET) as process:
        process.wait(timeout=300)
    words = (broken.folder / "submitted.txt").read_text()
    assert process.returncode != 0
    assert "--unlock" in words
    with submitted(broken, "--unlock") as process:
        end(process, broken)
    with submitted(broken, TARGET) as process:
        end(process, broken)
    assert_same_results(finished.results, broken.results)
