"""Which tests run side by side where pytest-xdist has several processes: those of one file stay together.

They share what their module sets up. What takes longest begins first, so that no process ends long before another.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

# In some of these Ray or the system ends a worker for want of memory, and in the others a worker that is lost just then
# would seem to be lost for that.
_LOSING_WORKERS = {
    f"tests/cluster_tests/test_{name}.py" for name in ("address", "launch", "memory", "resuming", "training")
}


class FilesTogether(LoadFileScheduling):
    """Hands out whole files, those that lose workers as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "losing workers" if file in _LOSING_WORKERS else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FilesTogether:
    config.option.loadscopereorder = False  # by number of tests
    return FilesTogether(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)
