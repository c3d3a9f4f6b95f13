"""Settings that all tests share, and the order in which they start."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "neuropil",
    deadline=None,
    derandomize=True,
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("neuropil")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items):
    """Begin with the shared run, and end with the tests that need it.

    One process makes that run (the fixture `finished`) while the others go through the
    rest, so that none waits. Tests of a file share fixtures and stay in one process;
    those that need the shared run take minutes each and are spread.
    """
    need_run = [item for item in items if "finished" in item.fixturenames]
    rest = [item for item in items if item not in need_run]
    for item in rest:
        item.add_marker(pytest.mark.xdist_group(item.path.name))
    items[:] = need_run[:1] + rest + need_run[1:]
