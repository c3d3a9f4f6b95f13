"""Runs that tests share: each is made once per session."""

import os

import pytest

from repository import ROOT
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
        folder = tmp_path_factory.mktemp("kernels")
        patch.setenv("NUMBA_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory, kernel_cache):
    """The phantom at its smallest, from nothing to the end, in 2 x 2 x 2 chunks."""
    workspace = Workspace(tmp_path_factory.mktemp("tiny") / "run")
    workspace.run()
    return workspace


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of the finished run, to be changed by one test."""
    return finished.clone(tmp_path / "copy")
