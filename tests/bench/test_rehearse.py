"""The rehearsal runs the real graph of jobs to its end; scripts only sleep."""

import pytest

from bench.rehearse import rehearse, time_dry_run


@pytest.mark.slow
def test_every_job_is_run_and_nothing_is_left(tmp_path):
    workspace, run = rehearse(tmp_path, (1, 1, 2), 0.01)
    assert run.jobs > 9 * run.chunks == 18
    assert run.files > run.records > run.jobs
    assert run.usage.seconds > run.jobs * run.sleep
    assert run.jobs < run.looks < 2 * run.jobs  # and not more with each job
    assert len(run.quarters) == 4
    assert (workspace.results / "connectome/edges.parquet").stat().st_size == 0
    assert workspace.planned() == {}

    made = workspace.results / "benchmarks"
    labels = [p.stat().st_mtime for p in made.glob("label_organelles/*/*.tsv")]
    assert len(labels) == 3 * run.chunks
    # Of all jobs that could start, one that reads the files of all chunks went first.
    assert (made / "link_contacts.tsv").stat().st_mtime < min(labels)


@pytest.mark.slow
def test_a_dry_run_is_measured(tmp_path):
    row = time_dry_run(tmp_path, (1, 1, 2))
    name, chunks, jobs, seconds, peak_mb = row.strip("| ").split(" | ")
    assert (name, chunks) == ("plain", "2")
    assert int(jobs) > 18
    assert float(seconds) > 0
    assert float(peak_mb) > 50
