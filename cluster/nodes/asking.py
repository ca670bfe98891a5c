"""Asking every node of the connected Ray the same, at the same time: in a fresh or idle worker that takes no CPU."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import ray
from ray.exceptions import GetTimeoutError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Node:
    """A node of the connected Ray.

    Attributes:
        id: Ray's, unique for ever.
        name: Its host's name, which several nodes may share.
        address: Its IP address.
        cpus: How many CPUs Ray was told that it has, in Ray's fractions.
        gpus: The same of GPUs.
    """

    id: str
    name: str
    address: str
    cpus: float
    gpus: float

    def __str__(self) -> str:
        return self.name if self.name == self.address else f"{self.name} ({self.address})"


@dataclass(frozen=True)
class NodeFault:
    """Why a node gave no answer: one line. ``is_late``: it may yet give one."""

    reason: str
    is_late: bool = False


def alive_nodes() -> list[Node]:
    """Return the nodes of the connected Ray that are alive, by name."""
    nodes = (
        Node(
            id=node["NodeID"],
            name=node["NodeManagerHostname"],
            address=node["NodeManagerAddress"],
            cpus=node["Resources"].get("CPU", 0.0),
            gpus=node["Resources"].get("GPU", 0.0),
        )
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"]
    )
    return sorted(nodes, key=lambda node: (node.name, node.address, node.id))


def on_each_node(
    function: Callable[..., Answer], *arguments: object, seconds: float, nodes: list[Node] | None = None
) -> dict[Node, Answer | NodeFault]:
    """Return what ``function(*arguments)`` says on each of ``nodes``, by default all that are alive.

    Nodes are asked at the same time and have ``seconds`` together; what has not answered by then, or raised, is a
    NodeFault. ``function`` is imported there by its name, so what its module imports is waited for.
    """
    asking: Any = ray.remote(num_cpus=0, max_retries=0)(_call)
    asked = {
        node: asking.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)).remote(
            function, arguments
        )
        for node in (alive_nodes() if nodes is None else nodes)
    }
    deadline = time.monotonic() + seconds
    answers: dict[Node, Answer | NodeFault] = {}
    for node, reference in asked.items():
        try:
            answers[node] = ray.get(reference, timeout=max(0.0, deadline - time.monotonic()))
        except GetTimeoutError:
            ray.cancel(reference, force=True)
            answers[node] = NodeFault(f"no answer within {seconds:g} s", is_late=True)
        except RayTaskError as error:
            answers[node] = NodeFault(f"{type(error.cause).__name__}: {_first_line(error.cause)}")
        except RayError as error:
            answers[node] = NodeFault(_first_line(error))
    return answers


def _call(function: Callable[..., Answer], arguments: tuple[object, ...]) -> Answer:
    return function(*arguments)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
