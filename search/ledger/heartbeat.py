"""Who drives a search: one at a time, and whoever has lost that place writes nothing more.

**Taking the place.** A driver has a number and a file of its own in ``drivers``, named with both the number and a token
that nobody else has. It takes the number after the highest, once that one's driver has ended or is taken for dead, by
*bidding*: it writes its file, then lists all. If there is no other file of that number or a higher one it drives. Else,
where another drives or its token is the smaller, it withdraws and is refused; the one with the smallest waits until the
others have withdrawn. Two cannot both find nobody: each would have listed before the other wrote, and after it wrote
itself. That asks of a storage only that a listing shows what was written before it, which local disks, S3, Google's and
Azure's stores promise, and file systems that hosts share where the lister has just written into the folder itself: it
needs no exclusive creation, no hard links, no locks and no clocks, and nobody waits for it. Exactly one drives before
anything is suggested.

**Keeping it.** A driver rewrites its file every 10 s, then lists: it has lost its place where there is a higher number.
A beat that came through, and found none, lets it write for 30 s from when it began; with none for so long each write
first waits for the next. What it had asked of the storage by then is over within 20 s more (`datasets.storage` asks no
longer), and only after 60 s without a change of its file does anyone take its place, who then reads everything. Whoever
bids and finds that the dead one's file has changed since waits those 50 s, in which that one finds the bid and ends. So
what is in the ledger when a driver reads it is all that there will be of the ones before.
"""

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from datasets import Folder, StorageError, impatient
from search.errors import LedgerError, PlaceLostError
from search.layout import DRIVERS, SearchLayout, driver_file
from search.ledger.beats import (
    ALIVE_SECONDS,
    EVERY_SECONDS,
    Beat,
    are_alive,
    beats,
    driving_here,
    is_alive_for_taker,
    last_beat,
    said,
)
from search.ledger.records import now

_LEASE_SECONDS = 30.0
_UNDER_WAY_SECONDS = 20.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Driven:
    """What a driver drives, in words: what it is, how another driver of it is ended, and how one is followed."""

    what: str
    end: str
    follow: str

    @classmethod
    def search(cls, layout: SearchLayout) -> "Driven":
        """Return a search."""
        name = layout.name
        stop, follow = layout.command("stop", name), layout.command("leaderboard", name, "--watch")
        return cls(f"search {name!r}", f"`{stop}` ends it", f"follow it with `{follow}`")

    @classmethod
    def training(cls, layout: SearchLayout) -> "Driven":
        """Return the full training of a search's winners or finalists."""
        return cls(
            f"the full training of search {layout.name!r}",
            "wait for it, or end it there",
            "the same command looks for its model",
        )


class Place:
    """The place of the driver of something, while it is held. May be used from any thread."""

    def __init__(self, drivers: Folder, number: int, driven: Driven) -> None:
        self._drivers, self._driven = drivers, driven
        self.token = secrets.token_hex(8)
        self._number, self._name = number, driver_file(number, self.token)
        self._since = now()
        self._confirmed = -_LEASE_SECONDS
        self._lost: str | None = None
        self._busy = threading.RLock()
        self._confirming: int | None = None

    def check(self) -> None:
        """Return if this is still the driver, before each write; waits for a storage that does not let it be known.

        Raises PlaceLostError if another one drives, StorageError if the storage has been away for too long.
        """
        if self._confirming == threading.get_ident():  # the storage is waited for in order to know
            return
        self.check_lost()
        if self._is_doubtful():
            with self._busy:
                if self._lost is None and self._is_doubtful():
                    self._confirm()
            self.check_lost()

    def _is_doubtful(self) -> bool:
        """Whether the place is to be confirmed: no beat came through for long, or a disk with it is there no more."""
        local = self._drivers.local
        return _uptime() - self._confirmed > _LEASE_SECONDS or (local is not None and not local.exists())

    def is_held(self) -> bool:
        """Whether this is the driver as far as is known just now. Asks nobody and waits for nothing."""
        return self._lost is None and not self._is_doubtful()

    def check_lost(self) -> None:
        """Raise PlaceLostError if another one is known to drive. Asks nobody."""
        if self._lost is not None:
            raise PlaceLostError(self._lost)

    def bid(self) -> None:
        """Take the place. Raises LedgerError if another is quicker."""
        with self._busy:
            self._write(bids=True)
            until = time.monotonic() + ALIVE_SECONDS
            # One that was killed while it bid, elsewhere, withdraws no more; whoever goes on later finds this one.
            while (rivals := self._others()) and time.monotonic() < until:
                for one in rivals:
                    if one.number > self._number or one.is_driving or one.token < self.token:
                        self._drivers.delete(self._name)
                        raise _refused(self._driven, one)
                time.sleep(_POLL_SECONDS)
            self._confirm()
        self.check_lost()

    def clear(self, before: Beat | None) -> None:
        """Delete older drivers' files; wait for the one before if it has been found alive since."""
        if before is not None and not before.has_ended and not before.is_of_this_machine:
            changed = before.again()
            if not changed.has_ended and changed.said != before.said:
                time.sleep(_LEASE_SECONDS + _UNDER_WAY_SECONDS)
        for beat in beats(self._drivers):
            if beat.number < self._number:
                self._drivers.delete(beat.name)

    def beat(self, is_last: bool) -> None:
        """Write that this one lives, or with the last one that it has ended; a storage that refuses is passed over."""
        with contextlib.suppress(StorageError, LedgerError), impatient(), self._busy:
            if self._lost is not None:
                return
            if is_last:  # it stays: the number is never taken again
                # What was left behind, as a thread that nothing can wake, does not say that it drives again.
                self._lost = f"this driver of {self._driven.what} has ended: it writes nothing more"
                ended = said(self.token, self._since, bids=False) | {"ended": now()}
                self._drivers.write_again(self._name, json.dumps(ended).encode())
            else:
                self._confirm()

    def _confirm(self) -> None:
        """Write a beat, and take in whether this is still the driver."""
        began, self._confirming = _uptime(), threading.get_ident()
        try:
            self._write(bids=False)
            others = [one for one in self._others() if one.is_driving or one.number > self._number]
            if others:
                self._lost = (
                    f"another driver, {_who(others[-1])}, went on with {self._driven.what}: this one ends, and "
                    f"nothing is lost: {self._driven.follow}"
                )
                self._drivers.delete(self._name)
            else:
                self._confirmed = began
        finally:
            self._confirming = None

    def _write(self, *, bids: bool) -> None:
        text = json.dumps(said(self.token, self._since, bids=bids) | {"at": now(), "beat": secrets.token_hex(4)})
        write = self._drivers.write_whole if bids else self._drivers.write_again
        write(self._name, text.encode())

    def _others(self) -> list[Beat]:
        """Return those of this number and of higher ones, bids that nobody follows up left out."""
        others = beats(self._drivers, least=self._number, beside=self._name)
        return [one for one in others if one.number > self._number or not (one.has_ended or _is_abandoned(one))]


def _is_abandoned(bid: Beat) -> bool:
    return not bid.is_driving and bid.is_of_this_machine and not bid.process_lives


@contextlib.contextmanager
def driver_heartbeat(folder: Folder, driven: Driven | None = None, *, drivers: str = DRIVERS) -> Iterator[Place]:
    """Become the driver of the search in ``folder``, and beat until the block ends.

    ``drivers`` is where the drivers' files lie; ``driven`` is, without one, the search of the folder's name.
    Raises LedgerError if another driver is alive, or becomes it at the same moment.
    """
    driven = driven or Driven.search(SearchLayout(folder))
    before = last_beat(folder.child(drivers))
    if before is not None and is_alive_for_taker(before):
        raise _refused(driven, before)
    place = Place(folder.child(drivers), 1 if before is None else before.number + 1, driven)
    with driving_here(place.token):
        place.bid()
        place.clear(before)
        with repeating(place.beat, seconds=EVERY_SECONDS, name="heartbeat"):
            yield place


def check_not_driven(folder: Folder, driven: Driven, *, drivers: str = DRIVERS) -> None:
    """Raise LedgerError where something drives, or is about to; takes up to a minute where the storage cannot say."""
    last = last_beat(folder.child(drivers))
    if last is not None and is_alive_for_taker(last):
        raise LedgerError(f"{driven.what} runs, {_who(last)}: {driven.end}{_if_killed(last)}")


def _refused(driven: Driven, other: Beat) -> LedgerError:
    return LedgerError(
        f"{driven.what} has another driver, which is alive, {_who(other)}: {driven.end}{_if_killed(other)}"
    )


def _if_killed(beat: Beat) -> str:
    """Say what to do about a driver elsewhere whose death shows after a minute only."""
    return "" if beat.is_of_this_machine else f"; if it was killed there, try again in {ALIVE_SECONDS:.0f} s"


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


def driver_is_alive(folder: Folder, *, drivers: str = DRIVERS) -> bool:
    """Whether the search in ``folder`` has a driver that is alive; ``drivers`` is where the drivers' files lie."""
    return are_alive([last_beat(folder.child(drivers))])[0]


def is_driven_by(folder: Folder, pid: int, *, drivers: str = DRIVERS) -> bool:
    """Whether the last driver of the search in ``folder`` is, or was, the process of that number, on whatever host."""
    beat = last_beat(folder.child(drivers))
    return beat is not None and beat.is_driving and beat.said.get("pid") == pid


def _who(beat: Beat) -> str:
    process = f"process {beat.said.get('pid')} on " if beat.said.get("pid") else ""
    return f"{process}{beat.host} since {beat.since}"


def _uptime() -> float:
    """Return seconds of a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
