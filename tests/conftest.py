"""Options of the integration tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture
def update_golden(request):
    """Whether golden files are to be written anew."""
    return request.config.getoption("--update-golden")


def pytest_collection_modifyitems(config, items):
    """Long runs are asked for with ``-m slow`` (or any other expression of markers, or by their node id)."""
    if config.option.markexpr or any("::" in arg for arg in config.args):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
