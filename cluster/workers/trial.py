"""One trial, epoch by epoch, wherever it runs: the same code on a Ray worker and in the driver's own process."""

import os
import socket
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache

from cluster.errors import OutOfTimeError, UnfitError
from cluster.workers.deadline import Deadline
from cluster.workers.epoch_clock import EpochClock
from cluster.workers.faults import is_machines
from datasets import Dataset, open_folder
from search import (
    Builder,
    Ledger,
    Record,
    SearchLayout,
    SearchSpecification,
    SpaceError,
    Suggestion,
    TrialState,
    Value,
    as_space,
    check_defaults,
    check_names,
    load_hypermodel,
    now,
    out_of_time,
    read_specification,
    training_options,
)
from trainer import (
    CheckpointError,
    EpochReport,
    InfeasibleError,
    ObjectiveError,
    TrainingOptions,
    TrainingRun,
    check_kept,
    feasibly,
    is_out_of_memory,
)


@lru_cache(maxsize=2)  # a worker outlives its trials: it opens a dataset once
def _opened(place: str, fingerprint: str) -> Dataset:
    dataset = Dataset.open(place)
    if dataset.fingerprint != fingerprint:
        raise UnfitError(
            f"{place}: expected the search's dataset there, with the fingerprint {fingerprint[:12]}…, "
            f"found another one, {dataset.fingerprint[:12]}…: every node needs the same dataset in that place"
        )
    return dataset


def search_dataset(specification: SearchSpecification) -> Dataset:
    """Return the search's dataset as this machine has it.

    Raises UnfitError if another one lies in its place, and what `Dataset.open` does.
    """
    return _opened(specification.dataset, specification.fingerprint)


class TrialSession:
    """Trains the suggested trial ``trial_id`` of the search at ``search`` (a location), one epoch a `step`.

    A trial that has a checkpoint goes on from it. Nothing is read or built before the first step, so that making a
    session cannot fail. ``hypermodel`` is the search's where that was given as an object. At the ``deadline`` the epoch
    under way is left. ``began`` is when the worker, by its monotonic clock, began to get ready for the trial.
    ``check`` is called after each batch, the last before a checkpoint is written: what it raises ends the epoch.
    """

    def __init__(
        self,
        search: str,
        trial_id: str,
        hypermodel: object | None = None,
        *,
        deadline: Deadline | None = None,
        began: float | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._layout, self._check = SearchLayout(open_folder(search)), check
        self._trial_id, self._hypermodel = trial_id, hypermodel
        self._deadline, self._clock = deadline or Deadline(), EpochClock(began=began)
        self._run: TrainingRun | None = None
        self._build: Builder | None = None
        self._record: Record | None = None

    @cached_property
    def _specification(self) -> SearchSpecification:
        return read_specification(self._layout)

    @cached_property
    def _suggestion(self) -> Suggestion:
        return Ledger(self._layout).suggestion(self._trial_id)

    @property
    def declared(self) -> list[dict[str, object]]:
        """What the trial's model declared when it was built, as `search.Builder.declared`; empty before."""
        return [] if self._build is None else self._build.declared

    def prepare(self) -> None:
        """Read and import all that is no part of the configuration: what is raised here is the machine's fault."""
        search_dataset(self._specification)
        model_builder(self._specification, self._suggestion.hyperparameters, self._hypermodel)

    def end_by(self, deadline: Deadline) -> None:
        """Let the epochs to come end by another deadline."""
        self._deadline = deadline

    def step(self) -> Record:
        """Train one epoch and return the trial's record: running, completed, or infeasible with the reason.

        At the end of the time it is stopped, with what the epochs before have given.

        Trains nothing where that was done already: a trial that is recorded gives its record again, and one that was
        cut off between its checkpoint and its report first reports, so that a scheduler may stop it there. A trial
        whose checkpoint, or its parent's, is missing or damaged has failed: trying again would not help.

        Raises whatever is not the configuration's fault (storage, dataset): the caller may try again elsewhere.
        """
        objective = self._specification.objective_name
        began = time.monotonic()
        record = self._record or self._started()
        if record.state.is_ended():
            return record
        try:
            self._deadline.check()
            with self._clock.epoch():
                report = self._report(reported=record.epochs)
        except OutOfTimeError:
            return out_of_time(record.but(seconds=record.seconds + time.monotonic() - began))
        except (CheckpointError, InfeasibleError) as error:
            if is_machines(error):
                raise
            if isinstance(error, InfeasibleError):
                # What earlier epochs scored does not count: the configuration does not hold out.
                return self._infeasible(record, str(error), error.__cause__)
            return self._without_score(record, TrialState.FAILED, str(error))
        except ObjectiveError as error:  # a metric that only another branch compiles
            return self._infeasible(record, str(error), None)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return self._infeasible(record, str(InfeasibleError.because(error)), error)
        if report.finished and report.best_epoch is None:
            return self._without_score(record, TrialState.INFEASIBLE, f"{objective} was never a number")
        assert self._run is not None
        history, best = self._run.history, report.best_epoch
        # None of them while the objective has not been a number.
        metrics = {} if best is None else {name: values[best - 1] for name, values in history.items()}
        self._record = self._with_defaults(record).but(
            best_epoch=best,
            metrics=metrics,
            score=metrics.get(objective),
            state=TrialState.COMPLETED if report.finished else TrialState.RUNNING,
            epochs=report.epoch,
            history=history,
            seconds=record.seconds + time.monotonic() - began,
            epoch_seconds=self._clock.epoch_seconds or record.epoch_seconds,
            start_seconds=self._clock.start_seconds or record.start_seconds,
            ended=now() if report.finished else None,
            unheard=0,
        )
        return self._record

    def _report(self, *, reported: int) -> EpochReport:
        if self._run is None:
            self._run = self._start()
            if self._run.epoch > reported:
                return self._run.last_report()
        return self._run.step(self._note_batch)

    def _note_batch(self, done: int, _total: int | None) -> None:
        assert self._run is not None
        trained, measured = self._run.training_batches, self._run.measured_batches
        self._clock.note_batch((done > trained) + (done > trained + measured))
        self._check()
        self._deadline.check()

    def _started(self) -> Record:
        """Return the trial's record; one that goes on keeps its beginning and the time it has had."""
        record = Ledger(self._layout).record(self._trial_id)
        if record.state.is_ended():
            return record
        # It may have waited for memory, which its reason said.
        return record.but(state=TrialState.RUNNING, started=record.started or now(), reason=None, worker=_this_worker())

    def _start(self) -> TrainingRun:
        self._build = model_builder(self._specification, self._suggestion.hyperparameters, self._hypermodel)
        if self._specification.settings.hypermodel is not None and self._goes_on:
            with feasibly():
                self._build()  # a checkpoint that is read at once is one of all that it meets
        options = self._options(self._build)
        run = self._training(self._build, options)
        # The build may have met a hyperparameter that belongs to training: its default is what the record will say.
        met = self._options(self._build)
        run = run if met == options else self._training(self._build, met)
        if self._specification.settings.hypermodel is not None:  # the built-in networks are known to be kept
            _check_declared(self._build)
            check_kept(run, self._specification.image_shape)
        return run

    @property
    def _goes_on(self) -> bool:
        """Whether there is a checkpoint to go on from: its own, or its parent's."""
        return self._suggestion.parent is not None or bool(self._layout.checkpoints(self._trial_id).names())

    def _options(self, build: Builder) -> TrainingOptions:
        settings = self._specification.settings
        epochs = self._suggestion.epochs or settings.epochs
        try:
            options = training_options(build.values, epochs=epochs, patience=settings.patience)
        except SpaceError as error:
            raise InfeasibleError(str(error)) from None
        # Where the oracle says how long a trial trains, nothing else ends it.
        return options if self._suggestion.until is None else replace(options, patience=None)

    def _training(self, build: Builder, options: TrainingOptions) -> TrainingRun:
        specification, suggestion = self._specification, self._suggestion
        return TrainingRun(
            build,
            search_dataset(specification),
            options,
            objective=specification.objective,
            seed=suggestion.seed,
            checkpoints=self._layout.checkpoints(suggestion.trial_id),
            max_parameters=specification.settings.max_parameters,
            parent=None if suggestion.parent is None else self._layout.checkpoints(suggestion.parent),
            until=suggestion.until,
        )

    def _infeasible(self, record: Record, reason: str, raised: BaseException | None) -> Record:
        """Return the trial's record as infeasible; keep the traceback of what the configuration's code ``raised``."""
        if raised is not None:
            self._layout.write_traceback(self._trial_id, "".join(traceback.format_exception(raised)))
        return self._without_score(record, TrialState.INFEASIBLE, reason)

    def _without_score(self, record: Record, state: TrialState, reason: str) -> Record:
        return self._with_defaults(record).but(state=state, score=None, reason=reason, ended=now())

    def _with_defaults(self, record: Record) -> Record:
        """Add the values that the build used beside those suggested."""
        values = {} if self._build is None else self._build.values
        return record.but(hyperparameters=record.hyperparameters | values)


def _check_declared(build: Builder) -> None:
    """Hold what only this build has met to what a space is held to before a search. Raises InfeasibleError."""
    space = as_space(build.declared)
    try:
        check_defaults(space)
        check_names({one.name for one in space.space})
    except SpaceError as error:
        raise InfeasibleError(str(error)) from None


def _this_worker() -> str:
    return f"{socket.gethostname()} {os.getpid()}"


def model_builder(
    specification: SearchSpecification, values: Mapping[str, Value], given: object | None = None
) -> Builder:
    """Return what builds the model of ``values``, for the images and classes of the search's dataset.

    ``given`` is the search's HyperModel where that was given as an object.
    """
    hypermodel = load_hypermodel(
        specification.settings.hypermodel,
        input_shape=specification.image_shape,
        num_classes=len(specification.classes),
        given=given,
    )
    return Builder(hypermodel, values)
