"""Settings that all tests share, and the order in which they start."""

import pytest
from hypothesis import HealthCheck, settings

LONG = ("test_slurm.py",)  # one group, of a quarter of an hour

settings.register_profile(
    "neuropil",
    deadline=None,
    derandomize=True,
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("neuropil")


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest-xdist, which reads groups
def pytest_collection_modifyitems(items):
    """Begin with the shared run, and end with the tests that need it.

    One process makes that run (the fixture `finished`) while the others go through the
    rest, so that none waits. Tests of a file share fixtures and stay in one process;
    those that need the shared run take minutes each and are spread, but for files that
    say otherwise by a group of their own. The longest such group goes first of these,
    so that at the end no process waits for it.
    """
    need_run = [item for item in items if "finished" in item.fixturenames]
    rest = [item for item in items if item not in need_run]
    for item in rest:
        item.add_marker(pytest.mark.xdist_group(item.path.name))
    later = sorted(need_run[1:], key=lambda item: item.path.name not in LONG)
    items[:] = need_run[:1] + rest + later
    yield
    for item in items:
        name_with_group(item)


def name_with_group(item):
    """Let a test bear the name by which its process is chosen: ``...@group``.

    pytest-xdist 3.8 writes it where pytest looked until 9.1; 9.2 looks elsewhere, and
    all groups would be without effect.
    """
    name = vars(item).get("_nodeid", item.nodeid)
    if name != item.nodeid:
        item._id = item.id.parse(name)
