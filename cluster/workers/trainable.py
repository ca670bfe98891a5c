"""The trial as Ray Tune runs it: a long-lived actor, and what it is told and reports.

The actor is reused from trial to trial, so that TensorFlow is imported once.
"""

import json
from pathlib import Path
from typing import TypedDict, cast

from ray import tune

from cluster.workers.memory import OUT_OF_MEMORY, Attempt, MemoryGrowth
from cluster.workers.notice import EndNotice
from cluster.workers.trial import TrialSession
from datasets import freeze_loaded
from search import Record
from trainer import limit_threads

METRIC = "score"
"""What Ray Tune's schedulers compare trials by."""
TIME = "epoch"
"""What they compare them at."""


class TrialConfig(TypedDict):
    """What a worker is told of a trial: the search's location, the trial's id, and the CPUs that the worker has."""

    search: str
    trial: str
    cpus: int


def as_result(record: Record) -> dict[str, object]:
    """Return a record as a result of Ray Tune's: the best score so far, and the whole record as text."""
    result: dict[str, object] = {
        METRIC: record.score,
        "done": record.state.is_ended(),
        "record": record.model_dump_json(),
    }
    # Without its time attribute a scheduler passes a result over: an infeasible trial has nothing to be compared by.
    return result if record.score is None else result | {TIME: record.epochs}


def as_record(result: dict[str, object]) -> Record:
    """Return the record that `as_result` was given."""
    return Record.model_validate_json(str(result["record"]))


class TrialActor(tune.Trainable):
    """Runs one trial after another; each `step` is an epoch.

    A class, not a function: Ray waits for a class's step to end before it gives the worker the next trial, while a
    function's thread that is slow to stop makes the next trial fail.
    """

    def setup(self, config: dict[str, object]) -> None:
        """Get ready for a trial. Before TensorFlow starts the worker's thread pools are bounded by its CPUs."""
        self._notice = EndNotice()
        limit_threads(cast(TrialConfig, config)["cpus"])
        freeze_loaded()
        self._memory = MemoryGrowth()
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, object]) -> bool:
        """Take the next trial in the same process."""
        config = cast(TrialConfig, new_config)
        self._session = TrialSession(config["search"], config["trial"])
        self._attempt = Attempt(Path(self.logdir))
        self._is_new = True
        return True

    def step(self) -> dict[str, object]:
        """Train an epoch. Its result says what the model declared, too.

        Raises, for Ray Tune, MemoryGrowthError if the worker is too large to start the trial, and WorkerEndedError if
        it was told to end.
        """
        if self._is_new:
            # Not while the trial is set up: a worker that fails there takes the trial with it.
            self._memory.check()
            self._is_new = False
            if self._attempt.was_killed():
                return self._result(self._session.give_up(OUT_OF_MEMORY))
            self._attempt.begin()
        try:
            with self._notice.heeded():
                record = self._session.step()
        except BaseException:
            self._attempt.end()
            raise
        return self._result(record)

    def _result(self, record: Record) -> dict[str, object]:
        return as_result(record) | {"declared": json.dumps(self._session.declared)}
