"""Jobs say in their logs what they used."""

import atexit
import logging
from types import SimpleNamespace

import numpy as np
import pytest

from neuropil import usage
from neuropil.joblog import start_log


def test_what_is_written_is_read(tmp_path, monkeypatch):
    log = tmp_path / "job.log"
    for threads, mb in ((1, 0), (2, 1234)):
        monkeypatch.setattr(usage, "peak_mb", lambda mb=mb: mb)
        line = usage.describe_usage(threads, {"mem_mb": 500, "runtime": 10})
        log.write_text(f"12:00:00 INFO a starts\n12:00:01 INFO {line}\n")
        assert usage.read_usage(log) == (threads, mb, 500, 10, 0)


def test_a_log_without_the_line_and_no_log_are_one_thread(tmp_path):
    log = tmp_path / "job.log"
    log.write_text("12:00:00 INFO used 3 threads and 40 MB of tables\n")
    assert usage.read_usage(log) == (1, 0, 0, 0, 0)
    assert usage.read_usage(tmp_path / "none.log") == (1, 0, 0, 0, 0)


def test_the_peak_stays_after_memory_is_freed():
    if not usage.STATUS.exists():
        pytest.skip("the system does not tell")
    before = usage.peak_mb()
    held = np.ones(300 * 2**20, np.uint8)
    during = usage.peak_mb()
    size = held.nbytes
    del held
    assert size == 300 * 2**20
    assert during > max(before, 300) - 1
    assert usage.peak_mb() >= during


def test_a_system_that_does_not_tell(tmp_path, monkeypatch):
    monkeypatch.setattr(usage, "STATUS", tmp_path / "none")
    assert usage.peak_mb() == 0
    monkeypatch.setattr(usage, "STATUS", tmp_path / "strange")
    usage.STATUS.write_text("Name: python\n")
    assert usage.peak_mb() == 0


def test_a_job_says_it_at_its_end(tmp_path, monkeypatch):
    at_end = []
    monkeypatch.setattr(atexit, "register", at_end.append)
    monkeypatch.setattr("sys.excepthook", None)
    root = logging.getLogger()
    handlers = root.handlers[:]
    root.handlers = []
    log = tmp_path / "job.log"
    job = SimpleNamespace(log=[str(log)], rule="a", wildcards=["x"], threads=3)
    job.resources = {"mem_mb": 800, "runtime": 20, "gpu": 1}
    try:
        start_log(job)
        (say,) = at_end
        say()
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers = handlers
    threads, mb, *asked = usage.read_usage(log)
    assert threads == 3
    assert mb == 0 or mb > 30
    assert asked == [800, 20, 1]
