"""Going on with a search, whatever ended it: what has ended stands, what is refused has changed nothing."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cluster.driving.interrupting import terminable
from cluster.jobs.edited_code import warn_if_edited
from cluster.jobs.here import limit_threads_here
from cluster.jobs.preparation import Preparation, keep_warm_start
from cluster.jobs.running import driving, running, sent_of
from cluster.jobs.supervision import Watch, supervised
from cluster.jobs.time_limit import check_more, end_without_trials, is_spent, limits
from cluster.jobs.where import Where
from datasets import write_duration
from search import (
    Conductor,
    FitRecord,
    Ledger,
    LedgerError,
    SearchLayout,
    SearchSpecification,
    SearchView,
    TimeBudget,
    check_complete,
    check_given,
    check_retries,
    check_space,
    choose_retries,
    driver_is_alive,
    extended,
    keep_changes,
    moved,
    note_fit,
    open_same_dataset,
    read_fit,
    read_search,
    read_specification,
    read_warm_start,
    spent_so_far,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Changes:
    """What is another thing from now on in a search that goes on: see `resume_search`."""

    dataset: str | None = None
    trials: int | None = None
    time_limit: float | None = None
    accept_space: bool = False
    retry: Sequence[str] = ()


@terminable()
def resume_search(
    name: str,
    *,
    storage: str = "runs",
    address: str = "local",
    dataset: str | None = None,
    trials: int | None = None,
    time_limit: float | None = None,
    accept_space: bool = False,
    retry: Sequence[str] = (),
    hypermodel: object | None = None,
    preflight: bool = True,
    watch: Watch | None = None,
    already: float = 0.0,
) -> SearchView:
    """Go on with the search called ``name``, whatever ended it, and return it as it stands at its end.

    What has ended stands; what had not goes on from its last checkpoint; oracle and scheduler know what they knew.
    ``trials`` extends the search to so many, ``time_limit`` to so many seconds in all; ``dataset`` is where its dataset
    has moved to. With ``accept_space`` it goes on in a space that was edited: what is proposed from then on follows the
    new one. ``retry`` names trials that have failed, are infeasible or were stopped before they had a score, or all
    that are 'failed', 'infeasible' or so 'stopped': they begin anew, and their new records count. ``hypermodel`` is the
    object that `run_search` was given. The rest is as there; where no time is left, what has not ended is recorded as
    stopped.

    Raises LedgerError if there is no such search, it is part of a fit, its driver is alive, or its dataset is another
    one or not there; SettingsError for a ``time_limit`` that it has used up already; SpaceError if its HyperModel is to
    be given and is not, and, listing what was edited, if that is not accepted. Who is refused has changed nothing: all
    that can be wrong is said before anything is written.
    """
    layout = SearchLayout.of(storage, name)
    before = read_specification(layout)
    if read_fit(layout) is not None:
        again = before.settings.resuming(layout, address=address, is_fit=True)
        raise LedgerError(f"{name!r} was begun as a fit, whose search does not go on alone: {again} goes on with it")
    budget = _budget(layout, before, extended(before, trials, time_limit).settings.time_limit, already)
    changes = Changes(dataset, trials, time_limit, accept_space, retry)
    return resume_within(budget, name, changes, Where(storage, address, preflight, hypermodel), watch=watch)


def resume_within(
    budget: TimeBudget,
    name: str,
    changes: Changes,
    where: Where,
    *,
    watch: Watch | None = None,
    fit: FitRecord | None = None,
) -> SearchView:
    """Do what `resume_search` does in the time that is left of ``budget``, or of a part of one.

    Where that is too little to go on with anything, what has not ended is recorded as stopped. A part goes on until a
    trial has a score, at the latest until the end of what it is a part of.
    """
    layout = SearchLayout.of(where.storage, name)
    ledger = Ledger(layout)
    before = read_specification(layout)
    call = before.settings.resuming(layout, address=where.address, is_fit=fit is not None)
    check_given(before.settings, where.hypermodel, call=call)
    if driver_is_alive(layout.root):
        raise LedgerError(
            f"search {name!r} is running: its driver is alive; `{layout.command('stop', name)}` ends it; if it was "
            "killed on another machine, try again in a minute"
        )
    retries = choose_retries(ledger, changes.retry)
    check_complete(ledger, retries)
    specification = extended(before, changes.trials, changes.time_limit)
    if budget.is_part and not _is_scored(ledger):
        budget.prolong(lambda: True)  # until there is a conductor to ask
    check_more(budget, before.settings, changes.time_limit, where.address)
    if is_spent(budget, where.address):
        with driving(layout) as place:
            end_without_trials(layout, specification.settings, place, retries=bool(retries), is_part=budget.is_part)
            # Also here what it was given now stands: the next command goes by it.
            keep_changes(layout, before, specification)
            if fit is not None:
                note_fit(layout, fit)
        return read_search(where.storage, name)
    # What is killed in its preparation has taken time, too; without a limit who is refused changes nothing at all.
    with contextlib.nullcontext() if budget.limit is None else budget.kept():
        opened = open_same_dataset(specification, changes.dataset)
        specification = moved(specification, opened)
        sent = sent_of(where.hypermodel, where.address)
        limit_threads_here(specification.settings, where.address, is_timed=False)
        prepared = Preparation(opened, specification.settings, where.hypermodel, resumed=True)
        # Killed between the creation of the search and these: nothing had been tried.
        warm_start = prepared.warm_start(where.storage) if read_warm_start(layout) is None else None
        prepared.find_again(ledger)
        oracle = prepared.oracle()
        if not changes.accept_space:
            check_space(ledger, oracle)
        with running(where, specification.settings, sent, opened, budget) as run, driving(layout) as place:
            # Again: Ray has started meanwhile, and nodes have been asked.
            check_more(budget, before.settings, changes.time_limit, where.address)
            if read_specification(layout) != before:
                raise LedgerError(f"search {name!r} was changed by another command just now: give this one again")
            check_retries(ledger, retries)
            keep_changes(layout, before, specification)
            if fit is not None:
                note_fit(layout, fit)
            keep_warm_start(warm_start, layout)
            begun = sum(record.epochs > 0 for record in ledger.records(history=False))
            warn_if_edited(layout, specification.settings.hypermodel, where.hypermodel, begun=begun)
            ledger = Ledger(layout, place)
            for one in retries:
                ledger.write_retry(one)
            conductor = Conductor.resumed(
                specification, ledger, oracle, accept_space=changes.accept_space, **limits(budget, where.address)
            )
            budget.prolong(lambda: not conductor.is_scored)
            with supervised(conductor, layout, watch, place, budget, address=where.address):
                run(conductor, layout, with_bundles=fit is not None)
    return read_search(where.storage, name)


def _budget(layout: SearchLayout, before: SearchSpecification, limit: float | None, already: float) -> TimeBudget:
    """Return the time that a search goes on with; say so where what it has taken is not known.

    An earlier version kept none of a search without a limit.
    """
    if before.settings.time_limit is not None or spent_so_far(layout) is not None or not layout.suggestions.names():
        return TimeBudget.open(layout, limit, already)
    if limit is None:
        return TimeBudget()  # a part of it, if that were kept now, would be taken for all
    _log.warning(
        "The time that search %r has taken so far was not kept, and is not counted: it has %s from now on.",
        layout.name,
        write_duration(limit),
    )
    return TimeBudget.open(layout, limit, already)


def _is_scored(ledger: Ledger) -> bool:
    return any(record.finite_score is not None for record in ledger.records(history=False))
