"""Whether the system ended a worker for want of memory: Ray only sees the connection to a lost worker break.

Linux counts the processes that it ended so, on each node. An attempt at a trial notes that count there when it begins;
whoever finds the note of an attempt that never ended, and a greater count, knows why. A worker that is lost otherwise
while the system ends another process of its node for memory is taken for one of these.
"""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

OUT_OF_MEMORY = "out of memory: the system ended its worker"
"""Why such a trial is infeasible."""

_NOTE = "memory-kills"
_GROUPS = Path("/sys/fs/cgroup")
_WHOLE_SYSTEM = Path("/proc/vmstat")


class Attempt:
    """One attempt at a trial on this node; ``folder`` is the trial's own there, the same for each of its attempts."""

    def __init__(self, folder: Path, kills: Callable[[], int] | None = None) -> None:
        self._note = folder / _NOTE
        self._kills = kills or memory_kills

    def begin(self) -> None:
        """Note that an attempt begins."""
        self._note.write_text(str(self._kills()))

    def end(self) -> None:
        """Note that the attempt has ended, in whatever way its worker lived to see."""
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
