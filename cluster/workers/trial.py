"""One trial, epoch by epoch, wherever it runs: the same code on a Ray worker and in the driver's own process."""

import time
from dataclasses import replace
from functools import lru_cache
from typing import Any

from datasets import Dataset, open_folder
from search import (
    Builder,
    Ledger,
    Record,
    SearchLayout,
    SearchSpecification,
    Suggestion,
    TrialState,
    builder,
    load_hypermodel,
    now,
    read_specification,
    training_options,
)
from trainer import CheckpointError, EpochReport, InfeasibleError, TrainingOptions, TrainingRun, is_out_of_memory

# A worker outlives its trials: it opens a dataset and imports a HyperModel once.
_open_dataset = lru_cache(maxsize=2)(Dataset.open)


class TrialSession:
    """Trains the suggested trial ``trial_id`` of the search at ``search`` (a location), one epoch a `step`.

    A trial that has a checkpoint goes on from it. Nothing is read or built before the first step, so that making a
    session cannot fail.
    """

    def __init__(self, search: str, trial_id: str) -> None:
        self._layout = SearchLayout(open_folder(search))
        self._trial_id = trial_id
        self._specification: SearchSpecification | None = None
        self._run: TrainingRun | None = None
        self._build: Builder | None = None
        self._record: Record | None = None

    @property
    def declared(self) -> list[dict[str, Any]]:
        """What the trial's model declared when it was built, as `search.Builder.declared`; empty before."""
        return [] if self._build is None else self._build.declared

    def step(self) -> Record:
        """Train one epoch and return the trial's record: running, completed, or infeasible with the reason.

        Trains nothing where that was done already: a trial that is recorded gives its record again, and one that was
        cut off between its checkpoint and its report first reports, so that a scheduler may stop it there. A trial
        whose checkpoint, or its parent's, is missing or damaged has failed: trying again would not help.

        Raises whatever is not the configuration's fault (storage, dataset): the caller may try again elsewhere.
        """
        specification = self._specification = self._specification or read_specification(self._layout)
        began = time.monotonic()
        record = self._record or self._started()
        if record.state.is_ended():
            return record
        try:
            report = self._report(specification, reported=record.epochs)
        except CheckpointError as error:
            return self._used(record).but(state=TrialState.FAILED, score=None, reason=str(error), ended=now())
        except Exception as error:
            if not (isinstance(error, InfeasibleError) or is_out_of_memory(error)):
                raise
            reason = str(error if isinstance(error, InfeasibleError) else InfeasibleError.because(error))
            # What earlier epochs scored does not count: the configuration does not hold out.
            return self._used(record).but(state=TrialState.INFEASIBLE, score=None, reason=reason, ended=now())
        assert self._run is not None
        self._record = self._used(record).but(
            **_at_best(self._run.history, report.best_epoch, specification.objective_name),
            state=TrialState.COMPLETED if report.finished else TrialState.RUNNING,
            epochs=report.epoch,
            history=self._run.history,
            seconds=record.seconds + time.monotonic() - began,
            ended=now() if report.finished else None,
        )
        return self._record

    def give_up(self, reason: str) -> Record:
        """Return the trial's record as infeasible for ``reason``, or as it was recorded. Trains nothing."""
        record = self._started()
        if record.state.is_ended():
            return record
        return record.but(state=TrialState.INFEASIBLE, score=None, reason=reason, ended=now())

    def _report(self, specification: SearchSpecification, *, reported: int) -> EpochReport:
        if self._run is not None:
            return self._run.step()
        self._run = self._start(specification)
        return self._run.last_report() if self._run.epoch > reported else self._run.step()

    def _started(self) -> Record:
        ledger = Ledger(self._layout)
        recorded = ledger.ended_record(self._trial_id)
        if recorded is not None:
            return recorded
        # A trial that goes on keeps its beginning and the time it has had.
        before = ledger.progress(self._trial_id)
        if before is not None and before.started is not None:
            return before
        suggestion = ledger.suggestion(self._trial_id)
        return Record(
            trial_id=suggestion.trial_id,
            state=TrialState.RUNNING,
            hyperparameters=suggestion.hyperparameters,
            parent=suggestion.parent,
            until=suggestion.until,
            started=now(),
        )

    def _start(self, specification: SearchSpecification) -> TrainingRun:
        suggestion = Ledger(self._layout).suggestion(self._trial_id)
        hypermodel = load_hypermodel(
            specification.settings.hypermodel,
            input_shape=specification.image_shape,
            num_classes=len(specification.classes),
        )
        self._build = builder(hypermodel, suggestion.hyperparameters)
        options = self._options(specification, suggestion)
        run = self._training(specification, suggestion, options)
        # The build may have met a hyperparameter that belongs to training: its default is what the record will say.
        met = self._options(specification, suggestion)
        return run if met == options else self._training(specification, suggestion, met)

    def _options(self, specification: SearchSpecification, suggestion: Suggestion) -> TrainingOptions:
        assert self._build is not None
        settings = specification.settings
        options = training_options(self._build.values, epochs=settings.epochs, patience=settings.patience)
        # Where the oracle says how long a trial trains, nothing else ends it.
        return options if suggestion.until is None else replace(options, patience=None)

    def _training(
        self, specification: SearchSpecification, suggestion: Suggestion, options: TrainingOptions
    ) -> TrainingRun:
        assert self._build is not None
        return TrainingRun(
            self._build,
            _open_dataset(specification.dataset),
            options,
            objective=specification.objective,
            seed=suggestion.seed,
            checkpoints=self._layout.checkpoints(suggestion.trial_id),
            max_parameters=specification.settings.max_parameters,
            parent=None if suggestion.parent is None else self._layout.checkpoints(suggestion.parent),
            until=suggestion.until,
        )

    def _used(self, record: Record) -> Record:
        """Add the values that the build used beside those suggested."""
        values = {} if self._build is None else self._build.values
        fresh = {name: value for name, value in values.items() if not name.startswith("tuner/")}
        return record.but(hyperparameters=record.hyperparameters | fresh)


def _at_best(history: dict[str, list[float]], best_epoch: int | None, objective: str) -> dict[str, Any]:
    """Return a record's fields of its best epoch (from 1); none while the objective was never a number."""
    if best_epoch is None:
        return {}
    metrics = {name: values[best_epoch - 1] for name, values in history.items()}
    return {"best_epoch": best_epoch, "metrics": metrics, "score": metrics[objective]}
