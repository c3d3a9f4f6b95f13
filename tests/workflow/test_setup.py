"""`make setup`: makes .venv, leaves it alone when it is right, starts anew when not."""

import os
import shutil
import subprocess

import pytest

from repository import ROOT

# Stands in for Python 3.11: makes a .venv of itself, and installs or fails to.
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *"pip install"*) exit ${PIP_STATUS:-0} ;;
esac
"""


class Checkout:
    """A folder with the set-up script, the locks, and a Python beside it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / ".ci").mkdir(parents=True)
        shutil.copy(ROOT / ".ci/setup", folder / ".ci")
        self.lock = folder / "requirements.lock"
        self.lock.write_text("numpy==2.4.6\n")
        self.test_lock = folder / "requirements-test.lock"
        self.test_lock.write_text("navis==1.12.0\n")
        self.python = folder.parent / "python"
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)

    def setup(self, *what, **environment):
        done = subprocess.run(
            [self.folder / ".ci/setup", *what],
            env=os.environ | {"PYTHON": str(self.python)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "a folder")


def test_sets_up_once(checkout):
    code, words = checkout.setup()
    assert code == 0, words
    assert "1 packages" in words
    assert checkout.setup() == (0, "")


def test_adds_the_packages_of_tests_once_and_after_a_change(checkout):
    assert checkout.setup()[0] == 0
    code, words = checkout.setup("tests", PIP_STATUS="1")
    assert code == 1
    assert "call make again" in words
    for _ in range(2):
        code, words = checkout.setup("tests")
        assert code == 0, words
        assert "Adding 1 packages" in words
        assert "Set up" not in words
        assert checkout.setup("tests") == checkout.setup() == (0, "")
        checkout.test_lock.write_text("navis==1.13.0\n")


@pytest.mark.parametrize("change", ["interpreter", "lock", "place", "interruption"])
def test_starts_anew_when_what_is_there_is_not_right(checkout, change):
    assert checkout.setup()[0] == 0
    venv = checkout.folder / ".venv"
    (venv / "left over").touch()
    if change == "interpreter":
        (venv / "bin/python").unlink()
    elif change == "lock":
        checkout.lock.write_text("numpy==2.4.7\n")
    elif change == "place":
        checkout.folder = checkout.folder.rename(checkout.folder.parent / "moved")
        venv = checkout.folder / ".venv"
    else:
        (venv / "complete").unlink()
    assert "Set up" in checkout.setup()[1]
    assert not (venv / "left over").exists()
    assert checkout.setup() == (0, "")


def test_a_failed_set_up_is_not_taken_for_a_complete_one(checkout):
    code, words = checkout.setup(PIP_STATUS="1")
    assert code == 1
    assert "call make again" in words
    assert "Set up" in checkout.setup()[1]


@pytest.mark.parametrize("python", ["python9.9", "/bin/false"])
def test_another_python_is_refused_with_the_way_out(checkout, python):
    code, words = checkout.setup(PYTHON=python)
    assert code == 1
    assert "neuropil needs Python 3.11" in words
    assert "make setup PYTHON=" in words
    assert not (checkout.folder / ".venv").exists()
