"""The drivers' files: what each says, which is the last, and whether its driver is alive.

No two hosts' clocks are compared. On the driver's own machine its process is looked up, so that a death is known at
once. Elsewhere a driver lives whose file changes: a reader remembers what it saw. Who sees a file for the first time
believes its time where that is about now, or an hour and more ago; else it looks again after two beats. Who is about to
take a driver's place asks the storage how old the file is, by the storage's own clock.
"""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from datasets import Folder
from search.layout import driver_of
from search.ledger.machine import process_started, this_machine
from search.ledger.reading import read_json
from search.values import JsonObject

EVERY_SECONDS = 10.0
ALIVE_SECONDS = 60.0
"""A driver whose file has not changed for so long is taken for dead: its place may be taken."""
_LONG_AGO_SECONDS = 3600.0
_LOOK_AGAIN_SECONDS = 2.2 * EVERY_SECONDS


@dataclass(frozen=True)
class Beat:
    """A driver's file as somebody found it: ``name`` in ``drivers``, and what it says."""

    drivers: Folder
    name: str
    said: JsonObject

    @property
    def number(self) -> int:
        """The driver's number, from 1 on."""
        return driver_of(self.name)

    @property
    def token(self) -> str:
        """What no other driver has."""
        return str(self.said.get("token"))

    @property
    def has_ended(self) -> bool:
        """Whether the driver has said that it drives no more, or the file is none."""
        return "at" not in self.said or "ended" in self.said

    @property
    def is_driving(self) -> bool:
        """Whether it is more than a bid."""
        return not self.said.get("bids", False)

    @property
    def host(self) -> str:
        """The host it runs on."""
        return str(self.said.get("host", "another host"))

    @property
    def since(self) -> str:
        """When it began, by its host's clock, for people."""
        return str(self.said.get("since") or self.said.get("at") or self.said.get("ended"))

    @property
    def is_of_this_machine(self) -> bool:
        """Whether its process can be looked up here."""
        return bool(self.said.get("machine") == this_machine())

    @property
    def process_lives(self) -> bool:
        """Whether its process lives, on this machine, and drives."""
        if self.said.get("pid") == os.getpid():
            return self.token in _driving_here
        try:
            return process_started(int(self.said["pid"])) == self.said.get("started")
        except (ProcessLookupError, KeyError, ValueError, TypeError):
            return False
        except PermissionError:  # it is there and somebody else's
            return True

    def again(self) -> "Beat":
        """Look at the file again; one that has gone has ended."""
        return _beat(self.drivers, self.name)


def beats(drivers: Folder, *, least: int = 1, beside: str = "") -> list[Beat]:
    """Read every driver's file from a number on, the highest last, but not the one called ``beside``."""
    names = [name for name in drivers.names() if driver_of(name) >= least and name != beside]
    return [_beat(drivers, name) for name in sorted(names, key=driver_of)]


def last_beat(drivers: Folder) -> Beat | None:
    """Return the last driver's: of several of the highest number, as bids are, one that drives, else one that bids."""
    names = drivers.names()
    highest = max(map(driver_of, names), default=0)
    last = [_beat(drivers, name) for name in names if highest and driver_of(name) == highest]
    return max(last, key=lambda beat: (not beat.has_ended, beat.is_driving, beat.token), default=None)


def are_alive(last: Sequence[Beat | None]) -> list[bool]:
    """Say of each of several searches' last drivers whether it is alive; all that must be looked at again at once."""
    found = [_judge(beat) for beat in last]
    if None in found:
        time.sleep(_LOOK_AGAIN_SECONDS)
        found = [_judge(beat.again()) if one is None and beat else one for one, beat in zip(found, last, strict=True)]
    return [bool(one) for one in found]


def is_alive_for_taker(beat: Beat | None) -> bool:
    """Say whether a driver is alive whose place is to be taken; takes up to a minute where the storage cannot say."""
    if beat is None or beat.has_ended:
        return False
    if beat.is_of_this_machine:
        return beat.process_lives
    age = _age(beat)
    if age is not None:
        # Two files' times on one clock. A beat may be in the middle of being written.
        return age < ALIVE_SECONDS and not beat.again().has_ended
    until = time.monotonic() + ALIVE_SECONDS
    while time.monotonic() < until:
        now = beat.again()
        if now.has_ended:
            return False
        if now.said != beat.said:
            return True
        time.sleep(1.0)
    return False


_driving_here: set[str] = set()
_seen: dict[tuple[str, str], tuple[str, float, bool]] = {}
"""By file: what this process last found in it, when that was new to it, and whether it had found other text before."""


def _judge(beat: Beat | None) -> bool | None:
    """Say whether a driver is alive; None where that is not known from one look."""
    if beat is None or beat.has_ended:
        return False
    if beat.is_of_this_machine:
        return beat.process_lives
    key, text, now = (beat.drivers.uri, beat.name), json.dumps(beat.said), time.monotonic()
    before = _seen.get(key)
    if before is None or before[0] != text:
        _seen[key] = before = (text, now, before is not None)
    _, since, has_changed = before
    if has_changed or now - since > ALIVE_SECONDS:
        return now - since <= ALIVE_SECONDS
    if now - since >= _LOOK_AGAIN_SECONDS:
        return False
    try:
        age = (datetime.now(UTC) - datetime.fromisoformat(beat.said["at"])).total_seconds()
    except (ValueError, TypeError):  # somebody has changed the file
        return None
    if abs(age) < ALIVE_SECONDS:
        return True
    return False if age > _LONG_AGO_SECONDS else None


def _age(beat: Beat) -> float | None:
    """Return the seconds since a file was written, by the storage's clock; None where nothing can say."""
    probe = f"look-{secrets.token_hex(8)}.json"
    beat.drivers.write_whole(probe, b"{}")
    try:
        age = beat.drivers.modified(probe) - beat.drivers.modified(beat.name)
    except FileNotFoundError:
        return None
    finally:
        beat.drivers.delete(probe)
    return age if age >= 0 else None


@contextlib.contextmanager
def driving_here(token: str) -> Iterator[None]:
    """Know, while the block runs, that this process drives: its file may not say that it has ended."""
    _driving_here.add(token)
    try:
        yield
    finally:
        _driving_here.discard(token)


def said(token: str, since: str, *, bids: bool) -> JsonObject:
    """Return what a driver says of itself; a beat adds ``at``, so that no two are alike."""
    pid = os.getpid()
    return {
        "token": token,
        "host": this_machine().partition("/")[0],
        "machine": this_machine(),
        "pid": pid,
        "started": process_started(pid),
        "since": since,
        "bids": bids,
    }


def _beat(drivers: Folder, name: str) -> Beat:
    return Beat(drivers, name, read_json(drivers, name) or {})  # a later one has deleted it
