"""Asking every node of the connected Ray the same, at the same time: in a fresh or idle worker that takes no CPU."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cluster.nodes.control_service import known_nodes

Answer = TypeVar("Answer")
_CONNECT_SECONDS = 2.0
_LONGEST = 300
_GUESSES = ". Some common causes include"


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


def alive_nodes(*, patience: float | None = None) -> list[Node]:
    """Return the nodes of the connected Ray that are alive, by name. Raises what `known_nodes` does."""
    known = known_nodes(patience=patience)
    nodes = (Node(node.id, node.host, node.address, node.cpus, node.gpus) for node in known if node.is_alive)
    return sorted(nodes, key=lambda node: (node.name, node.address, node.id))


def is_gone(node: str) -> bool:
    """Whether the node of this id is dead, by what Ray knows of it, or its raylet does not answer within 2 s."""
    known = next((one for one in known_nodes() if one.id == node), None)
    if known is None or not known.is_alive:
        return True
    # Ray itself takes some seconds to find out.
    try:
        socket.create_connection((known.address, known.port), timeout=_CONNECT_SECONDS).close()
    except OSError:
        return True
    return False


class Asking(Generic[Answer]):
    """``function(*arguments)`` under way on each of ``nodes``, at the same time; imported there by its name.

    Attributes:
        nodes: Those that have not answered yet.
    """

    def __init__(self, function: Callable[..., Answer], *arguments: object, nodes: Iterable[Node]) -> None:
        asking: Any = ray.remote(num_cpus=0, max_retries=0)(_call)
        self.nodes: dict[Node, ray.ObjectRef[Answer]] = {
            node: asking.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)).remote(
                function, arguments
            )
            for node in nodes
        }

    def answers(self, *, seconds: float = 0.0) -> dict[Node, Answer | NodeFault]:
        """Return what has come since the last call, after ``seconds`` at most, or when all have answered."""
        if not self.nodes:
            return {}
        ready, _ = ray.wait([*self.nodes.values()], num_returns=len(self.nodes), timeout=seconds)
        return {node: _taken(self.nodes.pop(node)) for node, asked in [*self.nodes.items()] if asked in ready}

    def give_up(self) -> list[Node]:
        """Ask no more; return the nodes that have not answered."""
        silent = [*self.nodes]
        for asked in self.nodes.values():
            ray.cancel(asked, force=True)
        self.nodes = {}
        return silent


def on_each_node(
    function: Callable[..., Answer], *arguments: object, seconds: float, nodes: list[Node] | None = None
) -> dict[Node, Answer | NodeFault]:
    """Return what ``function(*arguments)`` says on each of ``nodes``, by default all that are alive.

    Nodes are asked at the same time and have ``seconds`` together; what has not answered by then, or raised, is a
    NodeFault. ``function`` is imported there by its name, so what its module imports is waited for.
    """
    asked = alive_nodes() if nodes is None else nodes
    asking = Asking(function, *arguments, nodes=asked)
    answers = asking.answers(seconds=seconds)
    silent = dict.fromkeys(asking.give_up(), NodeFault(f"no answer within {seconds:g} s", is_late=True))
    return {node: silent.get(node) or answers[node] for node in asked}


def _taken(asked: Any) -> Any:
    """Return a node's answer, or why there is none."""
    try:
        return ray.get(asked)
    except RayTaskError as error:
        return NodeFault(f"{type(error.cause).__name__}: {_first_line(error.cause)}")
    except RayError as error:
        return NodeFault(said_last(error))


def _call(function: Callable[..., Answer], arguments: tuple[object, ...]) -> Answer:
    return function(*arguments)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def said_last(error: Exception) -> str:
    """Return the line that says most of an error of Ray's: the last, but for one that a worker never ran."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("The actor never ran")]
    return (said or lines or [type(error).__name__])[-1].partition(_GUESSES)[0][:_LONGEST]
