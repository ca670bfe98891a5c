"""How many CPUs this process may use, of those that the machine has."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


def usable_cpus() -> int:
    """Return how many CPUs this process may use, one at least.

    Those that it may run on, as it was started with `taskset` or by Slurm; and no more whole ones than its control
    groups have the time of, as that of a container with `--cpus` or of a pod with a limit.
    """
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([own, *(int(share) for share in _shares())]))


def _shares() -> Iterator[float]:
    """Yield how many CPUs' time each control group of this process has that has a limit, of version 2 and 1."""
    for group in _groups():
        with contextlib.suppress(OSError, ValueError):  # of version 1, or without a limit ("max")
            quota, period = map(int, (group / "cpu.max").read_text().split())
            yield quota / period
        with contextlib.suppress(OSError, ValueError):
            quota = int((group / "cpu.cfs_quota_us").read_text())
            if quota > 0:
                yield quota / int((group / "cpu.cfs_period_us").read_text())


def _groups() -> Iterator[Path]:
    """Yield this process's control groups of CPU time, and those that they are in."""
    with contextlib.suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "" or "cpu" in controllers.split(","):
                root = _GROUPS / controllers
                inner = root / path.lstrip("/")
                yield from (inner, *(outer for outer in inner.parents if outer.is_relative_to(root)))
