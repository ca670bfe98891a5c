"""What the kernel says of processes; Linux alone."""

import contextlib
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return the children of a process, theirs, and so on."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in map(int, task.read_text().split()):
                found += [child, *descendants(child)]
    return found


def title(pid: int) -> str:
    """Return what a process calls itself; nothing if there is none."""
    return _process_file(pid, "cmdline").split("\0")[0]


def environment(pid: int) -> str:
    """Return the environment that a process was started in; nothing if there is none."""
    return _process_file(pid, "environ")


def _process_file(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""
