"""Launching a search: everything that can be wrong is said before anything is trained, then the trials run."""

from cluster.driving.interrupting import terminable
from cluster.jobs.choosing import Choosing
from cluster.jobs.edited_code import warn_if_edited
from cluster.jobs.here import check_trials_here, limit_threads_here
from cluster.jobs.preparation import Preparation, keep_warm_start
from cluster.jobs.running import driving, running, sent_of
from cluster.jobs.supervision import Watch, supervised
from cluster.jobs.time_limit import check_enough, limits, warn_if_none_fits
from cluster.jobs.where import Where
from datasets import Dataset, open_folder
from search import (
    DRIVERS,
    TRAINERS,
    Conductor,
    Ledger,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SearchSpecification,
    SearchView,
    TimeBudget,
    check_name_free,
    create_search,
    driver_is_alive,
    note_fit,
    read_search,
    read_specification,
    with_given,
)
from trainer import Objective


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
    budget = TimeBudget(settings.time_limit, already=already, layout=SearchLayout.of(storage, settings.name))
    return search_within(budget, dataset, settings, Where(storage, address, preflight, hypermodel), watch=watch)


def search_within(
    budget: TimeBudget,
    dataset: str,
    settings: SearchSettings,
    where: Where,
    *,
    watch: Watch | None = None,
    choosing: Choosing | None = None,
) -> SearchView:
    """Do what `run_search` does in the time that is left of ``budget``, or of a part of one.

    A part goes on until a trial has a score, at the latest until the end of what it is a part of. ``choosing`` is given
    where the search is part of a fit: it is asked for the settings once it is known how many seconds an epoch of the
    defaults takes, and there is a bundle of the best trial so far from the first scored epoch on.

    Raises SettingsError, beside the rest, where so little is left that no trial could begin: nothing is written then.
    """
    settings = with_given(settings, where.hypermodel)
    settings.check()
    budget.prolong(lambda: True)  # until there is a conductor to ask
    check_trials_here(settings, where.address)
    layout = SearchLayout.of(where.storage, settings.name)
    open_folder(where.storage).check_writable()
    check_name_free(layout, settings.name)
    opened = Dataset.open(dataset)
    sent = sent_of(where.hypermodel, where.address)
    limit_threads_here(settings, where.address, is_timed=budget.limit is not None)
    prepared = Preparation(opened, settings, where.hypermodel)
    if choosing is not None:
        prepared.plan(choosing.choose)
    settings, warm_start = prepared.first_points(), prepared.warm_start(where.storage)
    oracle = prepared.oracle()
    specification = SearchSpecification.of(settings, opened, Objective.parse(settings.objective))
    epoch_seconds = None if budget.limit is None else prepared.epoch_seconds
    check_enough(budget, where.address)
    if epoch_seconds is not None:
        warn_if_none_fits(epoch_seconds, budget, where.address)
    with running(where, settings, sent, opened, budget) as run:
        # Again: Ray has started meanwhile, and nodes have been asked.
        check_enough(budget, where.address)
        # The driver first: not every storage lets only one of two at the same moment write the specification.
        with driving(layout) as place:
            check_name_free(layout, settings.name)  # a fit's record belongs to who has it
            note_fit(layout, None if choosing is None else choosing.record)
            create_search(layout, specification)
            warn_if_edited(layout, settings.hypermodel, where.hypermodel, begun=0)
            keep_warm_start(warm_start, layout)
            conductor = Conductor.resumed(
                specification,
                Ledger(layout, place),
                oracle,
                **limits(budget, where.address),
                epoch_seconds=epoch_seconds,
            )
            budget.prolong(lambda: not conductor.is_scored)
            with supervised(conductor, layout, watch, place, budget, address=where.address):
                run(conductor, layout, with_bundles=choosing is not None)
    return read_search(where.storage, settings.name)


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
