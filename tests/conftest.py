"""Settings that all tests share."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "neuropil",
    deadline=None,
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("neuropil")


def pytest_itemcollected(item):
    """Let one process run the workflow's tests, which share runs, others the rest."""
    group = item.path.parent.name
    group = group if group == "workflow" else item.path.stem
    item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_modifyitems(items):
    """Begin with the workflow's tests: they take longest."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")
