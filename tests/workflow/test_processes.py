"""Tests go to processes so that what a file shares is made in one of them."""

import re
import shutil
import subprocess
import sys

import pytest

from repository import ROOT

TESTS = """
import os

import pytest

{mark}


@pytest.fixture(scope="session")
def finished():
    return "the run that tests share"


@pytest.mark.parametrize("text", ["plain", "at@sign]"])
def test_something({fixture}, text):
    with open(os.environ["PYTEST_XDIST_WORKER"], "a") as file:
        file.write(text)
"""
GROUP = 'pytestmark = pytest.mark.xdist_group("own")'


@pytest.mark.parametrize(
    ("mark", "fixture", "count"),
    [("", "tmp_path", 1), (GROUP, "finished", 1), ("", "finished", 2)],
    ids=["a file", "a file with a group", "long tests"],
)
def test_a_file_stays_in_one_process_but_long_tests_are_spread(
    mark, fixture, count, tmp_path
):
    """As `make test` calls them: two processes for two tests, or one for both."""
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(TESTS.format(mark=mark, fixture=fixture))
    makefile = (ROOT / "Makefile").read_text()
    options = re.search(r"^pytest := .* -n \S+ (.*)", makefile, re.M).group(1)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", *options.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert len([*tmp_path.glob("gw*")]) == count
