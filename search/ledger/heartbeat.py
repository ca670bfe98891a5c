"""Who drives a search, and whether its driver is alive: each has a number and a file that it rewrites while it lives.

Two clocks may disagree and a process may vanish without a word, so a driver counts as alive for a minute after its last
beat; on the driver's own machine its process is looked up, and a death is known at once.

A driver takes the number after the highest, and is the driver if nobody else has taken that one: of several that begin
at the same moment exactly one does on a local disk. An object store cannot write exclusively: there each looks again
after two seconds, and is not the driver if another has written the same number after it. Two remain only if the store
takes longer than that from being asked for the file to having written it.
"""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from datasets import Folder, StorageError
from search.errors import LedgerError
from search.layout import DRIVERS, driver_file, driver_of
from search.ledger.reading import read_json
from search.ledger.records import now
from search.values import JsonObject

_EVERY_SECONDS = 5.0
_ALIVE_SECONDS = 60.0
_SETTLING_SECONDS = 2.0


@contextlib.contextmanager
def driver_heartbeat(folder: Folder) -> Iterator[None]:
    """Become the driver of the search in ``folder``, and beat until the block ends.

    Raises LedgerError if another driver is alive, or becomes it at the same moment.
    """
    drivers, token = folder.child(DRIVERS), secrets.token_hex(8)
    number = _last(drivers) + 1
    if _is_alive(drivers, number - 1) or not _take(drivers, number, token):
        raise LedgerError(f"the search at {folder.uri} has another driver, which is alive: `galaxy stop` ends it")

    def beat(is_last: bool) -> None:
        # A passing fault of the storage: the next beat may get through. Or why the search ends.
        with contextlib.suppress(StorageError):
            # The last stays: the number is never taken again.
            drivers.write_whole(driver_file(number), _ended(token) if is_last else _beat(token))

    with repeating(beat, seconds=_EVERY_SECONDS, name="heartbeat"):
        yield


@contextlib.contextmanager
def repeating(call: Callable[[bool], None], *, seconds: float, name: str) -> Iterator[None]:
    """From one thread call ``call(False)`` every so many seconds while the block runs, ``call(True)`` at its end."""
    done = threading.Event()

    def repeat() -> None:
        is_last = False
        while not is_last:
            is_last = done.wait(seconds)
            call(is_last)

    thread = threading.Thread(target=repeat, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def driver_is_alive(folder: Folder) -> bool:
    """Whether the search in ``folder`` has a driver that is alive."""
    drivers = folder.child(DRIVERS)
    return _is_alive(drivers, _last(drivers))


def _take(drivers: Folder, number: int, token: str) -> bool:
    """Take a driver's number, and say whether it is ours alone; older drivers' files are deleted then."""
    if not drivers.create(driver_file(number), _beat(token)):
        return False
    if drivers.local is None:
        time.sleep(_SETTLING_SECONDS)
    # Between our look and our write others may have come and gone: they have higher numbers.
    if _last(drivers) != number or _read(drivers, number).get("token") != token:
        return False
    for name in drivers.names():
        if 0 < driver_of(name) < number:
            drivers.delete(name)
    return True


def _last(drivers: Folder) -> int:
    return max((driver_of(name) for name in drivers.names()), default=0)


def _is_alive(drivers: Folder, number: int) -> bool:
    beat = _read(drivers, number) if number else {}
    if "at" not in beat:  # there has been none, or it has ended
        return False
    age = (datetime.now(UTC) - datetime.fromisoformat(beat["at"])).total_seconds()
    return age < _ALIVE_SECONDS and (beat["host"] != socket.gethostname() or _process_exists(beat["pid"]))


def _read(drivers: Folder, number: int) -> JsonObject:
    return read_json(drivers, driver_file(number)) or {}  # a later one has deleted it


def _beat(token: str) -> bytes:
    return json.dumps({"token": token, "host": socket.gethostname(), "pid": os.getpid(), "at": now()}).encode()


def _ended(token: str) -> bytes:
    return json.dumps({"token": token, "ended": now()}).encode()


def _process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)  # it is there and somebody else's
    return True
