import logging
import os
import subprocess
import sys
import time

import psutil
import pytest
import yaml

from neuropil.rehearsal import compile_kernels, list_rehearsals, run
from phantom_tissue import phantom_settings
from repository import ROOT

CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())
NAMES = (
    *("contacts", "membranes", "segmentation", "corrections"),
    *("organelles", "skeletons", "meshes"),
)
SECTIONS = {name: CONFIG[name] for name in NAMES if name in CONFIG}
SECTIONS["membranes"] |= {"sections": False}
SECTIONS["corrections"] = ["corrections", "somata"]


def test_a_dataset_rehearses_what_it_has():
    none = {
        "organelles": {},
        "segmentation": None,
        "membranes": None,
        "corrections": [],
    }
    cells = list_rehearsals(SECTIONS | none, (40, 4, 4))
    assert list(cells) == ["contacts", "skeletons", "meshes"]
    alone = list_rehearsals({"organelles": SECTIONS["organelles"]}, (1, 1, 1))
    assert list(alone) == ["organelles"]
    phantom = {"phantom": phantom_settings()}
    everything = list_rehearsals(SECTIONS | phantom, (25, 10, 10))
    assert list(everything) == ["phantom", *NAMES]


@pytest.mark.parametrize("size", [(25, 10, 10), (8, 8, 8), (40.0, 4.6, 4.6)])
@pytest.mark.parametrize("name", NAMES)
def test_a_second_rehearsal_compiles_nothing(name, size):
    rehearse = list_rehearsals(SECTIONS, size)[name]
    run(rehearse)
    assert run(rehearse)[0] == 0


@pytest.mark.slow
def test_a_second_phantom_compiles_nothing():
    settings = phantom_settings()
    rehearse = list_rehearsals({"phantom": settings}, (25, 10, 10))["phantom"]
    run(rehearse)
    assert run(rehearse)[0] == 0
    assert settings == phantom_settings()


def do_nothing():
    pass


def fail():
    raise ValueError("no tissue")


def test_a_rehearsal_that_fails_stops_nothing(caplog):
    caplog.set_level(logging.INFO)
    assert compile_kernels({"one": fail, "other": do_nothing}, threads=2) == ["other"]
    assert "the rehearsal of one failed" in caplog.text
    assert "other: 0 kernels compiled, 0 found" in caplog.text


SLEEPER = """
import os, pathlib, sys, time
from neuropil.rehearsal import compile_kernels
def sleep():
    pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()}.")
    time.sleep(600)
compile_kernels({"one": sleep}, 1)
"""


def test_processes_that_compile_end_with_a_killed_job(tmp_path):
    path = tmp_path / "pid"
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPER, str(path)], env=variables
    ) as job:
        while job.poll() is None and not (path.exists() and path.read_text()):
            time.sleep(0.05)
        worker = psutil.Process(int(float(path.read_text())))
        job.kill()
    psutil.wait_procs([worker], timeout=60)
    assert not worker.is_running()
