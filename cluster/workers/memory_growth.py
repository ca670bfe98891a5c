"""When a worker has grown too large: a process that is reused from trial to trial keeps what any of them leaks."""

import gc
import os
from collections.abc import Callable
from pathlib import Path

from ray.exceptions import RayActorError

# TensorFlow's pools and caches fill during the first trials. A worker past a quarter more than it had then is replaced,
# so that one of a hundred trials holds less than 1.3 times what it held after ten. A start costs seconds, hence no
# worker is replaced before it has run this many trials.
_SETTLED_AFTER_TRIALS = 5
_LIMIT = 1.25


class MemoryGrowthError(RayActorError):
    """The worker is too large to start a trial; raised before anything of the trial has run.

    Ray Tune counts it as a preemption: the trial starts elsewhere and has none of its failures used up, and the worker
    is ended.
    """

    def __init__(self) -> None:
        super().__init__(error_msg="the worker has grown past its memory limit", preempted=True)


class MemoryGrowth:
    """How much one worker process has grown, looked at before each trial. ``resident`` gives its size in bytes."""

    def __init__(self, resident: Callable[[], int] | None = None) -> None:
        self._resident = resident or resident_bytes
        self._trials = 0
        self._settled = 0

    def check(self) -> None:
        """Call at the start of each trial. Raises MemoryGrowthError where the process is past its limit."""
        self._trials += 1
        if self._trials <= _SETTLED_AFTER_TRIALS:
            return
        # Models hold cycles: what the last trial left behind is no leak yet.
        gc.collect()
        size = self._resident()
        self._settled = self._settled or size
        if size > _LIMIT * self._settled:
            raise MemoryGrowthError


def resident_bytes() -> int:
    """Return how much of this process is in memory; 0 where the system does not say (it has no ``/proc``)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
