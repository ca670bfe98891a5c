"""Training several winners at once, each on a worker of Ray's; what they leave behind is their checkpoints."""

import logging
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import ray
from ray import ObjectRef
from ray.actor import ActorHandle
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

from cluster.driving.again import Again
from cluster.driving.connection import connected
from cluster.driving.health import HealthCheck, run_while_healthy
from cluster.driving.places import Places
from cluster.driving.scratch import scratch_folder
from cluster.driving.slots import Slot, Slots
from cluster.errors import ClusterError, UnfitError
from cluster.jobs.preflight import preflight
from cluster.nodes.asking import said_last
from cluster.nodes.ray_here import temporary_here
from cluster.workers.attempt import Attempt
from cluster.workers.member import MemberActor, Progress as HowFar, Winner, notes_folder
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
    examined_for: str | None,
    work: Folder,
    progress: Progress,
) -> None:
    """Train every winner to its end, as many at a time as the Ray at ``address`` has CPUs and GPUs for.

    Each leaves its checkpoints in a folder of its name below ``work``, and goes on from those that are there. A lost
    worker is replaced as often as the search allows a trial to fail, and always where it was ended for want of memory
    or told to end. ``hypermodel`` is what `cluster.workers.by_value.packed` gave, ``batches`` are those of each
    winner's training. ``ready`` is called once Ray is connected, before any training. ``examined_for`` is the
    storage of which each node is asked before; with None none is.

    Raises:
        ClusterError: Ray cannot be reached, or a worker was lost too often.
        RayGoneError: Ray went away.
        NoNodeError: No node trains any more.
        NoMemoryError: Other programs hold the memory.
        GalaxyTunerError: What a member's training raised.
    """
    with connected(address, specification.settings):
        places = Places(specification.settings, is_own=address == "local", command=_COMMAND, sent=hypermodel)
        places.check()
        if examined_for is not None and address != "local":
            preflight(places, storage=examined_for, dataset=specification.dataset)
        ready()
        health = HealthCheck.of(address, _COMMAND)
        is_local = address == "local"
        place = scratch_folder() if is_local else temporary_here()
        with tempfile.TemporaryDirectory(prefix="galaxy-tuner-", dir=place, ignore_cleanup_errors=True) as folder:
            # Another node may have no such place: there it is one of the name among its own temporary ones.
            memory = folder if is_local else Path(folder).name
            trainings = _Trainings(winners, specification, hypermodel, batches, work, memory, places)
            with places.watched():
                run_while_healthy(health, lambda: trainings.wait(progress), check=trainings.check)


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
        places: Places,
    ) -> None:
        self._winners = {winner.name: winner for winner in winners}
        self._batches = dict(zip(self._winners, batches, strict=True))
        self._specification, self._work, self._memory = specification, work, memory
        self._hypermodel = hypermodel
        self.again = Again(most_failures=specification.settings.max_failures, command=_COMMAND)
        self._places, self._slots = places, Slots(places)
        # Those that wait for a slot, and the slots and actors of those that have one.
        self._waiting: deque[str] = deque()
        self._taken: dict[str, Slot] = {}
        self._actors: dict[str, ActorHandle[MemberActor]] = {}
        self._begun: set[str] = set()
        # Each training, and each question under way how far one is → the winner's name.
        self._trainings: dict[ObjectRef[None], str] = {}
        self._questions: dict[ObjectRef[HowFar], str] = {}
        self._done = dict.fromkeys(self._winners, 0)
        # Those that wait, which was said; and of them those for which other programs have left no memory for long.
        self._said: set[str] = set()
        self._held: set[str] = set()
        for name in self._winners:
            self._want(name)

    def check(self) -> None:
        """Raise NoMemoryError or NoNodeError if for ten minutes nothing could train. For another thread."""
        self.again.check()
        self._places.raise_if_nobody()

    def wait(self, progress: Progress) -> None:
        """Return when all have ended. Raises what the first of them raised."""
        while self._trainings or self._waiting or self.again:
            if (name := self.again.due()) is not None:
                self._want(name)
            while self._waiting and (slot := self._slots.acquire_resources(self._slots.request)):
                self._start(self._waiting.popleft(), slot)
            for training in _answered(self._trainings, seconds=_POLL_SECONDS):
                self._end(training)
            self._ask()
            progress(sum(self._done.values()), sum(self._batches.values()))

    def _want(self, name: str) -> None:
        self._waiting.append(name)
        self._slots.request_resources(self._slots.request)

    def _start(self, name: str, slot: Slot) -> None:
        # One thread trains, one says how far it is.
        remote: Any = ray.remote(max_concurrency=2)  # type: ignore[call-overload]
        [actor_class] = slot.annotate_remote_entities([remote(MemberActor)])
        created = actor_class.remote(self._memory, self._hypermodel, self._places.code, self._places.hypermodel)
        actor = cast(ActorHandle[MemberActor], created)
        self._actors[name], self._taken[name] = actor, slot
        self._begun.discard(name)
        work, for_memory = self._work.child(name).uri, self.again.last_for_memory(name)
        self._trainings[actor.train.remote(self._winners[name], self._specification, work, for_memory)] = name

    def _end(self, training: ObjectRef[None]) -> None:
        name = self._trainings.pop(training)
        self._held.discard(name)
        try:
            ray.get(training)
        except RayTaskError as error:
            if isinstance(error.cause, UnfitError):
                self._give_back(name, error.cause)
            elif isinstance(error.cause, WorkerEndedError):
                self.again.preempted(name)
            else:
                raise error.cause from None
        except RayError as error:
            self._take_back(name, error)
        else:
            # It may have ended early, out of patience.
            self._done[name] = self._batches[name]
        # Its CPUs are the next one's.
        ray.kill(self._actors[name])
        self._slots.free_resources(self._taken.pop(name))

    def _give_back(self, name: str, error: UnfitError) -> None:
        """Let a training go on elsewhere for which its worker could do nothing."""
        node = self._taken[name].node
        if error.differs:
            self._places.differs(node, str(error))
        else:
            self._places.failed(node, str(error))
        self.again.could_not_begin(name, str(error))

    def _take_back(self, name: str, error: RayError) -> None:
        """Let a training go on whose worker was lost. Raises ClusterError where that was more often than allowed."""
        node, reason = self._taken[name].node, said_last(error)
        for_memory = isinstance(error, OutOfMemoryError) or Attempt(notes_folder(self._memory), name).was_ended()
        if not for_memory and (self._places.is_leaving(node) or self._places.is_lost(node)):
            goes_on = self.again.lost_with_node(name)
        elif not for_memory and name not in self._begun:
            self._places.failed(node, reason)
            self.again.could_not_begin(name, reason)
            goes_on = True
        else:
            goes_on = self.again.take_back(name, for_memory=for_memory, is_alone=not self._trainings)
        if not goes_on:
            raise ClusterError(f"a worker was lost while it trained, and so were those in its place: {reason}")

    def _ask(self) -> None:
        """Take the answers that have come, and ask those that train and have none on the way."""
        for answer in _answered(self._questions, seconds=0):
            name = self._questions.pop(answer)
            try:
                far = ray.get(answer)
            except RayError:  # ended, or lost: its training says which
                continue
            if far.has_begun:
                self._begun.add(name)
            if far.done > self._done[name]:
                self._done[name] = far.done
                self.again.trained(name)
                self._places.worked(self._taken[name].node if name in self._taken else None)
            if far.is_forgiven:
                self.again.forgive(name)
            self._say(name, far.waits)
        for name in {*self._trainings.values()} - {*self._questions.values()}:
            if self._places.is_leaving(self._taken[name].node):
                self._actors[name].leave.remote()
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
                self.again.give_up_memory(f"{name} {waits.reason}")


def _answered(asked: dict[ObjectRef[T], str], *, seconds: float) -> list[ObjectRef[T]]:
    """Wait so long for one of ``asked``; return those that are there."""
    if not asked:
        time.sleep(seconds)
        return []
    answered, _ = ray.wait([*asked], num_returns=1 if seconds else len(asked), timeout=seconds)
    return answered
