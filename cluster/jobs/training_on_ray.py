"""Training several winners at once, each on a worker of Ray's; what they leave behind is their checkpoints."""

import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast

import ray
from ray import ObjectRef
from ray.actor import ActorHandle
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

from cluster.driving.again import Again
from cluster.driving.connection import connected
from cluster.driving.health import HealthCheck, run_while_healthy
from cluster.driving.scratch import scratch_folder
from cluster.errors import ClusterError
from cluster.workers.attempt import Attempt
from cluster.workers.member import MemberActor, Winner, notes_folder
from cluster.workers.notice import WorkerEndedError
from cluster.workers.room import Wait
from datasets import Folder, Progress
from search import SearchSpecification

_POLL_SECONDS = 1.0
_COMMAND = "the same command"
_log = logging.getLogger(__name__)
T = TypeVar("T")


def train_on_ray(
    winners: Sequence[Winner],
    specification: SearchSpecification,
    *,
    hypermodel: bytes | None,
    batches: Sequence[int],
    address: str,
    ready: Callable[[], None],
    work: Folder,
    progress: Progress,
) -> None:
    """Train every winner to its end, as many at a time as the Ray at ``address`` has CPUs and GPUs for.

    Each leaves its checkpoints in a folder of its name below ``work``, and goes on from those that are there. A lost
    worker is replaced as often as the search allows a trial to fail, and always where it was ended for want of memory
    or told to end. ``hypermodel`` is what `cluster.workers.by_value.packed` gave, ``batches`` are those of each
    winner's training. ``ready`` is called once Ray is connected, before any training.

    Raises:
        ClusterError: Ray cannot be reached, or a worker was lost too often.
        RayGoneError: Ray went away.
        NoMemoryError: Other programs hold the memory.
        GalaxyTunerError: What a member's training raised.
    """
    with connected(address, specification.settings):
        ready()
        health = HealthCheck.of(address, _COMMAND)
        is_local = address == "local"
        place = scratch_folder() if is_local else None
        with tempfile.TemporaryDirectory(prefix="galaxy-tuner-", dir=place, ignore_cleanup_errors=True) as folder:
            # Another node may have no such place: there it is one of the name among its own temporary ones.
            memory = folder if is_local else Path(folder).name
            trainings = _Trainings(winners, specification, hypermodel, batches, work, memory)
            run_while_healthy(health, lambda: trainings.wait(progress), check=trainings.again.check)


class _Trainings:
    """The winners' trainings under way on the connected Ray; ``memory`` is the `notes_folder` of their workers.

    Attributes:
        again: Those that are to go on.
    """

    def __init__(
        self,
        winners: Sequence[Winner],
        specification: SearchSpecification,
        hypermodel: bytes | None,
        batches: Sequence[int],
        work: Folder,
        memory: str,
    ) -> None:
        self._winners = {winner.name: winner for winner in winners}
        self._batches = dict(zip(self._winners, batches, strict=True))
        self._specification, self._work, self._memory = specification, work, memory
        self._hypermodel = ray.put(hypermodel)
        self.again = Again(most_failures=specification.settings.max_failures, command=_COMMAND)
        self._actors: dict[str, ActorHandle[MemberActor]] = {}
        # Each training, and each question under way how far one is → the winner's name.
        self._trainings: dict[ObjectRef[None], str] = {}
        self._questions: dict[ObjectRef[tuple[int, Wait | None, bool]], str] = {}
        self._done = dict.fromkeys(self._winners, 0)
        # Those that wait, which was said; and of them those for which other programs have left no memory for long.
        self._said: set[str] = set()
        self._held: set[str] = set()
        for name in self._winners:
            self._start(name)

    def wait(self, progress: Progress) -> None:
        """Return when all have ended. Raises what the first of them raised."""
        while self._trainings or self.again:
            if self.again and (name := self.again.due()) is not None:
                self._start(name)
            for training in _answered(self._trainings, seconds=_POLL_SECONDS):
                self._end(training)
            self._ask()
            progress(sum(self._done.values()), sum(self._batches.values()))

    def _start(self, name: str) -> None:
        settings = self._specification.settings
        actor_class = ray.remote(MemberActor).options(
            num_cpus=settings.cpus_per_trial,
            num_gpus=settings.gpus_per_trial,
            # One thread trains, one says how far it is.
            max_concurrency=2,
        )
        created = actor_class.remote(settings.cpus_per_trial, self._memory, self._hypermodel)
        actor = cast(ActorHandle[MemberActor], created)
        self._actors[name] = actor
        work, for_memory = self._work.child(name).uri, self.again.last_for_memory(name)
        self._trainings[actor.train.remote(self._winners[name], self._specification, work, for_memory)] = name

    def _end(self, training: ObjectRef[None]) -> None:
        name = self._trainings.pop(training)
        self._held.discard(name)
        try:
            ray.get(training)
        except RayTaskError as error:
            if not isinstance(error.cause, WorkerEndedError):
                raise error.cause from None
            self.again.preempted(name)
        except RayError as error:
            for_memory = isinstance(error, OutOfMemoryError) or Attempt(notes_folder(self._memory), name).was_ended()
            if not self.again.take_back(name, for_memory=for_memory, is_alone=not self._trainings):
                raise ClusterError(
                    f"a worker was lost while it trained, and so were those in its place: {error}"
                ) from None
        else:
            # It may have ended early, out of patience.
            self._done[name] = self._batches[name]
        # Its CPUs are the next one's.
        ray.kill(self._actors[name])

    def _ask(self) -> None:
        """Take the answers that have come, and ask those that train and have none on the way."""
        for answer in _answered(self._questions, seconds=0):
            name = self._questions.pop(answer)
            try:
                done, waits, is_forgiven = ray.get(answer)
            except RayError:  # ended, or lost: its training says which
                continue
            if done > self._done[name]:
                self._done[name] = done
                self.again.trained(name)
            if is_forgiven:
                self.again.forgive(name)
            self._say(name, waits)
        for name in {*self._trainings.values()} - {*self._questions.values()}:
            self._questions[self._actors[name].progress.remote()] = name

    def _say(self, name: str, waits: Wait | None) -> None:
        """Say, once, that a training waits, and end them all where each can only wait."""
        self._held.discard(name)
        if waits is None:
            self._said.discard(name)
            return
        if name not in self._said:
            self._said.add(name)
            _log.warning("%s %s.", name, waits.reason)
        if waits.is_held:
            self._held.add(name)
            if self._held.issuperset(self._trainings.values()):
                self.again.give_up(f"{name} {waits.reason}")


def _answered(asked: dict[ObjectRef[T], str], *, seconds: float) -> list[ObjectRef[T]]:
    """Wait so long for one of ``asked``; return those that are there."""
    if not asked:
        time.sleep(seconds)
        return []
    answered, _ = ray.wait([*asked], num_returns=1 if seconds else len(asked), timeout=seconds)
    return answered
