"""The board of a search's trials: typed columns, filtered and sorted over all of them, a page at a time.

Thousands of trials cost a refresh only what is new: what the columns are is learned of each ended trial once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from datasets import GalaxyTunerError, finite
from ui import wording
from ui.ranking import headings, trial_name

if TYPE_CHECKING:
    from search import Followed, Record, Row

PAGE = 100
"""Trials that a browser gets at once."""
_LONGEST = 200
# A name is tried once, from its beginning, and whole: a long word that is compared with nothing costs its length, once.
_COMPARED = re.compile(r"(?<![\w./-])([\w./-]++)\s*+(<=|>=|!=|=|<|>)\s*+(\S+)")
_HOLDS: Mapping[str, Callable[[float], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "=": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}


class FilterError(GalaxyTunerError):
    """What was typed to filter trials cannot be understood; its text says what can."""


@dataclass(frozen=True)
class Columns:
    """The hyperparameters of a search: which differ, and of what type each is.

    Attributes:
        types: By name, in the order the trials name them, the types of its values.
        differing: Names of those that are not the same in all trials; one that only some have differs too.
    """

    types: Mapping[str, frozenset[type]]
    differing: tuple[str, ...]

    def is_number(self, name: str) -> bool:
        """Whether all its values are numbers."""
        return self.types[name] <= {int, float}

    def typed(self, name: str, value: object) -> object:
        """Return a value as its column holds it: a number or a yes or no as it is, of mixed types as text."""
        if value is None or self.is_number(name) or self.types[name] == {bool}:
            return finite(value) if isinstance(value, float) else value
        return wording.line(str(value), longest=_LONGEST)


@dataclass
class _Met:
    """What some trials had: the types of each hyperparameter, its first value, and which differ."""

    types: dict[str, frozenset[type]] = field(default_factory=dict)
    first: dict[str, object] = field(default_factory=dict)
    differing: set[str] = field(default_factory=set)
    is_new: bool = True

    def take(self, values: Mapping[str, object]) -> None:
        """Take in the values of one trial more."""
        for name, value in values.items():
            if type(value) not in self.types.get(name, ()):
                self.types[name] = self.types.get(name, frozenset()) | {type(value)}
            if name not in self.first:
                self.first[name] = value
                if not self.is_new:  # trials before had none
                    self.differing.add(name)
            elif type(value) is not type(self.first[name]) or value != self.first[name]:
                self.differing.add(name)
        self.differing |= self.first.keys() - values.keys()
        self.is_new = False

    def copied(self) -> "_Met":
        """Return another one, which takes in more by itself."""
        return _Met({**self.types}, {**self.first}, {*self.differing}, self.is_new)


class Learner:
    """Learns what the columns of a search are, again and again as its trials come on.

    A trial that has not ended may meet further hyperparameters while it builds its model: it is looked at anew each
    time, one that has ended once and for all.
    """

    def __init__(self) -> None:
        self._ended, self._known = _Met(), set[tuple[str, str, int]]()
        self._last: Sequence[Record] = ()
        self._columns = Columns({}, ())

    def columns(self, found: "Followed") -> Columns:
        """Return the columns of the trials found; the very same ones as before cost nothing."""
        if found.ranked is self._last:
            return self._columns
        created = found.specification.created
        ended = {(created, one.trial_id, one.attempts): one for one in found.ranked if one.state.is_ended()}
        if not self._known <= ended.keys():  # one is tried again, or another search has this one's name
            self._ended, self._known = _Met(), set()
        for key, record in ended.items():
            if key not in self._known:
                self._ended.take(record.hyperparameters)
        self._known = {*ended}
        met = self._ended.copied()
        for record in found.ranked:
            if not record.state.is_ended():
                met.take(record.hyperparameters)
        self._last = found.ranked
        self._columns = Columns(met.types, tuple(name for name in met.types if name in met.differing))
        return self._columns


@dataclass(frozen=True)
class Wanted:
    """Which trials are shown and in which order.

    Attributes:
        by: Column to sort by.
        descending: Whether the greatest come first; absent ones are last in either order.
        states: Those that are shown; none shows all.
        text: Words and comparisons, all of which hold: ``adamw blocks>=3 score>0.8``.
    """

    by: str = "rank"
    descending: bool = False
    states: tuple[str, ...] = ()
    text: str = ""


_OWN: "Mapping[str, Callable[[Record], object]]" = {
    "trial": lambda record: record.trial_id,
    "state": lambda record: str(record.state),
    "score": lambda record: record.finite_score,
    "epochs": lambda record: record.epochs,
    "time": lambda record: record.seconds,
    "ended": lambda record: record.ended,
    "attempts": lambda record: record.attempts,
    "parent": lambda record: record.parent,
    "reason": lambda record: record.reason,
}


class Board:
    """The trials of a search as a look found it, with the ``columns`` of its hyperparameters."""

    def __init__(self, found: "Followed", columns: Columns) -> None:
        self._found, self._columns = found, columns

    @property
    def sortable(self) -> list[str]:
        """Names of what trials can be sorted and compared by."""
        return ["rank", *_OWN, *(name for name in self._columns.types if name not in ("rank", *_OWN))]

    def places(self, wanted: Wanted) -> list[int]:
        """Return the places in the ranking of the trials that are wanted, in the order wanted.

        Raises FilterError for a comparison with something that trials do not have.
        """
        ranked = self._found.ranked
        checks = self._checks(wanted.text)
        places = [
            place
            for place, record in enumerate(ranked)
            if (not wanted.states or record.state in wanted.states) and all(check(place) for check in checks)
        ]
        if wanted.by == "rank":
            return places[::-1] if wanted.descending else places
        values: dict[int, Any] = {place: self._value(wanted.by, place) for place in places}
        there = [place for place in places if values[place] is not None]
        numeric = all(isinstance(values[place], (int, float)) for place in there)
        order = (lambda place: float(values[place])) if numeric else (lambda place: str(values[place]))
        absent = [place for place in places if values[place] is None]
        return sorted(there, key=order, reverse=wanted.descending) + absent

    def page(self, places: Sequence[int], names: Sequence[str]) -> list[dict[str, object]]:
        """Return one dictionary a trial: its own columns, then the hyperparameters ``names`` by their headings.

        Same keys in each, absent is None.

        ``time`` is a timedelta, ``ended`` a datetime in this machine's zone.
        """
        titles = headings(names)
        return [self._line(row, titles) for row in self._found.rows(places)]

    def _line(self, row: "Row", titles: Mapping[str, str]) -> dict[str, object]:
        finals = {"mean": row.mean, "spread": row.spread, "beginnings": row.beginnings or None}
        return {
            "rank": row.rank,
            "trial": trial_name(row),
            "state": [str(row.state)],
            "score": row.finite_score,
            **(finals if self._found.finalists else {}),
            "epochs": row.epochs,
            "time": timedelta(seconds=round(row.seconds)),
            "ended": None if row.ended is None else datetime.fromisoformat(row.ended).astimezone(),
            "attempts": row.attempts,
            "parent": row.parent,
            **{title: self._columns.typed(name, row.hyperparameters.get(name)) for name, title in titles.items()},
            "reason": None if row.reason is None else wording.line(row.reason),
        }

    def _value(self, name: str, place: int) -> object:
        record = self._found.ranked[place]
        if name == "rank":
            return place + 1 if place < self._found.scored else None
        if name in _OWN:
            return _OWN[name](record)
        return self._columns.typed(name, record.hyperparameters.get(name))

    def _checks(self, text: str) -> list[Callable[[int], bool]]:
        compared = [self._compared(*found.groups()) for found in _COMPARED.finditer(text)]
        return compared + [self._worded(word.casefold()) for word in _COMPARED.sub(" ", text).split()]

    def _compared(self, name: str, sign: str, given: str) -> Callable[[int], bool]:
        if name not in self.sortable:
            known = ", ".join(self.sortable)
            raise FilterError(
                f"{name}{sign}{given}: expected a column before {sign}, found none called {name}: {known}"
            )

        def check(place: int) -> bool:
            value = self._value(name, place)
            if value is None:
                return sign == "!="
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                try:
                    return _HOLDS[sign](float(value) - float(given))
                except ValueError:
                    raise FilterError(f"{name}{sign}{given}: expected a number after {sign}, found {given}") from None
            word, other = str(value).casefold(), given.casefold()
            return _HOLDS[sign]((word > other) - (word < other))

        return check

    def _worded(self, word: str) -> Callable[[int], bool]:
        def check(place: int) -> bool:
            record = self._found.ranked[place]
            return any(
                word in text.casefold()
                for text in (record.trial_id, record.reason or "", *map(str, record.hyperparameters.values()))
            )

        return check
