"""One trial, epoch by epoch, wherever it runs: the same code on a Ray worker and in the driver's own process."""

import time
from dataclasses import replace
from functools import lru_cache
from typing import Any

from datasets import Dataset, open_folder
from search import (
    Ledger,
    Record,
    SearchLayout,
    SearchSpecification,
    TrialState,
    builder,
    load_hypermodel,
    now,
    read_specification,
    training_options,
)
from trainer import CheckpointError, InfeasibleError, TrainingRun

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
        self._run: TrainingRun | None = None
        self._record: Record | None = None

    def step(self) -> Record:
        """Train one epoch and return the trial's record: running, completed, or infeasible with the reason.

        A trial whose checkpoint, or its parent's, is missing or damaged has failed: trying again would not help.

        Raises whatever is not the configuration's fault (storage, dataset): the caller may try again elsewhere.
        """
        specification = read_specification(self._layout)
        began = time.monotonic()
        record = self._record or self._started()
        try:
            run = self._run or self._start(specification)
            report = run.step()
        except InfeasibleError as error:
            # What earlier epochs scored does not count: the configuration does not hold out.
            return record.but(state=TrialState.INFEASIBLE, score=None, reason=str(error), ended=now())
        except CheckpointError as error:
            return record.but(state=TrialState.FAILED, score=None, reason=str(error), ended=now())
        self._run = run
        self._record = record.but(
            **_at_best(run.history, report.best_epoch, specification.objective_name),
            state=TrialState.COMPLETED if report.finished else TrialState.RUNNING,
            epochs=report.epoch,
            history=run.history,
            seconds=record.seconds + time.monotonic() - began,
            ended=now() if report.finished else None,
        )
        return self._record

    def _started(self) -> Record:
        ledger = Ledger(self._layout)
        # A trial that goes on keeps its beginning and the time it has had.
        before = ledger.report(self._trial_id)
        if before is not None and before.started is not None:
            return before
        suggestion = ledger.suggestion(self._trial_id)
        return Record(
            trial_id=suggestion.trial_id,
            state=TrialState.RUNNING,
            hyperparameters=suggestion.hyperparameters,
            parent=suggestion.parent,
            started=now(),
        )

    def _start(self, specification: SearchSpecification) -> TrainingRun:
        settings = specification.settings
        suggestion = Ledger(self._layout).suggestion(self._trial_id)
        hypermodel = load_hypermodel(
            settings.hypermodel, input_shape=specification.image_shape, num_classes=len(specification.classes)
        )
        options = training_options(suggestion.hyperparameters, epochs=settings.epochs, patience=settings.patience)
        return TrainingRun(
            builder(hypermodel, suggestion.hyperparameters),
            _open_dataset(specification.dataset),
            # Where the oracle says how long a trial trains, nothing else ends it.
            options if suggestion.until is None else replace(options, patience=None),
            objective=specification.objective,
            seed=suggestion.seed,
            checkpoints=self._layout.checkpoints(suggestion.trial_id),
            max_parameters=settings.max_parameters,
            parent=None if suggestion.parent is None else self._layout.checkpoints(suggestion.parent),
            until=suggestion.until,
        )


def _at_best(history: dict[str, list[float]], best_epoch: int | None, objective: str) -> dict[str, Any]:
    """Return a record's fields of its best epoch (from 1); none while the objective was never a number."""
    if best_epoch is None:
        return {}
    metrics = {name: values[best_epoch - 1] for name, values in history.items()}
    return {"best_epoch": best_epoch, "metrics": metrics, "score": metrics[objective]}
