"""A search that is looked at again and again: each look costs what has changed, not what there is.

An ended record never changes, so it is read once. On a local disk a look that finds every folder as old as it was
reads nothing at all; the clock of a disk is coarse, so a change is followed by one more reading.
"""

import threading
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path

from search.layout import DRIVERS, TRAINERS, SearchLayout
from search.ledger.beats import are_alive, last_beat
from search.ledger.finals import Finals, read_finals
from search.ledger.fit_record import read_fit
from search.ledger.glance import Glance
from search.ledger.ledger import Ledger
from search.ledger.ranking import Row, ranked_key, with_finals
from search.ledger.records import Record, SearchState
from search.ledger.snapshot import read_snapshot
from search.ledger.specification import SearchSpecification, read_specification
from search.ledger.states import state_now
from search.ledger.time_budget import spent_so_far

_Key = tuple[bool, float, str]
_VERSIONS = count(1)


@dataclass(frozen=True)
class Followed(Glance):
    """A search as a look found it; see `Glance`.

    Attributes:
        ranked: Its trials without their histories, best first, those without a score last.
        reason: Why it is in its state, where somebody has said so.
        version: Another one wherever anything but ``spent`` differs.
    """

    specification: SearchSpecification
    state: SearchState
    ranked: tuple[Record, ...]
    version: int
    finals: Finals | None = None
    spent: float | None = None
    whole: float | None = None
    is_done: bool = False
    is_training: bool = False
    reason: str | None = None

    @property
    def _leader(self) -> str | None:
        return self.ranked[0].trial_id if self.scored else None

    @cached_property
    def scored(self) -> int:
        """Number of trials that have a score: the first ones."""
        return bisect_left(self.ranked, True, key=lambda record: record.finite_score is None)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of trials in each state that occurs."""
        return dict(Counter(str(record.state) for record in self.ranked))

    @cached_property
    def ended(self) -> int:
        """Number of trials that have ended, however they did."""
        return sum(record.state.is_ended() for record in self.ranked)

    @property
    def winner(self) -> Row | None:
        """The finalist that was chosen, else the best trial; None where none has a score."""
        best = self.best
        return (
            None if best is None else next((row for row in self.finalists if row.trial_id == best), self.rows([0])[0])
        )

    @cached_property
    def finalists(self) -> tuple[Row, ...]:
        """Those of its trials that are finalists, and the space's defaults where they are one and no trial."""
        names = set() if self.finals is None else {one.trial_id for one in self.finals.finalists}
        at = [number for number, record in enumerate(self.ranked) if record.trial_id in names] if names else []
        return tuple(row for row in with_finals(self._rows(at), self.finals) if row.beginnings)

    def rows(self, at: Sequence[int]) -> tuple[Row, ...]:
        """Return those of ``ranked`` at the given places, with their ranks, and what the finalists came to."""
        known = {row.trial_id: row for row in self.finalists}
        return tuple(known.get(row.trial_id, row) for row in self._rows(at))

    def _rows(self, at: Sequence[int]) -> tuple[Row, ...]:
        return tuple(
            Row.model_construct(**self.ranked[number].__dict__, rank=number + 1 if number < self.scored else None)
            for number in at
        )


class _Age:
    """How old some places on a local disk are; what is elsewhere cannot say so at no cost."""

    def __init__(self, root: Path | None, *names: str) -> None:
        self._places = None if root is None else [root / name for name in names]
        self._marks: list[int] | None = None
        self._is_settled = False

    def is_unchanged(self) -> bool:
        """Whether nothing has changed since the last call, nor between that and the one before."""
        marks = None if self._places is None else [_changed(place) for place in self._places]
        is_same = marks is not None and marks == self._marks
        is_unchanged, self._marks, self._is_settled = is_same and self._is_settled, marks, is_same
        return is_unchanged

    def forget(self) -> None:
        """Let the next calls find a change."""
        self._marks, self._is_settled = None, False


class Follower:
    """Looks at the search called ``name`` in ``storage``. May be called from several threads."""

    def __init__(self, storage: str, name: str) -> None:
        self._layout = SearchLayout.of(storage, name)
        self._lock = threading.Lock()
        root = self._layout.root.local
        self._trials = _Age(root, "records", "suggestions", "retries", "progress")
        self._rest = _Age(root, "", DRIVERS, TRAINERS)
        self._records: dict[str, Record] = {}
        self._order: list[_Key] = []
        self._last: Followed | None = None

    def look(self) -> Followed:
        """Return the search as it is now: the same object where nothing has changed.

        Raises LedgerError if there is none of this version.
        """
        with self._lock:
            same_trials, same_rest = self._trials.is_unchanged(), self._rest.is_unchanged()
            last = self._last
            if last is not None and same_trials and same_rest and not last.is_live:
                return last
            try:
                self._last = self._looked(last, same_trials=same_trials, same_rest=same_rest)
            except BaseException:
                self._trials.forget()
                self._rest.forget()
                raise
            return self._last

    def _looked(self, last: Followed | None, *, same_trials: bool, same_rest: bool) -> Followed:
        """Look at what may have changed since ``last``; at who is alive, and how late it is, in any case."""
        specification = last.specification if last and same_rest else read_specification(self._layout)
        if last is not None and specification.created != last.specification.created:
            self._records.clear()  # another search that has its name
            same_trials = False
        # The drivers first: if one ends in between, its last word is read after it.
        is_alive, is_training = are_alive([last_beat(self._layout.root.child(each)) for each in (DRIVERS, TRAINERS)])
        ledger = Ledger(self._layout)
        said = ledger.said()
        is_timed = specification.settings.time_limit is not None
        spent, fit = (spent_so_far(self._layout), read_fit(self._layout)) if is_timed else (None, None)
        found = Followed(
            specification,
            said.state,
            last.ranked if last and same_trials else self._ranked(ledger, specification),
            last.version if last else 0,
            last.finals if last and same_rest else read_finals(self._layout.root),
            spent,
            whole=None if fit is None else fit.time_limit,
            is_done=fit is not None and fit.is_done,
            is_training=is_training,
        )
        is_scored = found.best is not None
        now = state_now(ledger, said, fit, is_alive=is_alive, is_training=is_training, is_scored=is_scored)
        found = replace(found, state=now.state, reason=now.reason)
        if last is not None and _without_time(found) == _without_time(last):
            return last if last.spent == spent else found
        return replace(found, version=next(_VERSIONS))

    def _ranked(self, ledger: Ledger, specification: SearchSpecification) -> tuple[Record, ...]:
        before = self._records
        known = {name: record for name, record in before.items() if record.state.is_ended()}
        found = ledger.records(history=False, known=known or read_snapshot(self._layout.root))
        self._records = {record.trial_id: record for record in found}
        # Most are the very same objects: comparing what is in them would take a tenth of a second for ten thousand.
        changed = [record for record in found if (old := before.get(record.trial_id)) is not record and old != record]
        objective = specification.objective
        if len(found) < len(before) or len(changed) > len(found) // 10:
            self._order = sorted(ranked_key(record, objective) for record in found)
        else:
            for record in changed:
                if (old := before.get(record.trial_id)) is not None:
                    del self._order[bisect_left(self._order, ranked_key(old, objective))]
                insort(self._order, ranked_key(record, objective))
        return tuple(self._records[trial_id] for _, _, trial_id in self._order)


def _without_time(found: Followed) -> Followed:
    return replace(found, spent=None, version=0)


def _changed(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
