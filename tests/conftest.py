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


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items):
    """Let one process run the workflow's tests, which share runs, others the rest.

    The workflow's come first, since they take longest.
    """
    items.sort(key=lambda item: item.path.parent.name != "workflow")
    for item in items:
        group = item.path.parent.name
        group = group if group == "workflow" else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
