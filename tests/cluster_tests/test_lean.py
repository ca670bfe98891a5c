"""A Ray of our own starts without what Ray's dashboard needs, though it is installed."""

from pathlib import Path

import pytest
from ray._private.utils import get_dashboard_dependency_error

from cluster.driving.connection import connected
from search import SearchSettings


def command_lines_below(process: str = "self") -> list[str]:
    children = [one for file in Path("/proc", process, "task").glob("*/children") for one in file.read_text().split()]
    lines = [Path("/proc", child, "cmdline").read_text() for child in children]
    return lines + [line for child in children for line in command_lines_below(child)]


@pytest.mark.slow
def test_a_ray_of_our_own_has_no_dashboard_though_one_is_installed() -> None:
    assert get_dashboard_dependency_error() is None
    with connected("local", SearchSettings(name="a")):
        [dashboard] = [line for line in command_lines_below() if "dashboard/dashboard.py" in line]
    assert "--minimal" in dashboard.split("\0")
    assert get_dashboard_dependency_error() is None
