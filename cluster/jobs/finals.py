"""Training a search's finalists within a time, and the bundle of those that are chosen: `galaxy train --time-limit`."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from cluster.driving.interrupting import going_on, terminable
from cluster.errors import NothingEndedError
from cluster.jobs.bundling import Bundling
from cluster.jobs.earlier import answered_for_none, still_there, with_finished
from cluster.jobs.edited_code import refuse_if_edited
from cluster.jobs.final_bundle import ended_beginnings, kept_bundle, write_final_bundle
from cluster.jobs.final_run import FinalRun, Watch
from cluster.jobs.settings import TrainSettings, longest
from cluster.jobs.time_limit import for_trials, waiting_ended
from cluster.jobs.trainers import read_again, training_place
from cluster.jobs.where import Where
from datasets import Dataset, Split
from search import (
    TRAINING_TIME,
    Cost,
    Finalist,
    Finals,
    Ledger,
    LedgerError,
    Place,
    SearchLayout,
    SearchSpecification,
    SearchView,
    SettingsError,
    TimeBudget,
    begin_finals,
    check_given,
    choose_finalists,
    keep_changes,
    known_defaults,
    load_hypermodel,
    measured_costs,
    moved,
    open_same_dataset,
    read_finals,
    read_search,
    start_seconds,
    write_finals,
)
from trainer import FinalResult

# Beside what a trial takes before its first epoch: a worker of Ray's imports TensorFlow, a network is kept.
_START_SECONDS, _START_IN_PROCESS_SECONDS = 8.0, 2.0
_log = logging.getLogger(__name__)
_DEFAULTS, _HERE = TrainSettings(), Where()


def train_within(
    name: str,
    settings: TrainSettings,
    *,
    storage: str = "runs",
    address: str = "local",
    dataset: str | None = None,
    hypermodel: object | None = None,
    preflight: bool = True,
    already: float = 0.0,
    watch: Watch | None = None,
) -> FinalResult:
    """Train the finalists of the search called ``name`` within ``settings.time_limit`` seconds: see `train_finalists`.

    ``already`` of these seconds have passed before this call. The time between an interruption and the next call is
    not counted; of one that had come to its end a greater limit gives more. Raises SettingsError for settings that do
    not go with a time limit, or without one.
    """
    settings.check()
    if settings.time_limit is None:
        raise SettingsError("time_limit: expected how many seconds to train for, found none")
    budget = TimeBudget.open(SearchLayout.of(storage, name), settings.time_limit, already, name=TRAINING_TIME)
    where = Where(storage, address, preflight, hypermodel)
    return train_finalists(name, for_trials(budget, address), settings, where, dataset=dataset, watch=watch)


@terminable()
@going_on("the same command")
def train_finalists(
    name: str,
    budget: TimeBudget,
    settings: TrainSettings = _DEFAULTS,
    where: Where = _HERE,
    *,
    dataset: str | None = None,
    watch: Watch | None = None,
) -> FinalResult:
    """Train the finalists of the search called ``name`` anew within ``budget``, and bundle what is best.

    Finalists are the space's defaults and the best-ranked trials of other configurations, three at most. Each is
    trained several times, from another seed and on another division of the rows that are not tested on; the one of the
    best mean is chosen. The bundle at ``<storage>/<name>/model`` averages those networks that together are best. It is
    written anew as they end, at the last before the time is up. The same call goes on after an interruption; what had
    ended stands, and so does a bundle that is of all of it.

    Args:
        budget: is kept while this runs. What has begun and cannot end within it is left.
        settings: of which ``epochs`` and ``max_slower`` count.
        watch: told about once a second how far it is, from one thread after another.

    Raises:
        LedgerError: The search has no trial with a score, another one trains its winners, or its dataset is another one
            or not there.
        SpaceError: Its HyperModel is to be given and is not, or cannot be sent to a worker; or its code was edited: see
            `train_winners`.
        NothingEndedError: No beginning has come to its end; a bundle that was there before is as it was.
    """
    view = read_search(where.storage, name, history=False)
    layout = SearchLayout.of(where.storage, name)
    call = layout.call("train_within", "TrainSettings(time_limit=…)", address=where.address)
    check_given(view.specification.settings, where.hypermodel, call=call)
    if not any(row.rank is not None for row in view.rows):
        raise LedgerError(f"search {name!r} has no trial with a score yet: there is nothing to train")
    opened = open_same_dataset(view.specification, dataset)
    specification = moved(view.specification, opened)
    with (
        training_place(layout, budget) as place,
        budget.kept(place),
        waiting_ended(budget, is_remote=layout.root.local is None),
    ):
        view = read_again(view, where.storage)
        load = partial(
            load_hypermodel,
            specification.settings.hypermodel,
            input_shape=specification.image_shape,
            num_classes=len(specification.classes),
            given=where.hypermodel,
        )
        defaults, complete = known_defaults(Ledger(layout), load, seed=specification.settings.seed)
        finalists = choose_finalists(view.rows, defaults=defaults, complete=complete)
        before, epochs = read_finals(layout.root), longest(specification, settings)
        costs = _costs(view, opened, in_process=where.address == "in-process")
        if before is not None:
            epochs = max(epochs, before.epochs) if settings.epochs is None else epochs
            before = still_there(before, opened, layout.training, specification.objective)
            before = with_finished(
                before,
                specification,
                opened,
                layout.training,
                hypermodel=where.hypermodel,
                costs=costs(before.finalists),
            )
        finals = begin_finals(finalists, before, epochs=epochs, limit=budget.limit, complete=complete)
        wanted = {one.trial_id: one.hyperparameters for one in finals.finalists if one.stays}
        refuse_if_edited(layout, specification, where.hypermodel, wanted)
        write = partial(
            write_final_bundle,
            specification=specification,
            dataset=opened,
            hypermodel=where.hypermodel,
            layout=layout,
            settings=settings,
            storage=where.storage,
        )
        kept = kept_bundle(finals, specification=specification, layout=layout, settings=settings, storage=where.storage)
        ended = ended_beginnings(finals, specification, where.hypermodel)
        if answered_for_none(ended, opened, layout.training, budget, begin=partial(_forget_bundled, layout, place)):
            kept = None  # it has not learnt of these
        run = FinalRun(
            specification,
            finals,
            costs=costs,
            budget=budget,
            bundling=Bundling(write, seconds=budget.left(), in_thread=where.address != "in-process", last=kept),
            work=layout.training,
            keep=partial(_keep, layout, place),
            watch=watch,
            longest=epochs,
        )
        if run.is_done:
            _log.warning("Nothing more is trained: %s.", run.why_done())
            if kept is not None:  # as all else that was written
                run.tell(is_last_step=True)
                return kept.result
        else:
            _train(run, specification, opened, where, layout=layout, before=view.specification)
            run.settle()
        if run.finals.chosen is None:
            raise _nothing_ended(run.finals, layout)
        return run.finish().result


def _train(
    run: FinalRun,
    specification: SearchSpecification,
    dataset: Dataset,
    where: Where,
    *,
    layout: SearchLayout,
    before: SearchSpecification,
) -> None:
    """Train what is coming, where the user wants it."""
    remember = partial(keep_changes, layout, before, specification)
    if where.address == "in-process":
        from cluster.jobs.training_in_process import train_in_process

        remember()
        train_in_process(run, specification, dataset, hypermodel=where.hypermodel, work=layout.training)
        return
    from cluster.jobs.training_on_ray import train_on_ray
    from cluster.workers.by_value import packed

    train_on_ray(
        run,
        specification,
        hypermodel=packed(where.hypermodel),
        address=where.address,
        ready=remember,
        examined_for=where.storage if where.preflight else None,
        work=layout.training,
        ending=run.left,
    )


def _costs(
    view: SearchView, dataset: Dataset, *, in_process: bool
) -> Callable[[Sequence[Finalist]], Mapping[str, Cost]]:
    """Return what tells what a beginning of each of some finalists costs, by what its trial took."""
    trained = len(dataset.divided(1).rows(Split.TRAIN))
    answered = len(dataset.divided(1).rows(Split.VALIDATION)) + len(dataset.rows(Split.TEST))
    start = start_seconds(view.rows) + (_START_IN_PROCESS_SECONDS if in_process else _START_SECONDS)
    return partial(measured_costs, rows=view.rows, start=start, answered=answered / max(1, trained))


def _keep(layout: SearchLayout, place: Place, finals: Finals) -> None:
    place.check()
    write_finals(layout.root, finals)


def _forget_bundled(layout: SearchLayout, place: Place) -> None:
    """Let the next call write a bundle anew, of whatever beginnings the last one is."""
    place.check()
    if (finals := read_finals(layout.root)) is not None:
        write_finals(layout.root, finals.model_copy(update={"bundled": ()}))


def _nothing_ended(finals: Finals, layout: SearchLayout) -> NothingEndedError:
    reasons = [one.dropped for one in finals.finalists if one.dropped]
    if reasons:
        return NothingEndedError(f"none of the finalists of search {layout.name!r} could be trained: {reasons[0]}")
    return NothingEndedError(
        f"the time was up before any training had ended, at {finals.epochs} planned epochs: "
        f"give `{layout.command('train', layout.name)}` more, with --time-limit"
    )
