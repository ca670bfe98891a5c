"""From a dataset to a classifier within one limit of time: a search, its finalists, their ensemble.

It is a search and a training in the same directory, on one Ray, so that every other command works on it.
"""

import contextlib
import logging
from dataclasses import dataclass
from functools import partial

from cluster.driving.connection import connected
from cluster.driving.interrupting import going_on, terminable
from cluster.errors import NothingEndedError
from cluster.jobs.choosing import chosen_by_size
from cluster.jobs.final_run import Watch as TrainWatch
from cluster.jobs.finals import train_finalists
from cluster.jobs.planning import epochs_for, searching
from cluster.jobs.search import resume_within, search_within
from cluster.jobs.settings import TrainSettings
from cluster.jobs.supervision import Watch
from datasets import Dataset, Split
from search import (
    FitRecord,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SearchState,
    SearchView,
    TimeBudget,
    check_name_free,
    read_fit,
    read_search,
    write_fit,
)
from trainer import BundleError, FinalResult, kept_result, limit_threads

_CLOSING_SECONDS = 4.0
"""Kept for the end of the command: Ray's shutdown, and what is shown."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Where:
    """Where a fit runs and keeps what it finds; ``preflight`` examines the nodes before, if there are several."""

    storage: str = "runs"
    address: str = "local"
    preflight: bool = True
    hypermodel: object | None = None


@dataclass(frozen=True)
class Watches:
    """Who is told, about once a second, from another thread: of the search, and then of the finalists."""

    search: Watch | None = None
    training: TrainWatch | None = None


@dataclass(frozen=True)
class FitResult:
    """What a fit gave: the search as it stands, its bundle, and the seconds it took of those it had.

    ``final`` is what there is of a bundle where the search was stopped by its user; None where there is none yet.
    """

    view: SearchView
    final: FinalResult | None
    seconds: float
    time_limit: float

    def as_json(self) -> dict[str, object]:
        """Return the object that `galaxy fit --json` prints."""
        final = {} if self.final is None else self.final.as_json()
        spent = {"seconds": round(self.seconds, 1), "time_limit": self.time_limit}
        board = self.view.as_json()
        return {key: board[key] for key in ("search", "best", "worth", "finalists")} | final | spent


@terminable()
def fit(
    dataset: str,
    settings: SearchSettings,
    time_limit: float,
    *,
    where: Where | None = None,
    epochs: int | None = None,
    max_slower: float = TrainSettings().max_slower,
    watches: Watches | None = None,
    already: float = 0.0,
) -> FitResult:
    """Make the best classifier of the dataset at ``dataset`` that ``time_limit`` seconds allow.

    The time goes to a search, and then to further beginnings of the best that it has found and of the space's defaults;
    what together is best becomes the bundle at ``<storage>/<name>/model``. From the first scored epoch on there is a
    usable bundle, which better ones replace. What ends the process costs what ran since the last epoch: `resume_fit`
    goes on, with the time that is left.

    Args:
        settings: of the search; its ``time_limit`` is not looked at, its ``epochs`` neither.
        epochs: longest training; None chooses by the number of images and by what the time allows.
        max_slower: how many times the work of one network with one view the bundle may take for an image.
        watches: who is told how far it is.
        already: seconds of ``time_limit`` that have passed before this call.

    Raises what `run_search` and `train_finalists` raise.
    """
    where, watches = where or Where(), watches or Watches()
    layout = SearchLayout.of(where.storage, settings.name)
    check_name_free(layout, settings.name)
    opened = Dataset.open(dataset)
    longest = epochs_for(len(opened.rows(Split.TRAIN))) if epochs is None else epochs
    record = FitRecord(
        time_limit=time_limit, search_seconds=searching(time_limit), epochs=longest, max_slower=max_slower
    )
    budget = TimeBudget(time_limit, already=already, layout=layout)
    with connected(where.address, settings, ending=budget.left), going_on(f"`galaxy resume {settings.name}`"):
        # Of one thread, as a trial's: what is measured here is what a trial takes.
        limit_threads(settings.cpus_per_trial)
        planned = partial(chosen_by_size, dataset=opened, budget=budget, address=where.address, epochs=epochs)
        write_fit(layout, record)
        view = search_within(
            budget.part(record.search_seconds),
            dataset,
            settings.model_copy(update={"time_limit": record.search_seconds}),
            storage=where.storage,
            address=where.address,
            hypermodel=where.hypermodel,
            preflight=where.preflight,
            watch=watches.search,
            planned=planned,
            bundled=True,
        )
        return _trained(view, budget, record, where, watches)


@terminable()
def resume_fit(
    name: str,
    *,
    where: Where | None = None,
    dataset: str | None = None,
    time_limit: float | None = None,
    watches: Watches | None = None,
    already: float = 0.0,
) -> FitResult:
    """Go on with a fit, whatever ended it, in the time that it has left, or in ``time_limit`` seconds in all.

    ``dataset`` is where its dataset has moved to. Raises LedgerError if ``name`` is no fit; the rest as `fit`.
    """
    where, watches = where or Where(), watches or Watches()
    layout = SearchLayout.of(where.storage, name)
    record = read_fit(layout)
    if record is None:
        raise LedgerError(f"search {name!r} was not begun by `galaxy fit`: `galaxy resume {name}` goes on with it")
    before, budget = record, TimeBudget.open(layout, time_limit or record.time_limit, already)
    if time_limit is not None:
        record = record.extended(time_limit, spent=budget.spent())
    view = read_search(where.storage, name, history=False)
    with connected(where.address, view.specification.settings, ending=budget.left), going_on(f"`galaxy resume {name}`"):
        limit_threads(view.specification.settings.cpus_per_trial)
        write_fit(layout, record)
        if view.state is not SearchState.FINISHED or record.search_seconds > before.search_seconds:
            view = _searched_on(name, budget.part(record.search_seconds), where, watches, dataset)
        return _trained(view, budget, record, where, watches, dataset)


def _searched_on(name: str, budget: TimeBudget, where: Where, watches: Watches, dataset: str | None) -> SearchView:
    """Go on with the search."""
    return resume_within(
        budget,
        name,
        storage=where.storage,
        address=where.address,
        dataset=dataset,
        hypermodel=where.hypermodel,
        preflight=where.preflight,
        watch=watches.search,
        trials=None,
        time_limit=None,
        accept_space=False,
        retry=(),
        bundled=True,
    )


def _trained(
    view: SearchView,
    budget: TimeBudget,
    record: FitRecord,
    where: Where,
    watches: Watches,
    dataset: str | None = None,
) -> FitResult:
    """Train the finalists in the time that is left, unless the search was stopped by its user."""
    name, layout = view.name, SearchLayout.of(where.storage, view.name)
    if view.state is SearchState.STOPPED:
        return FitResult(view, _bundled(layout), budget.spent(), record.time_limit)
    if view.best is None:
        # On a slow or busy machine its part was too little: a classifier needs one trial.
        view = _searched_on(name, budget.part(record.time_limit - _CLOSING_SECONDS), where, watches, dataset)
        if view.best is None:
            raise NothingEndedError(
                f"the time was up before any trial had a score: give `galaxy resume {name}` more, with --time-limit"
            )
    try:
        final = train_finalists(
            name,
            budget.part(record.time_limit - _CLOSING_SECONDS),
            TrainSettings(
                epochs=record.epochs,
                time_limit=record.time_limit - record.search_seconds,
                max_slower=record.max_slower,
            ),
            storage=where.storage,
            address=where.address,
            dataset=dataset,
            hypermodel=where.hypermodel,
            preflight=False,  # the search has looked at the nodes
            watch=watches.training,
        )
    except NothingEndedError as error:
        # What the search has left is a classifier, too.
        if (interim := _bundled(layout)) is None:
            raise
        _log.warning(
            "%s; the model is that of the best trial: `galaxy resume %s --time-limit TIME`, with more, goes on.",
            str(error).partition(": give")[0].capitalize(),
            name,
        )
        final = interim
    return FitResult(read_search(where.storage, name, history=False), final, budget.spent(), record.time_limit)


def _bundled(layout: SearchLayout) -> FinalResult | None:
    """Return what there is of a bundle, None where there is none."""
    with contextlib.suppress(BundleError):
        return kept_result(layout.bundle)
    return None
