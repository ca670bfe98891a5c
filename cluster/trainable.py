"""The trial as Ray Tune runs it: a long-lived actor, reused from trial to trial, so TensorFlow is imported once."""

import json
from typing import Any

from ray import tune

from cluster.scheduling import as_result
from cluster.trial import TrialSession
from trainer import limit_threads


class TrialActor(tune.Trainable):
    """Runs one trial after another; each `step` is an epoch.

    A class, not a function: Ray waits for a class's step to end before it gives the worker the next trial, while a
    function's thread that is slow to stop makes the next trial fail.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Get ready for a trial. Before TensorFlow starts the worker's thread pools are bounded by its CPUs."""
        limit_threads(config["cpus"])
        self._session = TrialSession(config["search"], config["trial"])

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next trial in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train an epoch. Its result says what the model declared, too."""
        result = as_result(self._session.step())
        return result | {"declared": json.dumps(self._session.declared)}
