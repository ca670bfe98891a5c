"""Launching a search: everything that can be wrong is said before anything is trained, then the trials run."""

import logging
from collections.abc import Sequence
from functools import partial

from cluster.driving.interrupting import terminable
from cluster.jobs.interim import InterimBundles
from cluster.jobs.preflight import preflight as examine_first
from cluster.jobs.preparation import Plan, Preparation
from cluster.jobs.running import driving, running, sent_of
from cluster.jobs.supervision import Watch, supervised
from cluster.jobs.time_limit import (
    check_enough,
    end_without_trials,
    is_spent,
    limits,
)
from datasets import Dataset, open_folder
from search import (
    DRIVERS,
    TRAINERS,
    Conductor,
    FitRecord,
    Ledger,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SearchSpecification,
    SearchView,
    TimeBudget,
    WarmStart,
    check_complete,
    check_given,
    check_name_free,
    check_space,
    choose_retries,
    create_search,
    driver_is_alive,
    extended,
    keep_changes,
    moved,
    note_fit,
    open_same_dataset,
    read_search,
    read_specification,
    read_warm_start,
    with_given,
    write_warm_start,
)
from trainer import Objective

_log = logging.getLogger(__name__)


@terminable()
def run_search(
    dataset: str,
    settings: SearchSettings,
    *,
    hypermodel: object | None = None,
    storage: str = "runs",
    address: str = "local",
    preflight: bool = True,
    watch: Watch | None = None,
    already: float = 0.0,
) -> SearchView:
    """Search over the dataset at ``dataset`` and return the search as it stands at its end.

    It ends at the latest when ``settings.time_limit`` seconds have passed, ``already`` of them before this call.

    ``address`` is 'local' (a Ray of its own), 'in-process', 'auto' or 'HOST:PORT'; ``preflight`` examines its nodes
    before, if there are several. ``watch`` is called about once a second, from another thread, with the search as
    it stands; `ui.notebook.search_display` gives one.

    ``hypermodel`` is a HyperModel, a HyperModel class or a ``build(hp)`` function that is given as an object instead of
    by name: one of a notebook, a lambda. Ray's workers get a copy. It is not stored: `resume_search` and
    `train_winners` ask for it again.

    Raises a `datasets.GalaxyTunerError` (one line for the user) before any training if the dataset, the storage, the
    name, the HyperModel, the objective or the address cannot be used. One Ctrl-C finishes what runs and
    stops; a second is a KeyboardInterrupt that leaves the search *stopped*, its running trials to be resumed. SIGTERM
    and SIGHUP, where the program has no handler of its own, raise `Terminated`, which leaves it *interrupted*.
    """
    budget = TimeBudget.open(SearchLayout.of(storage, settings.name), settings.time_limit, already)
    return search_within(
        budget,
        dataset,
        settings,
        hypermodel=hypermodel,
        storage=storage,
        address=address,
        preflight=preflight,
        watch=watch,
    )


def search_within(
    budget: TimeBudget,
    dataset: str,
    settings: SearchSettings,
    *,
    hypermodel: object | None,
    storage: str,
    address: str,
    preflight: bool,
    watch: Watch | None,
    planned: Plan | None = None,
    fit: FitRecord | None = None,
) -> SearchView:
    """Do what `run_search` does in the time that is left of ``budget``, or of a part of one.

    A part goes on until a trial has a score, at the latest until the end of what it is a part of. ``planned`` gives the
    settings once it is known how many seconds an epoch of the defaults takes. Of a search that is part of a ``fit``
    that is noted, and there is a bundle of the best trial so far from the first scored epoch on.

    Raises SettingsError, beside the rest, where so little is left that no trial could begin: nothing is written then.
    """
    settings = with_given(settings, hypermodel)
    settings.check()
    layout = SearchLayout.of(storage, settings.name)
    open_folder(storage).check_writable()
    check_name_free(layout, settings.name)
    opened = Dataset.open(dataset)
    sent = sent_of(hypermodel, address)
    prepared = Preparation(opened, settings, hypermodel)
    if planned is not None:
        prepared.plan(planned)
    settings, warm_start = prepared.first_points(), prepared.warm_start(storage)
    oracle = prepared.oracle()
    specification = SearchSpecification.of(settings, opened, Objective.parse(settings.objective))
    epoch_seconds = None if budget.limit is None else prepared.epoch_seconds
    check_enough(budget, address)
    examine = partial(examine_first, storage=storage, dataset=opened.info.path) if preflight else None
    # The driver first: not every storage lets only one of two at the same moment write the specification.
    with running(address, settings, hypermodel, sent, examine, budget) as run, driving(layout) as place:
        note_fit(layout, fit)
        create_search(layout, specification)
        _keep(warm_start, layout)
        conductor = Conductor.resumed(
            specification,
            Ledger(layout, place),
            oracle,
            **limits(budget, address),
            epoch_seconds=epoch_seconds,
        )
        budget.prolong(lambda: not conductor.is_scored)
        bundles = _bundles(conductor, layout, opened, hypermodel, budget) if fit is not None else None
        with supervised(conductor, layout, watch, place, budget):
            run(conductor, layout, bundles)
    return read_search(storage, settings.name)


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
    new one. ``retry`` names trials that have failed or are infeasible, or all that are 'failed' or 'infeasible': they
    begin anew, and their new records count. ``hypermodel`` is the object that `run_search` was given. The rest is as
    there; where no time is left, what has not ended is recorded as stopped.

    Raises LedgerError if there is no such search, its driver is alive, or its dataset is another one or not there;
    SpaceError if its HyperModel is to be given and is not, and, listing what was edited, if that is not accepted. Who
    is refused has changed nothing: all that can be wrong is said before anything is written.
    """
    layout = SearchLayout.of(storage, name)
    extension = extended(read_specification(layout), trials, time_limit)
    return resume_within(
        TimeBudget.open(layout, extension.settings.time_limit, already),
        name,
        storage=storage,
        address=address,
        dataset=dataset,
        trials=trials,
        time_limit=time_limit,
        accept_space=accept_space,
        retry=retry,
        hypermodel=hypermodel,
        preflight=preflight,
        watch=watch,
    )


def resume_within(
    budget: TimeBudget,
    name: str,
    *,
    storage: str,
    address: str,
    dataset: str | None,
    trials: int | None,
    time_limit: float | None,
    accept_space: bool,
    retry: Sequence[str],
    hypermodel: object | None,
    preflight: bool,
    watch: Watch | None,
    fit: FitRecord | None = None,
) -> SearchView:
    """Do what `resume_search` does in the time that is left of ``budget``, or of a part of one.

    Where that is too little to go on with anything, what has not ended is recorded as stopped. A part goes on until a
    trial has a score, at the latest until the end of what it is a part of.
    """
    layout = SearchLayout.of(storage, name)
    ledger = Ledger(layout)
    before = read_specification(layout)
    check_given(before.settings, hypermodel, function="resume_search")
    if driver_is_alive(layout.root):
        raise LedgerError(
            f"search {name!r} is running: its driver is alive; `galaxy stop {name}` ends it; if it was killed on "
            "another machine, try again in a minute"
        )
    retries = choose_retries(ledger, retry)
    check_complete(ledger, retries)
    specification = extended(before, trials, time_limit)
    if budget.is_part and not _is_scored(ledger):
        budget.prolong(lambda: True)  # until there is a conductor to ask
    if is_spent(budget, address):
        with driving(layout) as place:
            end_without_trials(layout, specification.settings, place, retries=bool(retries), is_part=budget.is_part)
        return read_search(storage, name)
    # From here on: what is killed in its preparation has taken time, too.
    with budget.kept():
        opened = open_same_dataset(specification, dataset)
        specification = moved(specification, opened)
        sent = sent_of(hypermodel, address)
        prepared = Preparation(opened, specification.settings, hypermodel, resumed=True)
        # Killed between the creation of the search and these: nothing had been tried.
        warm_start = prepared.warm_start(storage) if read_warm_start(layout) is None else None
        prepared.find_again(ledger)
        oracle = prepared.oracle()
        if not accept_space:
            check_space(ledger, oracle)
        examine = partial(examine_first, storage=storage, dataset=opened.info.path) if preflight else None
        runner = running(address, specification.settings, hypermodel, sent, examine, budget)
        with runner as run, driving(layout) as place:
            if read_specification(layout) != before:
                raise LedgerError(f"search {name!r} was changed by another command just now: give this one again")
            keep_changes(layout, before, specification)
            if fit is not None:
                note_fit(layout, fit)
            _keep(warm_start, layout)
            ledger = Ledger(layout, place)
            for one in retries:
                ledger.write_retry(one)
            conductor = Conductor.resumed(
                specification, ledger, oracle, accept_space=accept_space, **limits(budget, address)
            )
            budget.prolong(lambda: not conductor.is_scored)
            bundles = _bundles(conductor, layout, opened, hypermodel, budget) if fit is not None else None
            with supervised(conductor, layout, watch, place, budget):
                run(conductor, layout, bundles)
    return read_search(storage, name)


def stop_search(name: str, *, storage: str = "runs") -> SearchView:
    """Ask the driver of the search called ``name``, on whatever machine, to finish what runs and stop.

    While its finalists train within a time that ends as if the time were up. Returns at once. Raises LedgerError if
    there is no such search or no driver is alive.
    """
    layout = SearchLayout.of(storage, name)
    read_specification(layout)
    if not any(driver_is_alive(layout.root, drivers=which) for which in (TRAINERS, DRIVERS)):
        raise LedgerError(f"search {name!r} is not running: there is nothing to stop")
    Ledger(layout).request_stop()
    return read_search(storage, name)


def _is_scored(ledger: Ledger) -> bool:
    return any(record.finite_score is not None for record in ledger.records(history=False))


def _keep(warm_start: WarmStart | None, layout: SearchLayout) -> None:
    if warm_start is not None:
        write_warm_start(layout, warm_start)
        _log.warning("Warm start: %s.", warm_start)


def _bundles(
    conductor: Conductor, layout: SearchLayout, dataset: Dataset, hypermodel: object | None, budget: TimeBudget
) -> InterimBundles:
    return InterimBundles(layout, conductor, dataset, hypermodel, spent=budget.spent)
