"""Training several winners at once, each on a worker of Ray's; what they leave behind is their checkpoints."""

from collections.abc import Callable, Sequence
from typing import cast

import ray
from ray import ObjectRef
from ray.actor import ActorHandle
from ray.exceptions import RayError, RayTaskError

from cluster.driving.connection import connected
from cluster.driving.health import HealthCheck, run_while_healthy
from cluster.errors import ClusterError
from cluster.workers.member import MemberActor, Winner
from datasets import Folder, Progress
from search import SearchSpecification

_POLL_SECONDS = 1.0


def train_on_ray(
    winners: Sequence[Winner],
    specification: SearchSpecification,
    *,
    batches: Sequence[int],
    address: str,
    ready: Callable[[], None],
    work: Folder,
    progress: Progress,
) -> None:
    """Train every winner to its end, as many at a time as the Ray at ``address`` has CPUs and GPUs for.

    Each leaves its checkpoints in a folder of its name below ``work``, and goes on from those that are there. A lost
    worker is replaced as often as the search allows a trial to fail. ``batches`` are those of each winner's training.
    ``ready`` is called once Ray is connected, before any training.

    Raises:
        ClusterError: Ray cannot be reached, or a worker was lost too often.
        RayGoneError: Ray went away.
        GalaxyTunerError: What a member's training raised.
    """
    with connected(address, specification.settings):
        ready()
        health = HealthCheck.of(address, "the same command")
        run_while_healthy(health, lambda: _Trainings(winners, specification, batches, work).wait(progress))


class _Trainings:
    """The winners' trainings under way on the connected Ray."""

    def __init__(
        self, winners: Sequence[Winner], specification: SearchSpecification, batches: Sequence[int], work: Folder
    ) -> None:
        settings = specification.settings
        actor_class = ray.remote(MemberActor).options(
            num_cpus=settings.cpus_per_trial,
            num_gpus=settings.gpus_per_trial,
            # One thread trains, one says how far it is.
            max_concurrency=2,
            max_restarts=settings.max_failures,
            max_task_retries=settings.max_failures,
        )
        self._actors = [cast(ActorHandle[MemberActor], actor_class.remote(settings.cpus_per_trial)) for _ in winners]
        # Each training, and each question under way how far one is → the winner's index.
        self._trainings: dict[ObjectRef[None], int] = {
            actor.train.remote(winner, specification, work.child(winner.name).uri): index
            for index, (actor, winner) in enumerate(zip(self._actors, winners, strict=True))
        }
        self._questions: dict[ObjectRef[int], int] = {}
        self._batches = batches
        self._done = [0] * len(winners)

    def wait(self, progress: Progress) -> None:
        """Return when all have ended. Raises what the first of them raised."""
        while self._trainings:
            ended, _ = ray.wait([*self._trainings], timeout=_POLL_SECONDS)
            for training in ended:
                self._end(training)
            self._ask()
            progress(sum(self._done), sum(self._batches))

    def _end(self, training: ObjectRef[None]) -> None:
        index = self._trainings.pop(training)
        try:
            ray.get(training)
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            raise ClusterError(f"a worker was lost while it trained, and so were those in its place: {error}") from None
        # It may have ended early, out of patience.
        self._done[index] = self._batches[index]
        # Its CPUs are the next one's.
        ray.kill(self._actors[index])

    def _ask(self) -> None:
        """Take the answers that have come, and ask those that train and have none on the way."""
        count = len(self._questions)
        answers, _ = ray.wait([*self._questions], num_returns=count, timeout=0) if count else ([], [])
        for answer in answers:
            index = self._questions.pop(answer)
            try:
                self._done[index] = max(self._done[index], ray.get(answer))
            except RayError:  # ended, or lost: its training says which
                continue
        for index in {*self._trainings.values()} - {*self._questions.values()}:
            self._questions[self._actors[index].progress.remote()] = index
