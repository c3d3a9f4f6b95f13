"""Runs that tests share: each is made once, however many processes test."""

import os
import shutil

import pytest

from repository import ROOT
from sharing import make_once, shared_folder
from workspace import Workspace


@pytest.fixture(scope="session")
def data_root():
    """Folder of the real datasets; tests that need it are skipped without."""
    folder = os.environ.get("DATA_ROOT", ROOT.parent / "shared" / "data")
    if not os.path.isdir(folder):
        pytest.skip("DATA_ROOT names no folder with the real datasets")
    return folder


@pytest.fixture(scope="session")
def kernel_cache(tmp_path_factory):
    """Folder of compiled kernels; empty when the first run starts."""
    with pytest.MonkeyPatch.context() as patch:
        folder = shared_folder(tmp_path_factory) / "kernels"
        patch.setenv("NUMBA_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def first_run(tmp_path_factory, kernel_cache):
    """The first run and the kernels it compiled; nobody changes or uses these files."""
    folder = shared_folder(tmp_path_factory) / "first"

    def make():
        Workspace(folder / "run").run()
        shutil.copytree(kernel_cache, folder / "kernels")

    make_once(folder, make)
    return folder


@pytest.fixture(scope="session")
def finished(first_run, tmp_path_factory):
    """The phantom at its smallest, from nothing to the end, in 2 x 2 x 2 chunks."""
    return Workspace(first_run / "run").clone(tmp_path_factory.mktemp("tiny") / "run")


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of the finished run, to be changed by one test."""
    return finished.clone(tmp_path / "copy")
