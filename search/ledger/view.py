"""What a reader sees of a search, at one moment. Reading needs neither TensorFlow nor Ray."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from datasets import GalaxyTunerError
from search.layout import DRIVERS, TRAINERS, SearchLayout
from search.ledger.beats import Beat, are_alive, last_beat
from search.ledger.finals import Finals, read_finals
from search.ledger.fit_record import read_fit
from search.ledger.glance import Glance
from search.ledger.ledger import Ledger
from search.ledger.ranking import Row, leaderboard, with_finals
from search.ledger.reading import side_by_side, tried
from search.ledger.records import Record, SearchState
from search.ledger.specification import SearchSpecification, read_specification
from search.ledger.states import state_now
from search.ledger.time_budget import spent_so_far


@dataclass(frozen=True)
class SearchView(Glance):
    """A search's specification, state and ranking; see `Glance`.

    ``rows`` are its trials, best first, those without a score last.
    """

    specification: SearchSpecification
    state: SearchState
    rows: tuple[Row, ...]
    finals: Finals | None = None
    spent: float | None = None
    whole: float | None = None
    is_done: bool = False
    is_training: bool = False

    @classmethod
    def of(
        cls,
        specification: SearchSpecification,
        state: SearchState,
        records: Sequence[Record],
        finals: Finals | None = None,
        spent: float | None = None,
    ) -> "SearchView":
        """Rank ``records`` into a view."""
        ids = {record.trial_id for record in records}
        rows = with_finals(leaderboard(records, specification.objective), finals)
        return cls(specification, state, tuple(row for row in rows if row.trial_id in ids), finals, spent)

    @property
    def board(self) -> tuple[Row, ...]:
        """The rows as they are shown: the space's defaults, too, where they are a finalist and no trial."""
        return with_finals(self.rows, self.finals)

    @property
    def _leader(self) -> str | None:
        return self.rows[0].trial_id if self.rows and self.rows[0].rank is not None else None

    @property
    def counts(self) -> dict[str, int]:
        """Number of trials in each state that occurs."""
        return dict(Counter(str(row.state) for row in self.rows))

    def as_json(self, *, history: bool = False) -> dict[str, object]:
        """Return the object that ``galaxy leaderboard --json`` prints."""
        worth = None if self.finals is None or self.finals.worth is None else self.finals.worth.model_dump()
        return {
            "search": self.name,
            **self._at_a_glance,
            "worth": worth,
            "finalists": [] if self.finals is None else self.finals.as_json(),
            "trials": [row.as_json(history=history) for row in self.board],
        }

    def as_summary(self) -> dict[str, object]:
        """Return the search as one item of what ``galaxy searches --json`` prints: counts instead of trials."""
        order = ("state", "training", "dataset", "objective", "best")
        return {"name": self.name} | {key: self._at_a_glance[key] for key in order} | {"trials": self.counts}

    @property
    def _at_a_glance(self) -> dict[str, object]:
        return {
            "state": self.state.value,
            "training": self.is_training,
            "objective": {"name": self.objective.name, "direction": self.objective.direction},
            "dataset": self.specification.dataset,
            "best": self.best,
            "time": self._time,
        }

    @property
    def _time(self) -> dict[str, float | None] | None:
        return None if self.limit is None else {"limit": self.limit, "spent": self.spent, "left": self.left}


def read_search(storage: str, name: str, *, history: bool = True) -> SearchView:
    """Read the search called ``name``, running or not. Raises LedgerError if there is none of this version.

    Without ``history`` the rows' histories are empty, and a search of thousands of trials is read from its snapshot.
    """
    (found,) = read_all([SearchLayout.of(storage, name)], history=history)
    if isinstance(found, GalaxyTunerError):
        raise found
    return found


def read_all(layouts: Sequence[SearchLayout], *, history: bool) -> list[SearchView | GalaxyTunerError]:
    """Read each search, or say what is wrong with it."""
    begun = side_by_side(partial(tried, _Begun.read), layouts)
    # All at once: who must be looked at again is waited for, once. And before the ledger: if a driver ends in between,
    # its last word is read after it.
    alive = iter(are_alive([beat for one in begun if isinstance(one, _Begun) for beat in (one.driver, one.trainer)]))
    found = [(one, next(alive), next(alive)) if isinstance(one, _Begun) else one for one in begun]
    views = iter(
        side_by_side(partial(tried, partial(_view, history=history)), [one for one in found if isinstance(one, tuple)])
    )
    return [next(views) if isinstance(one, tuple) else one for one in found]


@dataclass(frozen=True)
class _Begun:
    """A search's specification and last drivers, of its trials and of its final training, alive or not."""

    layout: SearchLayout
    specification: SearchSpecification
    driver: Beat | None
    trainer: Beat | None

    @classmethod
    def read(cls, layout: SearchLayout) -> "_Begun":
        """Read them."""
        last = (last_beat(layout.root.child(drivers)) for drivers in (DRIVERS, TRAINERS))
        return cls(layout, read_specification(layout), *last)


def _view(found: tuple[_Begun, bool, bool], *, history: bool) -> SearchView:
    begun, is_alive, is_training = found
    layout, specification = begun.layout, begun.specification
    ledger = Ledger(layout)
    said = ledger.said()
    is_timed = specification.settings.time_limit is not None
    spent, fit = (spent_so_far(layout), read_fit(layout)) if is_timed else (None, None)
    view = SearchView.of(specification, said.state, ledger.records(history=history), read_finals(layout.root), spent)
    is_scored = view.best is not None
    now = state_now(ledger, said, fit, is_alive=is_alive, is_training=is_training, is_scored=is_scored)
    view = replace(view, state=now.state, is_training=is_training)
    return view if fit is None else replace(view, whole=fit.time_limit, is_done=fit.is_done)


def read_trial(storage: str, name: str, trial_id: str) -> Record:
    """Read one trial of the search called ``name``, with its history. Raises LedgerError if there is none."""
    return Ledger(SearchLayout.of(storage, name)).record(trial_id)


def bundle_location(storage: str, name: str) -> str:
    """Return where ``galaxy train`` puts the classifier of the search called ``name``."""
    return SearchLayout.of(storage, name).bundle.uri
