"""The trial as Ray Tune runs it: a long-lived actor, reused from trial to trial, so TensorFlow is imported once."""

import json
from pathlib import Path
from typing import Any

from ray import tune

from cluster.workers.memory_growth import Wear
from cluster.workers.memory_kills import OUT_OF_MEMORY, Attempt
from cluster.workers.results import as_result
from cluster.workers.trial import TrialSession
from datasets import freeze_loaded
from search import Record
from trainer import limit_threads


class TrialActor(tune.Trainable):
    """Runs one trial after another; each `step` is an epoch.

    A class, not a function: Ray waits for a class's step to end before it gives the worker the next trial, while a
    function's thread that is slow to stop makes the next trial fail.
    """

    _session: TrialSession
    _is_new: bool

    def setup(self, config: dict[str, Any]) -> None:
        """Get ready for a trial. Before TensorFlow starts the worker's thread pools are bounded by its CPUs."""
        limit_threads(config["cpus"])
        freeze_loaded()
        self._wear = Wear()
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next trial in the same process."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train an epoch. Its result says what the model declared, too.

        Raises WornOutError, for Ray Tune, if the worker is too large to start the trial.
        """
        if self._is_new:
            # Not while the trial is set up: a worker that fails there takes the trial with it.
            self._wear.check()
            self._is_new = False
            if self._attempt.was_killed():
                return self._result(self._session.give_up(OUT_OF_MEMORY))
            self._attempt.begin()
        try:
            record = self._session.step()
        except BaseException:
            self._attempt.end()
            raise
        return self._result(record)

    def _begin(self, config: dict[str, Any]) -> None:
        self._session = TrialSession(config["search"], config["trial"])
        self._attempt = Attempt(Path(self.logdir))
        self._is_new = True

    def _result(self, record: Record) -> dict[str, Any]:
        return as_result(record) | {"declared": json.dumps(self._session.declared)}
