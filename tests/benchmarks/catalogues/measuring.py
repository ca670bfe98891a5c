"""A command and all that it starts, measured while it works: how far it is, CPU time, and the most memory at once."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.durability.processes import descendants

_LOOK_SECONDS = 0.5
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Used:
    """What a command has used.

    Attributes:
        cpu: seconds of CPU by process, the last that was seen of it.
        most: the most resident memory of one process, bytes, by what it calls itself.
        looks: (seconds, rows done, seconds of CPU) each time that it was further.
    """

    cpu: dict[int, float] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    looks: list[tuple[float, int, float]] = field(default_factory=list)

    @property
    def cpu_seconds(self) -> float:
        """Of all processes."""
        return sum(self.cpu.values())

    @property
    def rows_per_second(self) -> float:
        """Between the first rows that were done and the last: without the start, and the end."""
        return (self.looks[-1][1] - self.looks[0][1]) / (self.looks[-1][0] - self.looks[0][0])

    @property
    def cpu_per_row(self) -> float:
        """Seconds of CPU, likewise."""
        return (self.looks[-1][2] - self.looks[0][2]) / (self.looks[-1][1] - self.looks[0][1])

    def look(self, pid: int) -> None:
        """See what a process and all below it have used so far."""
        for each in (pid, *descendants(pid)):
            with contextlib.suppress(OSError, ValueError, IndexError):
                name, _, rest = Path(f"/proc/{each}/stat").read_text().partition("(")[2].rpartition(")")
                numbers = rest.split()
                self.cpu[each] = (int(numbers[11]) + int(numbers[12])) / _TICK
                resident = int(numbers[21]) * _PAGE
                self.most[name] = max(self.most.get(name, 0), resident)


def run(words: list[str], done: Callable[[], int], *, cpus: str | None = None) -> Used:
    """Run a command to its end, held to some CPUs where they are given; ``done`` says how many rows are.

    Raises SystemExit where it fails.
    """
    held = [] if cpus is None else ["taskset", "-c", cpus]
    process = subprocess.Popen([*held, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    used, ended = Used(), threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            used.look(process.pid)
            rows = done()
            if rows > (used.looks[-1][1] if used.looks else 0):
                used.looks.append((time.perf_counter(), rows, used.cpu_seconds))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    _, said = process.communicate()
    ended.set()
    watching.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}: {said[-300:]}")
    return used
