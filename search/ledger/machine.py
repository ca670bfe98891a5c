"""Which machine a process runs on, and whether a process of this machine lives."""

import os
import socket
import time
from functools import cache
from pathlib import Path


@cache
def this_machine() -> str:
    """Return what no other machine has in common with this one while both are up: two may share a host's name.

    Process ids mean something only within one boot and one namespace of them, as a container has its own.
    """
    return "/".join([socket.gethostname(), _boot(), _namespace()])


def process_started(pid: int) -> str:
    """Return when a process of this machine started, in the kernel's ticks; empty where the system does not tell.

    The next process of the same id has another one. Raises ProcessLookupError if there is none that lives, and
    PermissionError where there is one, and the system tells no more of others' processes (hidepid).
    """
    try:
        # What follows the name in brackets, which may have any character: the state, …, the 20th is the start.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        os.kill(pid, 0)  # raises as this does
        if Path("/proc/self/stat").exists():
            raise PermissionError(f"process {pid} is not to be looked at") from None
        return ""
    if fields[0] in "ZX":  # it has ended, and nobody has asked how
        _raise_gone(pid)
    return fields[19]


def process_seconds() -> float:
    """Return how many seconds ago this process started; 0 where the system does not tell."""
    started = process_started(os.getpid())
    if not started:
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / os.sysconf("SC_CLK_TCK")


def _raise_gone(pid: int) -> None:
    raise ProcessLookupError(f"no process {pid}")


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
