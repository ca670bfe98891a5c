"""A worker whose trials sleep: in a module of its own, that a worker imports without TensorFlow."""

import os
import time
from typing import Any

from cluster.workers.deadline import Deadline
from cluster.workers.trainable import TrialActor
from search import Record, TrialState, now


class SleepingSession:
    """A trial whose epoch is a sleep: what `cluster.workers.trial.TrialSession` is to the actor."""

    declared: tuple[dict[str, object], ...] = ()

    def __init__(self, record: Record, epochs: int, seconds: float) -> None:
        self._record = record.but(state=TrialState.RUNNING, started=now(), reason=None)
        self._epochs, self._seconds = epochs, seconds

    def end_by(self, deadline: Deadline) -> None:
        """Sleep on: it has all the time."""

    def step(self) -> Record:
        time.sleep(self._seconds)
        epoch = self._record.epochs + 1
        score = 0.5 + sum(map(float, self._record.hyperparameters.values())) / 100 + epoch / 1000
        names = ("loss", "accuracy", "val_loss", "val_accuracy", "val_macro_f1", "val_balanced_accuracy")
        history = {name: [*self._record.history.get(name, []), score] for name in names}
        done = epoch == self._epochs
        self._record = self._record.but(
            state=TrialState.COMPLETED if done else TrialState.RUNNING,
            ended=now() if done else None,
            epochs=epoch,
            best_epoch=epoch,
            score=score,
            metrics=dict.fromkeys(names, score),
            history=history,
            seconds=epoch * self._seconds,
        )
        return self._record


class SleepingActor(TrialActor):
    """The worker as it is, with nothing to train."""

    def _begun(self) -> Any:
        return SleepingSession(self._recorded(), int(os.environ["EPOCHS"]), float(os.environ["SLEEP"]))
