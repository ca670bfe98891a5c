"""A worker's memory: when it has grown too large to go on, and whether the system ended it for want of memory.

A process that is reused from trial to trial keeps what any of them leaks. When the system ends one, Ray only sees the
connection break; but Linux counts, on each node, the processes that it ended for memory. An attempt at a trial notes
that count there when it begins; whoever finds the note of an attempt that never ended, and a greater count, knows why.
A worker that is lost for another reason while the system ends some other process of its node is mistaken for one.
"""

import contextlib
import gc
import os
import re
from collections.abc import Callable
from pathlib import Path

from ray.exceptions import RayActorError

# TensorFlow's pools and caches fill during the first trials. A worker past a quarter more than it had then is replaced,
# so that one of a hundred trials holds less than 1.3 times what it held after ten. A start costs seconds, hence no
# worker is replaced before it has run this many trials.
_SETTLED_AFTER_TRIALS = 5
_LIMIT = 1.25

OUT_OF_MEMORY = "out of memory: the system ended its worker"
"""Why a trial is infeasible whose worker the system has ended."""
_NOTE = "memory-kills"
_GROUPS = Path("/sys/fs/cgroup")
_WHOLE_SYSTEM = Path("/proc/vmstat")


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


class Attempt:
    """One attempt at a trial on this node; ``folder`` is the trial's own there, the same for each of its attempts."""

    def __init__(self, folder: Path, kills: Callable[[], int] | None = None) -> None:
        self._note = folder / _NOTE
        self._kills = kills or memory_kills

    def begin(self) -> None:
        """Note that an attempt begins."""
        self._note.write_text(str(self._kills()))

    def end(self) -> None:
        """Note that the attempt has ended and its worker still lives."""
        self._note.unlink(missing_ok=True)

    def was_killed(self) -> bool:
        """Whether the last attempt never ended, and the system has ended processes for memory since it began."""
        # The note is empty where its writing was cut off.
        with contextlib.suppress(FileNotFoundError, ValueError):
            return self._kills() > int(self._note.read_text())
        return False


def memory_kills() -> int:
    """Return how many processes the system has ended for want of memory; 0 where it does not say.

    Those of this process's control group (cgroup v2) where it has one, as in a container; else all of the system's.
    """
    for path in (*_group_events(), _WHOLE_SYSTEM):
        with contextlib.suppress(OSError):
            if count := re.search(r"^oom_kill (\d+)$", path.read_text(), re.MULTILINE):
                return int(count[1])
    return 0


def _group_events() -> list[Path]:
    with contextlib.suppress(OSError):
        group = re.search(r"^0::/(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
        return [] if group is None else [_GROUPS / group[1] / "memory.events"]
    return []
