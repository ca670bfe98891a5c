"""From a dataset to a classifier within one limit of time: a search, its finalists, their ensemble.

It is a search and a training in the same directory, on one Ray, so that every other command works on it.
"""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace

from cluster.driving.connection import connected
from cluster.driving.interrupting import going_on, terminable
from cluster.errors import NothingEndedError
from cluster.jobs.choosing import Choosing
from cluster.jobs.finals import train_finalists
from cluster.jobs.fit_result import FitResult, Watches, why_nothing
from cluster.jobs.planning import epochs_for, most_searching, share_of_more
from cluster.jobs.resuming import Changes, resume_within
from cluster.jobs.search import search_within
from cluster.jobs.settings import TrainSettings
from cluster.jobs.where import Where
from datasets import Dataset, GalaxyTunerError, Split, write_duration
from search import (
    DRIVERS,
    TRAINERS,
    FitRecord,
    Ledger,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SearchState,
    SearchView,
    SettingsError,
    TimeBudget,
    check_complete,
    check_given,
    check_name_free,
    choose_retries,
    driver_is_alive,
    kinds_to_retry,
    note_fit,
    open_same_dataset,
    read_fit,
    read_search,
    with_given,
)
from trainer import BundleError, FinalResult, kept_result, limit_threads

_LEAST_SECONDS = 20.0
"""With less nothing can begin: Ray and TensorFlow have to start."""
_CLOSING_SECONDS = 4.0
"""Kept for the end of the command: Ray's shutdown, and what is shown."""
_log = logging.getLogger(__name__)


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
        time_limit=time_limit, search_seconds=most_searching(time_limit), epochs=longest, max_slower=max_slower
    )
    budget = TimeBudget(time_limit, already=already, layout=layout)
    again = _resuming(with_given(settings, where.hypermodel), where)
    with connected(where.address, settings, ending=budget.left), going_on(again):
        # Of one thread, as a trial's: what is measured here is what a trial takes.
        limit_threads(settings.cpus_per_trial)
        part = budget.short_of(_CLOSING_SECONDS).part(record.search_seconds)
        choosing = Choosing(opened, budget, part, record, where.address, epochs)
        settings = settings.model_copy(update={"time_limit": record.search_seconds})
        view = search_within(part, dataset, settings, where, watch=watches.search, choosing=choosing)
        return _trained(view, budget, choosing.record, where, watches)


@terminable()
def resume_fit(
    name: str,
    *,
    where: Where | None = None,
    dataset: str | None = None,
    time_limit: float | None = None,
    accept_space: bool = False,
    retry: Sequence[str] = (),
    watches: Watches | None = None,
    already: float = 0.0,
) -> FitResult:
    """Go on with a fit, whatever ended it, in the time that it has left, or in ``time_limit`` seconds in all.

    ``dataset`` is where its dataset has moved to, ``accept_space`` and ``retry`` are as for `resume_search`. Raises
    LedgerError if ``name`` is no fit, or something of it runs, SettingsError for a ``retry`` that there is no time for;
    the rest as `fit`. Who is refused has taken none of its time.
    """
    where, watches = where or Where(), watches or Watches()
    layout = SearchLayout.of(where.storage, name)
    ledger, before = Ledger(layout), read_fit(layout)
    view = read_search(where.storage, name, history=False)
    settings = view.specification.settings
    if before is None:
        resume = settings.resuming(layout, address=where.address)
        raise LedgerError(f"search {name!r} was not begun by `galaxy fit`: {resume} goes on with it")
    budget = TimeBudget.open(layout, time_limit or before.time_limit, already)
    record = _extended(before, time_limit, budget, view, dataset)
    if record.is_done:
        return _over(view, budget, record, where, dataset, is_retried=bool(retry))
    if any(driver_is_alive(layout.root, drivers=which) for which in (DRIVERS, TRAINERS)):
        stop = layout.command("stop", name)
        raise LedgerError(
            f"fit {name!r} is running: its process is alive; `{stop}` ends it; if it was killed on another machine, "
            "try again in a minute"
        )
    if budget.left() < _LEAST_SECONDS:
        return _over(view, budget, record, where, dataset, is_retried=bool(retry))
    check_given(settings, where.hypermodel, call=_resuming(settings, where))
    retries = choose_retries(ledger, retry)
    is_over = ledger.state() is SearchState.FINISHED and record.search_seconds <= before.search_seconds
    if searches := not is_over or accept_space or bool(retries):
        check_complete(ledger, retries)
    if searches or view.best is not None:
        open_same_dataset(view.specification, dataset)
    with (
        budget.kept(),
        connected(where.address, settings, ending=budget.left),
        going_on(_resuming(settings, where)),
    ):
        limit_threads(settings.cpus_per_trial)
        if searches:
            part = budget.short_of(_CLOSING_SECONDS).part(record.search_seconds)
            changes = Changes(dataset=dataset, accept_space=accept_space, retry=[one.trial_id for one in retries])
            view = resume_within(part, name, changes, where, watch=watches.search, fit=record)
        elif record != before and not driver_is_alive(layout.root, drivers=TRAINERS):
            # Before it trains, as before it searches: the next command goes by it. Who trains already says so.
            note_fit(layout, record)
        return _trained(view, budget, record, where, watches, dataset, has_searched=searches)


def time_left(name: str, storage: str, time_limit: float | None, *, already: float) -> float | None:
    """Return the seconds in which `resume_fit` will have ended; None where it has nothing to do that takes any."""
    layout = SearchLayout.of(storage, name)
    record = read_fit(layout)
    left = 0.0 if record is None else TimeBudget.open(layout, time_limit or record.time_limit, already).left()
    return left if left >= _LEAST_SECONDS else None


def _extended(
    before: FitRecord, time_limit: float | None, budget: TimeBudget, view: SearchView, dataset: str | None
) -> FitRecord:
    """Return a fit with the time that it is given now."""
    if time_limit is None or time_limit <= before.time_limit:
        return before.extended(time_limit, spent=budget.spent(), share=0.0)
    validated = len(open_same_dataset(view.specification, dataset).rows(Split.VALIDATION))
    share = share_of_more(before, time_limit, validated=validated)
    return before.extended(time_limit, spent=budget.spent(), share=share)


def _over(
    view: SearchView, budget: TimeBudget, record: FitRecord, where: Where, dataset: str | None, *, is_retried: bool
) -> FitResult:
    """Return what a fit came to that has no time left; of beginnings that were cut off from their bundle it is made.

    Raises NothingEndedError if that is nothing, SettingsError where trials are to be tried again.
    """
    layout, settings = SearchLayout.of(where.storage, view.name), view.specification.settings
    reason = "has ended" if record.is_done else f"has used up its time, {write_duration(record.time_limit)}"
    if is_retried:
        raise SettingsError(f"--retry: fit {view.name!r} {reason}: --time-limit, with more, lets it go on")
    final, is_whole = _bundled(layout), True
    has_ended = view.finals is not None and view.finals.chosen is not None
    if not record.is_done and has_ended and Ledger(layout).state() is not SearchState.STOPPED:
        try:
            return _trained(view, budget, record, where, Watches(), dataset, has_searched=False)
        except GalaxyTunerError as error:
            if final is None:
                raise
            _log.warning("The model of all trainings cannot be made: %s. That of before stays.", error)
            is_whole = False
    if final is None:
        if view.best is None:
            raise _nothing(view, where, is_time_up=True)
        more = _resuming(settings, where, more_time=True)
        raise NothingEndedError(
            f"fit {view.name!r} {reason}, and there is no classifier at {layout.bundle.uri}: {more}, with more, "
            "makes it again"
        )
    _log.warning("Fit %r %s: --time-limit, with more, lets it go on.", view.name, reason)
    if not record.is_done and is_whole:
        note_fit(layout, record.model_copy(update={"is_done": True}))
        view = read_search(where.storage, view.name, history=False)
    return FitResult(view, final, budget.spent(), record.time_limit)


def _nothing(view: SearchView, where: Where, *, is_time_up: bool) -> NothingEndedError:
    """Return what is raised where no trial has a score."""
    again = _resuming(view.specification.settings, where, *kinds_to_retry(view.rows))
    return NothingEndedError(why_nothing(view, again, is_time_up=is_time_up))


def _resuming(settings: SearchSettings, where: Where, *retry: str, more_time: bool = False) -> str:
    """Write what goes on with a fit, for its user."""
    layout = SearchLayout.of(where.storage, settings.name)
    return settings.resuming(layout, *retry, address=where.address, is_fit=True, more_time=more_time)


def _trained(
    view: SearchView,
    budget: TimeBudget,
    record: FitRecord,
    where: Where,
    watches: Watches,
    dataset: str | None = None,
    *,
    has_searched: bool = True,
) -> FitResult:
    """Train the finalists in the time that is left, unless the search was stopped by its user.

    Where this command ``has_searched``, a request to stop that has come after the search looked for the last time is
    heard, too; what else there is was meant for an earlier command.
    """
    name, layout = view.name, SearchLayout.of(where.storage, view.name)
    ledger = Ledger(layout)
    if ledger.state() is SearchState.STOPPED or (has_searched and ledger.stop_requested()):
        return FitResult(view, _bundled(layout), budget.spent(), record.time_limit, is_stopped=True)
    if view.best is None:
        raise _nothing(view, where, is_time_up=budget.left() < _LEAST_SECONDS)
    rest = budget.short_of(_CLOSING_SECONDS)
    try:
        final = train_finalists(
            name,
            rest,
            TrainSettings(
                epochs=record.epochs,
                time_limit=record.time_limit - record.search_seconds,
                max_slower=record.max_slower,
            ),
            replace(where, preflight=False),  # the search has looked at the nodes
            dataset=dataset,
            watch=watches.training,
        )
    except NothingEndedError as error:
        # What the search has left is a classifier, too.
        if (interim := _bundled(layout)) is None:
            raise
        final = interim
        if not rest.stopped:
            advice = f"{_resuming(view.specification.settings, where, more_time=True)}, with more, goes on"
            _log.warning("%s; %s: %s.", _sentence(error), _said_of(final), advice)
    if not rest.stopped:
        note_fit(layout, record.model_copy(update={"is_done": True}))
    view = read_search(where.storage, name, history=False)
    return FitResult(view, final, budget.spent(), record.time_limit, is_stopped=rest.stopped)


def _sentence(error: NothingEndedError) -> str:
    """Return what has happened, without the advice."""
    said = str(error).partition(": give")[0]
    return said[:1].upper() + said[1:]


def _said_of(kept: FinalResult) -> str:
    """Say which model there is, of an earlier part of the fit."""
    if kept.interim:
        return f"the model is that of trial {kept.members[0]}"
    return "the model is the one that there was"


def _bundled(layout: SearchLayout) -> FinalResult | None:
    """Return what there is of a bundle, None where there is none."""
    with contextlib.suppress(BundleError):
        return kept_result(layout.bundle)
    return None
