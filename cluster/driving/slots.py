"""The slots that trials run in: each a part of one node, asked of Ray anew where a node no longer takes trials.

Ray Tune asks a resource manager for what a trial needs, and starts the trial's worker in what it gets. Its own one
takes every node for as good as any other.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any, cast

import ray
from ray.air.execution import AcquiredResources, ResourceManager, ResourceRequest
from ray.exceptions import RayError
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from cluster.driving.places import Places

_LOOK_SECONDS = 0.1
# Ray gives what is free within a second or two.
_WAITING_SECONDS = 30.0
_NODE = "ray.io/node-id"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What Ray was asked for: with a part of a GPU, on any node but the ``closed`` ones."""

    group: PlacementGroup
    gpu: bool
    closed: tuple[str, ...]


@dataclass
class Slot(AcquiredResources):
    """A part of a node, for one worker. ``node`` is its id, None if it was lost just now."""

    group: PlacementGroup
    resources: dict[str, float]
    node: str | None

    def annotate_remote_entities(self, entities: list[Any]) -> list[Any]:
        """Return a worker's class as one whose workers run in the slot."""
        more = dict(self.resources)
        cpus, gpus = more.pop("CPU"), more.pop("GPU", 0.0)
        strategy = PlacementGroupSchedulingStrategy(self.group, 0, placement_group_capture_child_tasks=True)
        return [one.options(scheduling_strategy=strategy, num_cpus=cpus, num_gpus=gpus) for one in entities]


class Slots(ResourceManager):
    """Gives slots on the nodes of ``places`` that take trials. Every request is for one trial's."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._asked: dict[ray.ObjectRef[str], _Asked] = {}
        self._ready: list[tuple[_Asked, str | None]] = []
        self._taken: dict[PlacementGroup, _Asked] = {}
        self._looked_at = 0.0
        self._is_closed = False
        # Since when all that was asked for is waited for, and whether that was said.
        self._waiting_since: float | None = None
        self._said_waiting = False

    @property
    def request(self) -> ResourceRequest:
        """The request of one trial."""
        return ResourceRequest([self._places.needs.resources(gpu=True)])

    def request_resources(self, resource_request: ResourceRequest) -> None:
        """Ask Ray for one more slot."""
        if self._is_closed:
            return
        gpu = self._is_for_gpu()
        closed = self._places.closed(gpu=gpu)
        selector = [{_NODE: f"!in({','.join(closed)})"}] if closed else None
        group = placement_group([self._places.needs.resources(gpu=gpu)], bundle_label_selector=selector)
        self._asked[_place_of(group)] = _Asked(group, gpu, closed)

    def cancel_resource_request(self, resource_request: ResourceRequest) -> None:
        """Ask for one less, of those that have not been acquired."""
        asked = self._asked.pop([*self._asked][-1]) if self._asked else self._ready.pop()[0]
        remove_placement_group(asked.group)

    def has_resources_ready(self, resource_request: ResourceRequest) -> bool:
        """Whether there is a slot to be acquired."""
        if not self._ready and time.monotonic() - self._looked_at > _LOOK_SECONDS:
            self.update_state()
        return bool(self._ready)

    def acquire_resources(self, resource_request: ResourceRequest) -> Slot | None:
        """Return a slot, None if there is none."""
        if not self.has_resources_ready(resource_request):
            return None
        asked, node = self._ready.pop()
        self._taken[asked.group] = asked
        return Slot(resource_request, asked.group, self._places.needs.resources(gpu=asked.gpu), node)

    def free_resources(self, acquired_resource: AcquiredResources) -> None:
        """Give a slot back."""
        assert isinstance(acquired_resource, Slot)
        del self._taken[acquired_resource.group]
        remove_placement_group(acquired_resource.group)

    def get_resource_futures(self) -> list[ray.ObjectRef[str]]:
        """Return what becomes ready when a slot does."""
        return [*self._asked]

    def update_state(self) -> None:
        """Take in which slots are there, and ask again for those asked for when other nodes took trials."""
        self._looked_at = time.monotonic()
        if not self._asked:
            return
        ready, _ = ray.wait([*self._asked], num_returns=len(self._asked), timeout=0)
        self._ready += [(self._asked.pop(reference), _said(reference)) for reference in ready]
        self._say_waiting()
        closed = {gpu: self._places.closed(gpu=gpu) for gpu in (True, False)}
        outdated = [reference for reference, asked in self._asked.items() if asked.closed != closed[asked.gpu]]
        for reference in outdated:
            remove_placement_group(self._asked.pop(reference).group)
            self.request_resources(self.request)

    def _say_waiting(self) -> None:
        """Say once that there are nodes, but others hold what trials need there, and once that this is over.

        What nodes carry is counted whoever has it: nothing else would say that nothing begins.
        """
        if self._ready or self._taken or not self._places.trials():
            self._waiting_since = None
            if self._said_waiting and (self._ready or self._taken):
                self._said_waiting = False
                _log.warning("There is room on this Ray again: training begins.")
            return
        if self._waiting_since is None:
            self._waiting_since = self._looked_at
        elif not self._said_waiting and self._looked_at - self._waiting_since > _WAITING_SECONDS:
            self._said_waiting = True
            _log.warning(
                "Nothing can begin: others on this Ray hold its %s, which are waited for.",
                "CPUs or GPUs" if self._places.needs.gpus else "CPUs",
            )

    def clear(self) -> None:
        """Give everything back."""
        if ray.is_initialized():
            for asked in self._all():
                remove_placement_group(asked.group)
        self._asked, self._ready, self._taken = {}, [], {}

    def close(self) -> None:
        """Give everything back for good: with a slot Ray ends the worker in it, and Tune, if it goes on, gets none."""
        self._is_closed = True
        self.clear()

    def _is_for_gpu(self) -> bool:
        """Whether the next slot is to have a GPU: as long as there are some, where not every trial needs one."""
        if not self._places.needs.is_mixed:
            return True
        have = sum(asked.gpu for asked in self._all())
        with_gpus = self._places.gpu_trials()
        return have < with_gpus or self._places.trials() == with_gpus

    def _all(self) -> list[_Asked]:
        return [*self._asked.values(), *(asked for asked, _ in self._ready), *self._taken.values()]


def _place_of(group: PlacementGroup) -> ray.ObjectRef[str]:
    """Return what is ready when a group is, and says on which node.

    As `PlacementGroup.ready` is made; whom Ray has to ask for the node, see `cluster.nodes.control_service`.
    """
    strategy = PlacementGroupSchedulingStrategy(group, 0)
    # By value, as a function of no module: a worker would have to import this one first.
    asking: Any = ray.remote(num_cpus=0)(lambda: ray.get_runtime_context().get_node_id())
    return cast("ray.ObjectRef[str]", asking.options(scheduling_strategy=strategy).remote())


def _said(reference: ray.ObjectRef[str]) -> str | None:
    """Return the node, None where it was lost just now."""
    try:
        return ray.get(reference)
    except RayError:
        return None
