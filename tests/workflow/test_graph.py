"""The graph of jobs grows as the number of chunks does, and not faster."""

import re
from typing import NamedTuple

import pytest

from bench.rehearse import write_empty
from repository import read_rules
from workspace import Workspace

SMALL, LARGE = 20, 60  # chunks in a row, so that all have two neighbours
FEW = {"slab_chunks": 4, "cells": {"buckets": 3}}
READ_BUCKETS = ("merge_skeletons", "merge_meshes", "merge_sheets")
PLAIN, WHOLE = (), ("morphology", "exports")
JOB = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):\n((?:    .*\n)*)", re.M)


class Job(NamedTuple):
    """A job of a dry run: how many files it reads and makes."""

    rule: str
    inputs: int
    outputs: int
    has_wildcards: bool


def plan(folder, chunks, targets):
    """Jobs of a dry run of so many chunks."""
    config = write_empty(folder / f"{chunks}", (1, 1, chunks), **FEW)
    workspace = Workspace(folder / f"{chunks}", str(config))
    done = workspace.call("--dry-run", "--", *targets)
    assert done.returncode == 0, done.stderr[-4000:]
    return [read_job(*job) for job in JOB.findall(done.stdout + done.stderr)]


def read_job(rule, text):
    counts = {"input": 0, "output": 0, "wildcards": 0}
    for kind, files in re.findall(r"    (\w+): (.*)", text):
        counts[kind] = len(files.split(", "))
    return Job(rule, counts["input"], counts["output"], counts["wildcards"] > 0)


@pytest.fixture(scope="module", params=[PLAIN, WHOLE], ids=["plain", "whole cells"])
def plans(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plans")
    return [plan(folder, chunks, request.param) for chunks in (SMALL, LARGE)]


@pytest.mark.slow
def test_jobs_and_their_files_grow_with_the_chunks(plans):
    small, large = plans
    assert len(small) > 9 * SMALL
    assert len(large) <= len(small) * LARGE / SMALL
    files = [sum(job.inputs + job.outputs for job in jobs) for jobs in plans]
    assert files[1] <= files[0] * LARGE / SMALL


@pytest.mark.slow
def test_only_what_has_no_wildcards_makes_files_of_all_chunks(plans):
    """Each file to be made is compared with all of these."""
    most = [max(job.outputs for job in jobs if job.has_wildcards) for jobs in plans]
    assert most[0] == most[1] <= 64


@pytest.mark.slow
def test_a_bucket_reads_no_more_files_than_there_are_slabs(plans):
    for jobs, chunks in zip(plans, (SMALL, LARGE)):
        buckets = [job for job in jobs if job.rule in READ_BUCKETS]
        assert all(job.inputs <= 1 + chunks / FEW["slab_chunks"] for job in buckets)


@pytest.mark.parametrize("rule", read_rules(), ids=lambda rule: rule.name)
def test_no_output_begins_with_a_wildcard(rule):
    """Snakemake compares the names of outputs up to their first wildcard."""
    named = r'"(\{RESULTS\}/)?\{\{?[a-z_]+\}\}?/'
    assert not re.search(named, rule.directives["output"])
