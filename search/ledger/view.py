"""What a reader sees of a search, at one moment. Reading needs neither TensorFlow nor Ray."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from datasets import open_folder
from search.errors import SettingsError
from search.layout import DRIVERS, SPECIFICATION, TRAINERS, SearchLayout
from search.ledger.finals import Finals, read_finals
from search.ledger.fit_record import read_fit
from search.ledger.heartbeat import drivers_alive
from search.ledger.ledger import Ledger
from search.ledger.ranking import Row, leaderboard, with_finals
from search.ledger.reading import side_by_side
from search.ledger.records import Record, SearchState
from search.ledger.specification import SearchSpecification, read_specification
from search.ledger.time_budget import spent_so_far
from trainer import Objective


@dataclass(frozen=True)
class SearchView:
    """A search's specification, state and ranking. ``rows`` are its trials, best first, those without a score last.

    ``finals`` are its finalists, None where none were trained; ``spent`` are the seconds that it has taken, None where
    it was given no time; ``whole`` are those of the fit that it is a part of, in all. ``is_training`` says whether its
    winners or finalists are being trained.
    """

    specification: SearchSpecification
    state: SearchState
    rows: tuple[Row, ...]
    finals: Finals | None = None
    spent: float | None = None
    whole: float | None = None
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
    def name(self) -> str:
        """The search's name."""
        return self.specification.settings.name

    @property
    def objective(self) -> Objective:
        """The metric optimised and its direction."""
        return self.specification.objective

    @property
    def is_live(self) -> bool:
        """Whether something of it runs, so that the next look may find more."""
        return self.state is SearchState.RUNNING or self.is_training

    @property
    def best(self) -> str | None:
        """Trial id of the finalist that was chosen, else of the leader; None while no trial has a score.

        `search.ledger.finals.DEFAULTS` for the space's defaults where no trial has had them.
        """
        if self.finals is not None and self.finals.chosen is not None:
            return self.finals.chosen
        return self.rows[0].trial_id if self.rows and self.rows[0].rank is not None else None

    @property
    def limit(self) -> float | None:
        """Seconds that it was given, or the fit that it is a part of; None where it was given none."""
        return self.whole or self.specification.settings.time_limit

    @property
    def left(self) -> float | None:
        """Seconds that are left of those; None where it was given none."""
        return None if self.limit is None else max(0.0, self.limit - (self.spent or 0.0))

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
    return _read([SearchLayout.of(storage, name)], history=history)[0]


def _read(layouts: Sequence[SearchLayout], *, history: bool) -> list[SearchView]:
    specifications = side_by_side(read_specification, layouts)
    # The drivers first: if one ends in between, its last word is read after it.
    alive, training = drivers_alive([layout.root for layout in layouts], (DRIVERS, TRAINERS))
    return side_by_side(partial(_view, history=history), zip(layouts, specifications, alive, training, strict=True))


def _view(found: tuple[SearchLayout, SearchSpecification, bool, bool], *, history: bool) -> SearchView:
    layout, specification, is_alive, is_training = found
    ledger = Ledger(layout)
    state = ledger.state()
    if state is SearchState.RUNNING and not is_alive:
        state = SearchState.INTERRUPTED
    spent = None if specification.settings.time_limit is None else spent_so_far(layout)
    fit = read_fit(layout) if spent is not None else None
    view = SearchView.of(specification, state, ledger.records(history=history), read_finals(layout.root), spent)
    return replace(view, whole=None if fit is None else fit.time_limit, is_training=is_training)


def read_trial(storage: str, name: str, trial_id: str) -> Record:
    """Read one trial of the search called ``name``, with its history. Raises LedgerError if there is none."""
    return Ledger(SearchLayout.of(storage, name)).record(trial_id)


def list_searches(storage: str) -> tuple[SearchView, ...]:
    """Read every search in ``storage``, by name, without histories; none if the folder does not exist."""
    names = open_folder(storage).names()
    are_searches = side_by_side(partial(_is_search, storage), names)
    layouts = [SearchLayout.of(storage, name) for name, is_one in zip(names, are_searches, strict=True) if is_one]
    return tuple(_read(layouts, history=False))


def bundle_location(storage: str, name: str) -> str:
    """Return where ``galaxy train`` puts the classifier of the search called ``name``."""
    return SearchLayout.of(storage, name).bundle.uri


def _is_search(storage: str, name: str) -> bool:
    try:
        return SearchLayout.of(storage, name).root.exists(SPECIFICATION)
    except SettingsError:  # some other folder, whose name no search can have
        return False
