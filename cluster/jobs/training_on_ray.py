"""Training several networks at once, each on a worker of Ray's; what they leave behind lies in a folder of each."""

import logging
import tempfile
import time
from collections import deque
from collections.abc import Callable
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
from cluster.jobs.coming import Coming
from cluster.jobs.preflight import preflight
from cluster.nodes.asking import said_last
from cluster.nodes.ray_here import temporary_here
from cluster.workers.attempt import Attempt
from cluster.workers.member import MemberActor, Progress as HowFar, Training, notes_folder
from cluster.workers.memory_growth import MemoryGrowthError
from cluster.workers.notice import WorkerEndedError
from cluster.workers.room import Wait
from datasets import Folder
from search import SearchSpecification
from trainer import InfeasibleError

_POLL_SECONDS = 1.0
_COMMAND = "the same command"
_log = logging.getLogger(__name__)
T = TypeVar("T")


def train_on_ray(
    coming: Coming,
    specification: SearchSpecification,
    *,
    hypermodel: bytes | None,
    address: str,
    ready: Callable[[], None],
    examined_for: str | None,
    work: Folder,
    ending: Callable[[], float] | None = None,
) -> None:
    """Train all that is ``coming`` to its end, as many at a time as the Ray at ``address`` has CPUs and GPUs for.

    Each leaves what it is to in a folder of its name below ``work``, and goes on from what is there. A lost
    worker is replaced as often as the search allows a trial to fail, and always where it was ended for want of memory
    or told to end. ``hypermodel`` is what `cluster.workers.by_value.packed` gave. ``ready`` is called once Ray is
    connected, before any training. ``examined_for`` is the storage of which each node is asked before; with None none
    is. ``ending`` is as in `connected`.

    Raises:
        ClusterError: Ray cannot be reached, or a worker was lost too often.
        RayGoneError: Ray went away.
        NoNodeError: No node trains any more.
        NoMemoryError: Other programs hold the memory.
        GalaxyTunerError: What a training raised, or ``coming`` made of it.
    """
    with connected(address, specification.settings, ending=ending):
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
            trainings = _Trainings(coming, specification, hypermodel, work, memory, places)
            with places.watched():
                run_while_healthy(health, trainings.wait, check=trainings.check)


class _Trainings:
    """The trainings under way on the connected Ray; ``memory`` is the `notes_folder` of their workers.

    Attributes:
        again: Those that are to go on.
    """

    def __init__(
        self,
        coming: Coming,
        specification: SearchSpecification,
        hypermodel: bytes | None,
        work: Folder,
        memory: str,
        places: Places,
    ) -> None:
        self._coming = coming
        # All that have been asked for and have not ended, by name.
        self._known: dict[str, Training] = {}
        self._specification, self._work, self._memory = specification, work, memory
        self._hypermodel = hypermodel
        self.again = Again(most_failures=specification.settings.max_failures, command=_COMMAND)
        self._places, self._slots = places, Slots(places)
        # Those that wait for a slot, and the slots and actors of those that have one.
        self._waiting: deque[str] = deque()
        self._taken: dict[str, Slot] = {}
        self._actors: dict[str, ActorHandle[MemberActor]] = {}
        self._begun: set[str] = set()
        # Each training, and each question under way how far one is → its name.
        self._trainings: dict[ObjectRef[None], str] = {}
        self._questions: dict[ObjectRef[HowFar], str] = {}
        self._done: dict[str, int] = {}
        # Those that wait, which was said; and of them those for which other programs have left no memory for long.
        self._said: set[str] = set()
        self._held: set[str] = set()

    def check(self) -> None:
        """Raise NoMemoryError or NoNodeError if for ten minutes nothing could train. For another thread."""
        self.again.check()
        self._places.raise_if_nobody()

    def wait(self) -> None:
        """Return when all have ended and no more are coming. Raises what the first of them raised."""
        while self._ask_for_more() or self._known:
            if (name := self.again.due()) is not None and self._is_missing(name):
                self._want(name)
            while self._waiting and (slot := self._slots.acquire_resources(self._slots.request)):
                self._start(self._waiting.popleft(), slot)
            for training in _answered(self._trainings, seconds=_POLL_SECONDS):
                self._end(training)
            self._ask()
            for name in self._coming.unwanted():
                self._leave(name)

    def _ask_for_more(self) -> bool:
        """Ask for as many as there may be; return whether there were more."""
        before = len(self._known)
        while (training := self._next()) is not None:
            self._want(training.name)
        return len(self._known) > before

    def _next(self) -> Training | None:
        """Return one more, if there may be one and is."""
        if len(self._known) >= self._coming.most(self._places.trials()):
            return None
        if (training := self._coming.next()) is not None:
            self._known[training.name], self._done[training.name] = training, 0
        return training

    def _leave(self, name: str) -> None:
        """Leave one as it is, whether it has a slot or waits for one."""
        if self._known.pop(name, None) is None:
            return
        if name in self._waiting:
            self._waiting.remove(name)
            self._slots.cancel_resource_request(self._slots.request)
        for training in [one for one, other in self._trainings.items() if other == name]:
            del self._trainings[training]
            ray.kill(self._actors[name])
            self._slots.free_resources(self._taken.pop(name))
        self._questions = {question: other for question, other in self._questions.items() if other != name}
        self._held.discard(name)

    def _is_missing(self, name: str) -> bool:
        """Whether a training is to go on and neither has a slot nor waits for one."""
        return name in self._known and name not in self._waiting and name not in self._taken

    def _want(self, name: str) -> None:
        self._waiting.append(name)
        self._slots.request_resources(self._slots.request)

    def _start(self, name: str, slot: Slot) -> None:
        # One thread trains, one says how far it is.
        remote: Any = ray.remote(max_concurrency=2)  # type: ignore[call-overload]
        [actor_class] = slot.annotate_remote_entities([remote(MemberActor)])
        created = actor_class.remote(self._memory, self._hypermodel, self._places.code, self._places.hypermodel)
        self._train(name, cast(ActorHandle[MemberActor], created), slot)

    def _train(self, name: str, actor: ActorHandle[MemberActor], slot: Slot) -> None:
        self._actors[name], self._taken[name] = actor, slot
        self._begun.discard(name)
        work, for_memory = self._work.child(name).uri, self.again.last_for_memory(name)
        self._trainings[actor.train.remote(self._known[name], self._specification, work, for_memory)] = name

    def _end(self, training: ObjectRef[None]) -> None:
        name = self._trainings.pop(training)
        self._held.discard(name)
        try:
            ray.get(training)
        except RayTaskError as error:
            if isinstance(error.cause, UnfitError):
                self._give_back(name, error.cause)
            elif isinstance(error.cause, WorkerEndedError | MemoryGrowthError):
                self.again.preempted(name)
            elif isinstance(error.cause, InfeasibleError):
                del self._known[name]
                self._coming.failed(name, error.cause)
            else:
                raise error.cause from None
        except RayError as error:
            self._take_back(name, error)
        else:
            del self._known[name]
            self._coming.ended(name)
            if self._go_on(name):
                return
        # Its CPUs are the next one's.
        ray.kill(self._actors[name])
        self._slots.free_resources(self._taken.pop(name))

    def _go_on(self, name: str) -> bool:
        """Let the worker that has ended a training go on with another, if there is one: it has TensorFlow imported."""
        if self._places.is_leaving(self._taken[name].node):
            return False
        if self._waiting:
            following = self._waiting.popleft()
            self._slots.cancel_resource_request(self._slots.request)
        elif (training := self._next()) is not None:
            following = training.name
        else:
            return False
        self._train(following, self._actors.pop(name), self._taken.pop(name))
        return True

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
            if name not in self._known:  # left meanwhile
                continue
            if far.done > self._done[name]:
                self._done[name] = far.done
                self._coming.far(name, far.done, far.total)
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
