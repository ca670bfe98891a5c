"""CPU seconds and memory of all processes that come from one, those included that outlive what started them; Linux.

A process belongs to a tree by a variable of its environment, or by its parent, from when it is first seen: Ray's write
their title over their environment, and its daemons leave their parents.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MARK = "GALAXY_TUNER_BENCHMARK"
_TICK = os.sysconf("SC_CLK_TCK")
_Key = tuple[int, int]


@dataclass(frozen=True)
class _Stat:
    parent: int
    started: int
    seconds: float


class Tree:
    """All processes in whose environment MARK is ``value``, and their children.

    What a process uses between the last look at it and its end is not seen: look twice a second.
    """

    def __init__(self, value: str) -> None:
        self.value = value
        self._marked = f"{MARK}={value}\0".encode()
        self._seconds: dict[_Key, float] = {}
        self._others: set[_Key] = set()
        self._alive: list[int] = []

    @property
    def seconds(self) -> float:
        """CPU seconds of all of them, the dead as well, as far as they were seen."""
        return sum(self._seconds.values())

    def look(self) -> float:
        """See how they stand; return ``seconds``."""
        stats = {pid: stat for pid in _pids() if (stat := _stat(pid)) is not None}
        for pid in sorted(stats, key=lambda one: stats[one].started):
            self._consider(pid, stats)
        self._alive = [pid for pid, stat in stats.items() if (pid, stat.started) in self._seconds]
        return self.seconds

    def _consider(self, pid: int, stats: dict[int, _Stat]) -> None:
        stat = stats[pid]
        key, above = (pid, stat.started), stats.get(stat.parent)
        is_child = above is not None and (stat.parent, above.started) in self._seconds
        if key in self._seconds or is_child or (key not in self._others and self._marked in _environment(pid)):
            self._seconds[key] = stat.seconds
            self._others.discard(key)
        else:
            self._others.add(key)

    def memory(self) -> int:
        """Return their memory in bytes, what they share counted once; of those seen at the last look."""
        return sum(map(_proportional_bytes, self._alive))

    def kill(self) -> None:
        """End all of them, as a machine that goes down does."""
        while True:
            self.look()
            if not self._alive:
                return
            for pid in self._alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)


def free_share(seconds: float = 10.0) -> float:
    """Return how much of the machine's CPUs something new gets, above 0 to 1: nearly 1 where nothing else runs."""
    code = f"import time; until = time.monotonic() + {seconds}\nwhile time.monotonic() < until: pass"
    cpus = len(os.sched_getaffinity(0))
    script = (
        f"import os, subprocess, sys; ran = [subprocess.Popen([sys.executable, '-c', {code!r}]) for _ in range({cpus})]"
    )
    ended = "\nfor one in ran: one.wait()\nprint(os.times().children_user + os.times().children_system)"
    # A session of its own, as a contestant has: Linux shares CPUs between sessions first.
    found = subprocess.run(
        [sys.executable, "-c", script + ended], check=True, stdout=subprocess.PIPE, start_new_session=True
    )
    return min(1.0, float(found.stdout) / (cpus * seconds))


def _pids() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()]


def _stat(pid: int) -> _Stat | None:
    """Return what the kernel says of a process; None if it is gone or only waits for its parent to take note."""
    try:
        # Behind the name, which may have spaces and brackets, come state, parent …; see proc_pid_stat(5).
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    return _Stat(int(fields[1]), int(fields[19]), (int(fields[11]) + int(fields[12])) / _TICK)


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
