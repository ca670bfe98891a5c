"""Ways to read an image that end badly; decoding processes import them by name."""

import os
import signal
import time
from pathlib import Path


class Awkward(Exception):
    """An error that cannot be unpickled: it is made from two arguments and keeps one."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def fine() -> bytes:
    return b""


def process_id(folder: Path) -> bytes:
    """Leave a file that is named for the process."""
    (folder / str(os.getpid())).touch()
    return b""


def defect() -> bytes:
    raise KeyError("a defect")


def awkward() -> bytes:
    raise Awkward("a", "defect")


def crash() -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def leave(status: int) -> bytes:
    """End the process as a program that is done does."""
    os._exit(status)


def crash_once(mark: Path) -> bytes:
    """End the process the first time, as when memory is short."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return b""


def chatter() -> bytes:
    print("to stdout", flush=True)  # noqa: T201
    os.write(1, b"to its descriptor\n")
    return b""


def wait(folder: Path, seconds: float) -> bytes:
    """Leave a file that is named for the process, and take some time."""
    process_id(folder)
    time.sleep(seconds)
    return b""
