"""How much memory this node has, how much of it is used, and how many processes the system has ended for want of it.

A control group with a limit, as a container or a batch system sets one, is a smaller node. Pages that only cache files
do not count as used: they are given up for whoever needs memory.
"""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

TRIAL_BYTES = 2 * 2**30
"""What a trial may take before one has been measured: TensorFlow and a large network."""
_GROUPS = Path("/sys/fs/cgroup")
_PROCESSES = Path("/proc")
_WHOLE_SYSTEM = Path("/proc/vmstat")
# Its parent has not yet taken note (proc_pid_stat(5)).
_ENDED = ("Z", "X")


@dataclass(frozen=True)
class NodeMemory:
    """The memory of a node or of the control group in it that has the least left, in bytes."""

    limit: int
    used: int

    @classmethod
    def now(cls) -> "NodeMemory | None":
        """Look at this process's node; None where the system does not say (it has no ``/proc``)."""
        with contextlib.suppress(OSError, KeyError):
            sizes = _numbers(_PROCESSES / "meminfo")
            whole = cls(1024 * sizes["MemTotal"], 1024 * (sizes["MemTotal"] - sizes["MemAvailable"]))
            smaller = [memory for group in _groups() if (memory := _group(group, whole)) is not None]
            return min([whole, *smaller], key=lambda memory: memory.left)
        return None

    @property
    def left(self) -> int:
        """What may be used before Ray's memory monitor ends a worker; below 0 where it does already."""
        return int(self.limit * _threshold()) - self.used


def gigabytes(size: int) -> str:
    """Write a size in bytes in words."""
    return f"{size / 1e9:.1f} GB"


def own_bytes(pid: int | str = "self") -> int:
    """Return what a process has of its own in memory, files that it maps not counted; 0 if it is not there."""
    with contextlib.suppress(OSError):
        status = (_PROCESSES / str(pid) / "status").read_text()
        return 1024 * sum(map(int, re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB$", status, re.MULTILINE)))
    return 0


def started(pid: int | str = "self") -> int | None:
    """Return when a process was started, in ticks since the node was; None if it has ended.

    It tells two processes apart that had the same number.
    """
    with contextlib.suppress(OSError):
        # The name, in brackets, may hold anything.
        state, *fields = (_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return None if state in _ENDED else int(fields[18])
    return None


def memory_kills() -> int:
    """Return how many processes the system has ended for want of memory; 0 where it does not say.

    Those of this process's control group (version 2) where it has one, as in a container; else all of the system's.
    """
    for path in (*(group / "memory.events" for group in _groups()), _WHOLE_SYSTEM):
        with contextlib.suppress(OSError):
            if count := re.search(r"^oom_kill (\d+)$", path.read_text(), re.MULTILINE):
                return int(count[1])
    return 0


def _threshold() -> float:
    """Return the share of a node's memory above which Ray ends workers."""
    return float(os.environ.get("RAY_memory_usage_threshold", "0.95"))  # noqa: SIM112


def _groups() -> list[Path]:
    """Return this process's control groups of memory, the innermost first."""
    groups: list[Path] = []
    with contextlib.suppress(OSError):
        for line in (_PROCESSES / "self" / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                root = _GROUPS / controllers
                inner = root / path.lstrip("/")
                groups += [inner, *(outer for outer in inner.parents if outer.is_relative_to(root))]
    return groups


def _group(group: Path, whole: NodeMemory) -> NodeMemory | None:
    """Return the memory of a control group of version 2 or 1; None where it has no limit below the ``whole``'s."""
    for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        with contextlib.suppress(OSError, ValueError):  # of the other version, or without a limit ("max")
            bound = int((group / limit).read_text())
            if bound < whole.limit:
                files = _numbers(group / "memory.stat")
                prefix = "" if limit == "memory.max" else "total_"
                cached = sum(files.get(f"{prefix}{kind}_file", 0) for kind in ("active", "inactive"))
                return NodeMemory(bound, max(0, int((group / used).read_text()) - cached))
    return None


def _numbers(path: Path) -> dict[str, int]:
    """Read a file of lines such as ``name: 12 kB``."""
    return {name: int(number) for name, number in re.findall(r"^(\w+):?\s+(\d+)", path.read_text(), re.MULTILINE)}
