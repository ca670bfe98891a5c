"""How many files and processes the system lets this process have."""

import contextlib
import os
import resource
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")
_GROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/pids"))


@dataclass(frozen=True)
class Limits:
    """How many files one process may have open, and how many more processes and threads the user may start.

    None is no limit, or a system that does not say.
    """

    files: int | None
    more_processes: int | None

    @classmethod
    def now(cls) -> "Limits":
        """Look at this process's."""
        return cls(_limit(resource.RLIMIT_NOFILE), _more_processes())


def _limit(which: int) -> int | None:
    soft, _ = resource.getrlimit(which)
    return None if soft == resource.RLIM_INFINITY else soft


def _more_processes() -> int | None:
    """Return how many threads may be started: of the user's limit, which binds all but root, and of a container's."""
    most = []
    if os.getuid() != 0 and (limit := _limit(resource.RLIMIT_NPROC)) is not None:
        most.append(limit - _threads_of(os.getuid()))
    for group in _GROUPS:
        with contextlib.suppress(OSError, ValueError):  # none, or without a limit ("max")
            most.append(int((group / "pids.max").read_text()) - int((group / "pids.current").read_text()))
    return min(most, default=None)


def _threads_of(user: int) -> int:
    threads = 0
    for process in _PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            if process.stat().st_uid == user:
                threads += sum(1 for _ in (process / "task").iterdir())
    return threads
