"""What is looked at again and again: searches, each read at the cost of what has changed, once for all who look.

A look is due every two seconds, and later where it costs much: looking takes a twentieth of the time at most.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar, cast

import streamlit as st

from datasets import GalaxyTunerError, open_folder
from search import DamagedSearch, Followed, Follower, Record, SearchLayout, SettingsError, is_taken, read_trial
from ui.board import Columns, Learner

_SECONDS, _SHARE, _MOST_SECONDS = 2.0, 0.05, 60.0
_AT_ONCE = 16
_MANY, _NEW_SHARE = 300, 0.01
"""Trials from which on the charts follow in steps, of this share of them."""
_DRAWN = 16
"""Figures of a search that are kept at most."""
_COST = "seconds of the last drawing"

Made = TypeVar("Made")


@dataclass
class Watched:
    """One search that is watched: its follower, its columns, the curves of its ended trials, and what was drawn."""

    storage: str
    name: str
    follower: Follower
    _learner: Learner = field(default_factory=Learner)
    _records: dict[tuple[str, str, int], Record] = field(default_factory=dict)
    _created: str = ""
    _charted: Followed | None = None
    _drawn: dict[Hashable, object] = field(default_factory=dict)
    _drawn_of: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> Followed:
        """Return the search as it is now. Raises LedgerError if there is none of this version."""
        found = self.follower.look()
        with self._lock:
            if found.specification.created != self._created:  # another search has this one's name
                self._created = found.specification.created
                self._records.clear()
        return found

    def columns(self, found: Followed) -> Columns:
        """Return the columns of the trials in ``found``."""
        with self._lock:
            return self._learner.columns(found)

    def charted(self, found: Followed) -> Followed:
        """Return the search as its charts show it: as ``found``, or of many trials as it was a hundredth of them ago.

        What was drawn is then not drawn, nor sent, again for each trial.
        """
        with self._lock:
            last = self._charted
            if (
                last is None
                or len(found.ranked) < _MANY
                or not found.is_live
                or last.best != found.best
                or found.specification.created != last.specification.created
                or len(found.ranked) >= (1 + _NEW_SHARE) * len(last.ranked)
            ):
                self._charted = last = found
            return last

    def drawn(self, found: Followed, what: Hashable, make: Callable[[], Made]) -> Made:
        """Return what ``make`` makes of ``found``, made once for as long as that stays as it is.

        Nobody may change it: all who look have the same one.
        """
        with self._lock:
            if self._drawn_of != found.version:
                self._drawn.clear()
                self._drawn_of = found.version
            if what in self._drawn:
                return cast("Made", self._drawn[what])
        made = make()
        with self._lock:
            if self._drawn_of == found.version:
                if len(self._drawn) >= _DRAWN:
                    self._drawn.clear()
                self._drawn[what] = made
        return made

    def whole(self, found: Followed, record: Record) -> Record:
        """Return a trial in ``found`` with its history; that of one that has ended is read once."""
        created = found.specification.created
        key = (created, record.trial_id, record.attempts)
        if (known := self._records.get(key)) is not None:
            return known
        read = read_trial(self.storage, self.name, record.trial_id)
        if read.state.is_ended():
            self._records[created, read.trial_id, read.attempts] = read
        return read


@lru_cache(maxsize=500)
def watched(storage: str, name: str) -> Watched:
    """Return what watches the search called ``name``, the same for all sessions."""
    return Watched(storage, name, Follower(storage, name))


def looked_at(storage: str) -> list[Followed | DamagedSearch]:
    """Return every search in ``storage``, by name: as it is now, or why it cannot be read; none without the folder."""

    def look(name: str) -> Followed | DamagedSearch | None:
        try:
            if not is_taken(SearchLayout.of(storage, name)):
                return None
            return watched(storage, name).look()
        except SettingsError:  # some other folder, whose name no search can have
            return None
        except GalaxyTunerError as error:
            return DamagedSearch(name, str(error))

    names = open_folder(storage).names()
    # An object store takes its time for each answer, and so does the second look at a driver on another host.
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="look") as pool:
        return [found for found in pool.map(look, names) if found is not None]


@contextmanager
def costing() -> Iterator[None]:
    """Take in what drawing costs: `interval` follows from it."""
    began = time.thread_time()
    yield
    st.session_state[_COST] = time.thread_time() - began


def interval() -> float:
    """Return the seconds after which the next look is due."""
    cost = float(st.session_state.get(_COST, 0.0))
    return min(max(_SECONDS, cost / _SHARE), _MOST_SECONDS)
