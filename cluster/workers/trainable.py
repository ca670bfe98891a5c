"""The trial as Ray Tune runs it: a long-lived actor, and what it is told and reports.

The actor is reused from trial to trial, so that TensorFlow is imported once.
"""

import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypedDict, cast

import ray
from ray import tune
from ray.exceptions import RayActorError

from cluster.nodes.code import CodeIdentity, code_identity
from cluster.workers.attempt import Attempt
from cluster.workers.by_value import unpacked
from cluster.workers.deadline import Deadline, Told
from cluster.workers.faults import described, is_machines
from cluster.workers.memory_growth import MemoryGrowth
from cluster.workers.notice import EndNotice
from cluster.workers.room import TooLarge, Wait
from datasets import freeze_loaded, open_folder, patient
from search import Ledger, Record, SearchLayout, TrialState, now, out_of_time
from trainer import limit_threads

if TYPE_CHECKING:
    from cluster.workers.trial import TrialSession

METRIC = "score"
"""What Ray Tune's schedulers compare trials by."""
TIME = "epoch"
"""What they compare them at."""
WAITING, HELD = "waiting", "held"
"""In the result of a trial before it begins: whether it waits for memory, and that others have held that for long."""
FORGIVEN = "forgiven"
"""In the first result where the trial's last worker was ended for want of memory: that is no failure."""
FAULT, DIFFERS = "fault", "differs"
"""In the last result of a worker whose node cannot do its part, though the trial could: why, and whether it is that it
runs other code than the driver. The trial goes on elsewhere."""
NODE = "node"
"""In every result: Ray's id of the worker's node."""
_ASK_SECONDS = 1.0
# The figures change all the time, and what is said is written to the storage.
_SAY_SECONDS = 10.0


class TrialConfig(TypedDict):
    """What a worker is told of a trial.

    ``search`` is the search's location, ``cpus`` what the worker has of them; ``ended_for_memory`` says that
    the trial's last worker was ended for want of memory; ``deadline`` is when its time is up, None where it has no end,
    and ``deadline_scored`` when it is up for a trial that has a score.
    """

    search: str
    trial: str
    cpus: int
    ended_for_memory: bool
    deadline: Told | None
    deadline_scored: Told | None


def memory_folder(trial_folder: Path) -> Path:
    """Return where the workers of one node note what memory they hold, beside Ray Tune's folders of its trials."""
    return trial_folder.parent / "memory"


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


def _untrained(record: Record) -> dict[str, object]:
    """Return as a result of Ray Tune's what no epoch was trained for: a scheduler is to pass it over."""
    result = as_result(record) | {"declared": "[]"}
    result.pop(TIME, None)
    return result


class TrialActor(tune.Trainable):
    """Runs one trial after another; each `step` is an epoch, or a second of waiting until the node has room for it.

    A class, not a function: Ray waits for a class's step to end before it gives the worker the next trial, while a
    function's thread that is slow to stop makes the next trial fail.

    Attributes:
        code: The driver's code, of a search's own class: a worker that runs another trains nothing.
        space: The name of the HyperModel in it, None where it has none.
    """

    code: ClassVar[CodeIdentity | None] = None
    space: ClassVar[str | None] = None

    def setup(self, config: dict[str, object], hypermodel: bytes | None = None) -> None:
        """Get ready for a trial. TensorFlow is not imported before there is room, nor is ``hypermodel`` unpacked."""
        self._hypermodel = hypermodel
        self._node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else None
        self._notice = EndNotice()
        self._memory: MemoryGrowth | None = None
        self._attempt: Attempt | None = None
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, object]) -> bool:
        """Take the next trial in the same process."""
        if self._attempt is not None:  # of a trial that a scheduler has stopped
            self._attempt.leave(finally_=True)
        self._config = cast(TrialConfig, new_config)
        self._deadline = Deadline.heard(self._config["deadline"])
        self._deadline_scored = Deadline.heard(self._config["deadline_scored"])
        self._attempt = None
        self._session: TrialSession | None = None
        self._record: Record | None = None
        self._said_at, self._said_last = -math.inf, ""
        return True

    def step(self) -> dict[str, object]:
        """Train an epoch. Its result says what the model declared, too, or why this worker's node cannot.

        Raises, for Ray Tune, MemoryGrowthError if the worker is too large to start the trial, and WorkerEndedError if
        it was told to end.
        """
        try:
            result = self._attempted()
        except RayActorError:
            raise
        except Exception as error:
            # Until the trial begins nothing of its own has run.
            if self._session is not None and not is_machines(error):
                raise
            result = {METRIC: None, FAULT: described(error)}
        return result | {NODE: self._node}

    def _attempted(self) -> dict[str, object]:
        was_ended = False
        if self._attempt is None:
            # Not while the trial is set up: a worker that fails there takes the trial with it.
            if self._memory is not None:
                self._memory.check()
            elif differences := self._differences():
                return {METRIC: None, FAULT: differences, DIFFERS: True}
            self._attempt = Attempt(memory_folder(Path(self.logdir)), self._config["trial"])
            was_ended = self._attempt.enter(is_known=self._config["ended_for_memory"])
        try:
            with self._notice.heeded(), patient():
                result = self._step(self._attempt, was_ended=was_ended)
        except BaseException:
            self._attempt.leave(finally_=False)
            raise
        if result["done"]:
            self._attempt.leave(finally_=True)
            self._attempt = None
        return result

    def _differences(self) -> str:
        """Say in what this worker's code is not the driver's."""
        return "" if self.code is None else ", ".join(self.code.differences(code_identity(self.space)))

    def _step(self, attempt: Attempt, *, was_ended: bool) -> dict[str, object]:
        if self._session is None:
            # Once: a trial that waits is the same from second to second.
            record = self._record = self._record or self._recorded()
            if record.state.is_ended():
                return _untrained(record)
            if self._deadline.left() <= 0:
                return _untrained(out_of_time(record))
            if was_ended:  # said at once: this worker may be ended before its first epoch, too
                return _untrained(record) | {WAITING: True, FORGIVEN: True}
            answer = attempt.ask()
            if isinstance(answer, TooLarge):
                ended = record.but(state=TrialState.INFEASIBLE, score=None, reason=answer.reason, ended=now())
                return _untrained(ended)
            if answer is not None:
                time.sleep(_ASK_SECONDS)
                return _untrained(record.but(reason=self._said(answer))) | {WAITING: True, HELD: answer.is_held}
            # Said at once: it has begun, and its first epoch may take long.
            self._session = self._begun()
            return _untrained(record.but(reason=None)) | {WAITING: False}
        with attempt.working():
            record = self._session.step()
        if record.finite_score is not None:
            self._session.end_by(self._deadline_scored)
        return as_result(record) | {"declared": json.dumps(self._session.declared)}

    def _recorded(self) -> Record:
        return Ledger(SearchLayout(open_folder(self._config["search"]))).record(self._config["trial"])

    def _said(self, answer: Wait) -> str:
        """Return what the trial waits for, the same for some seconds."""
        if time.monotonic() - self._said_at >= _SAY_SECONDS:
            self._said_at, self._said_last = time.monotonic(), answer.reason
        return self._said_last

    def _begun(self) -> "TrialSession":
        """Begin the trial. Before TensorFlow starts the worker's thread pools are bounded by its CPUs."""
        # Only now: a worker that waits holds little.
        from cluster.workers.trial import TrialSession

        began = time.monotonic()
        if self._memory is None:
            limit_threads(self._config["cpus"])
            freeze_loaded()
            self._memory = MemoryGrowth()
            self._memory.check()
        session = TrialSession(
            self._config["search"],
            self._config["trial"],
            unpacked(self._hypermodel),
            deadline=self._deadline,
            began=began,
        )
        session.prepare()
        return session
