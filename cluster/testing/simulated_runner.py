"""Running a search's trials without training any: what an epoch gives is looked up, and the clock is simulated.

Same conductor, same schedulers, same records as on Ray and in one process. It is what says whether an oracle or a
scheduler is worth its epochs.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ray.tune.schedulers import TrialScheduler

from cluster.driving.scheduling import NO_TUNE, make_scheduler, trial_key
from cluster.testing.curves import Curve
from cluster.workers.trainable import as_result
from search import Conductor, Record, Suggestion, TrialState, Value, now


@dataclass(frozen=True)
class Step:
    """An epoch that has ended.

    Attributes:
        at: Simulated seconds since the beginning of the search.
        epochs: Epochs that all trials have trained by then, this one included.
        curve: Number of the curve that the trial is on.
        epoch: Its epoch, from 1.
        score: What the search saw.
    """

    at: float
    epochs: int
    curve: int
    epoch: int
    score: float


def run_simulated(
    conductor: Conductor,
    curves: Sequence[Curve],
    *,
    concurrency: int = 1,
    most_epochs: int | None = None,
    scheduler: TrialScheduler | None = None,
) -> list[Step]:
    """Run every trial that ``conductor`` suggests, so many at a time; return each epoch, in the order of their ends.

    It ends when there are no more, or at the latest when all trials together have trained ``most_epochs``.

    Raises ValueError where a configuration is suggested that no curve is of: its oracle is to choose among its `pool`.
    """
    made = scheduler or make_scheduler(conductor.specification, conductor.records())
    return _Simulation(conductor, curves, made).run(concurrency, most_epochs)


class _Simulation:
    """The trials that run, by when their present epoch ends."""

    def __init__(self, conductor: Conductor, curves: Sequence[Curve], scheduler: TrialScheduler) -> None:
        self._conductor, self._curves, self._scheduler = conductor, curves, scheduler
        self._known = {_key(curve.values): number for number, curve in enumerate(curves)}
        self._running: list[tuple[float, int, str]] = []
        self._begun = 0
        self._places: dict[str, int] = {}

    def run(self, concurrency: int, most_epochs: int | None) -> list[Step]:
        steps: list[Step] = []
        self._begin(0.0, concurrency)
        while self._running and (most_epochs is None or len(steps) < most_epochs):
            at, order, trial_id = heapq.heappop(self._running)
            record = self._epoch(trial_id)
            score = record.history[self._conductor.specification.objective_name][-1]
            steps.append(Step(at, len(steps) + 1, self._places[trial_id], record.epochs, score))
            if not record.state.is_ended():
                self._schedule(at, order, trial_id, record.epochs)
            self._begin(at, concurrency)
        return steps

    def _begin(self, at: float, concurrency: int) -> None:
        """Begin trials until so many run, or the conductor has none for now."""
        while len(self._running) < concurrency:
            suggestion = self._conductor.suggest()
            if not isinstance(suggestion, Suggestion):
                return
            key = _key(suggestion.hyperparameters)
            if key not in self._known:
                raise ValueError(f"no curve is of {suggestion.hyperparameters}: the oracle is to choose of its `pool`")
            self._places[suggestion.trial_id] = self._known[key]
            self._scheduler.on_trial_add(NO_TUNE, trial_key(suggestion.trial_id))
            self._begun += 1
            # A promotion goes on where its parent ended.
            before = 0 if suggestion.parent is None else self._conductor.record(suggestion.parent).epochs
            self._schedule(at, self._begun, suggestion.trial_id, before)

    def _schedule(self, at: float, order: int, trial_id: str, epochs: int) -> None:
        curve = self._curves[self._places[trial_id]]
        heapq.heappush(self._running, (at + curve.seconds[epochs], order, trial_id))

    def _epoch(self, trial_id: str) -> Record:
        """Let an epoch of a trial end, as a worker and its runner do."""
        conductor, curve = self._conductor, self._curves[self._places[trial_id]]
        record = conductor.record(trial_id)
        before = conductor.record(record.parent).epochs if record.parent is not None and not record.epochs else 0
        epochs = max(record.epochs, before) + 1
        record = _reported(record, curve, epochs, conductor)
        result = as_result(record)
        trial = trial_key(trial_id)
        if (
            not record.state.is_ended()
            and self._scheduler.on_trial_result(NO_TUNE, trial, result) == TrialScheduler.STOP
        ):
            record = record.but(state=TrialState.STOPPED, ended=now())
        if record.state.is_ended():
            self._scheduler.on_trial_complete(NO_TUNE, trial, result)
            conductor.end(record)
        else:
            conductor.progress(record)
        return record


def _reported(record: Record, curve: Curve, epochs: int, conductor: Conductor) -> Record:
    objective = conductor.specification.objective
    history = list(curve.scores[:epochs])
    best = objective.best(history)
    assert best is not None, "the scores of a curve are numbers"
    last = min(curve.epochs, record.until or curve.epochs, conductor.specification.settings.epochs)
    is_over = epochs >= last
    return record.but(
        state=TrialState.COMPLETED if is_over else TrialState.RUNNING,
        epochs=epochs,
        best_epoch=best + 1,
        score=history[best],
        metrics={objective.name: history[best]},
        history={objective.name: history},
        seconds=sum(curve.seconds[:epochs]),
        epoch_seconds=curve.seconds[epochs - 1],
        started=record.started or now(),
        ended=now() if is_over else None,
    )


def _key(values: Mapping[str, Value]) -> frozenset[tuple[str, Value]]:
    """Return what tells configurations apart: 0.3 is what Keras Tuner's steps call 0.30000000000000004."""
    return frozenset((name, float(f"{one:.9g}") if isinstance(one, float) else one) for name, one in values.items())
