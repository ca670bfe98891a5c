"""Whether a search's driver is alive: a file that it rewrites while it lives.

Two clocks may disagree and a process may vanish without a word, so a driver counts as alive for a minute after its last
beat; on the driver's own machine its process is looked up, and a death is known at once.
"""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from datasets import Folder, StorageError
from search.layout import HEARTBEAT
from search.records import now

_EVERY_SECONDS = 5.0
_ALIVE_SECONDS = 60.0


@contextlib.contextmanager
def beating(folder: Folder) -> Iterator[None]:
    """Beat in ``folder`` until the block ends, then take the heartbeat away."""
    done = threading.Event()
    _beat(folder)
    thread = threading.Thread(target=_beat_until, args=(folder, done), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        with contextlib.suppress(StorageError):  # the storage may be why the search ends
            folder.delete(HEARTBEAT)


def is_alive(folder: Folder) -> bool:
    """Whether a driver beats in ``folder``."""
    try:
        beat = json.loads(folder.read(HEARTBEAT))
    except FileNotFoundError:
        return False
    age = (datetime.now(UTC) - datetime.fromisoformat(beat["at"])).total_seconds()
    return age < _ALIVE_SECONDS and (beat["host"] != socket.gethostname() or _process_exists(beat["pid"]))


def _beat_until(folder: Folder, done: threading.Event) -> None:
    while not done.wait(_EVERY_SECONDS):
        with contextlib.suppress(StorageError):  # a passing fault of the storage: the next beat may get through
            _beat(folder)


def _beat(folder: Folder) -> None:
    beat = {"host": socket.gethostname(), "pid": os.getpid(), "at": now()}
    folder.write_whole(HEARTBEAT, json.dumps(beat).encode())


def _process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there and somebody else's
        return True
    return True
