"""What is killed, a job or the run itself, loses nothing and leaves nothing behind."""

import os
import signal
import time

import numpy as np
import psutil
import pytest

from neuropil.grid import Box
from neuropil.joblog import SECONDS
from neuropil.storage import read_labels
from workspace import CHUNK

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed_jobs")]
PATIENCE = 300  # seconds until a test gives up
VICTIM = "contacts/chunks/z000_y001_x000.h5"
OTHER = "config.yaml"
CORE = Box((0, CHUNK[1], 0), (CHUNK[0], 2 * CHUNK[1], CHUNK[2]))


@pytest.fixture
def begun(finished, tmp_path):
    """The finished run without two of its files, neither of which needs the other."""
    copy = finished.clone(tmp_path / "copy")
    for name in (VICTIM, OTHER):
        (copy.results / name).unlink()
    return copy


def targets(workspace):
    names = [workspace.results / name for name in (VICTIM, OTHER)]
    return ["--keep-going", *(str(p.relative_to(workspace.folder)) for p in names)]


def wait_until(happens):
    """Wait for something, and give what it says."""
    end = time.monotonic() + PATIENCE
    while not (found := happens()):
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)
    return found


def job_at_work(process, workspace):
    """The process of the job that makes the victim, once it has begun to write."""
    assert process.poll() is None, (workspace.folder / "started.txt").read_text()
    if not list((workspace.results / VICTIM).parent.glob(".*.part")):
        return None
    family = psutil.Process(process.pid).children(recursive=True)
    jobs = [p for p in family if "extract_contacts" in " ".join(p.cmdline())]
    return jobs[0] if jobs else None


def assert_made_again(workspace, finished):
    workspace.run(*targets(workspace))
    assert (workspace.results / OTHER).exists()
    one, other = (read_labels(r.results / VICTIM, CORE) for r in (finished, workspace))
    assert one.any()
    np.testing.assert_array_equal(one, other)
    assert not list(workspace.results.rglob(".*"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_job_is_named_and_made_again(how, begun, finished):
    with begun.started(*targets(begun)) as run:
        job = wait_until(lambda: job_at_work(run, begun))
        job.send_signal(how)
        assert run.wait(PATIENCE) != 0
    words = (begun.folder / "started.txt").read_text()
    assert "rule extract_contacts" in words
    assert "logs/extract_contacts/z000_y001_x000.log" in words
    assert (begun.results / OTHER).exists()
    assert not (begun.results / VICTIM).exists()
    assert_made_again(begun, finished)


def test_jobs_of_a_killed_run_end_and_the_next_run_says_how_to_unlock(begun, finished):
    """A job that went on could replace what the next run makes with other settings."""
    with begun.started(*targets(begun)) as run:
        job = wait_until(lambda: job_at_work(run, begun))
        job.suspend()
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        time.sleep(SECONDS)
        job.resume()
        psutil.wait_procs([job], timeout=PATIENCE)
        assert not job.is_running()
    assert not (begun.results / VICTIM).exists()
    log = begun.results / "logs/extract_contacts/z000_y001_x000.log"
    assert (
        "the run that this job belongs to was killed: the job ends" in log.read_text()
    )
    locked = begun.call(*targets(begun))
    assert locked.returncode != 0
    assert "can be removed with the --unlock argument" in locked.stdout + locked.stderr
    assert begun.call("--unlock").returncode == 0
    assert_made_again(begun, finished)
