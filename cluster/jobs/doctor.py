"""What is missing or misconfigured: on this machine, or on every node of a Ray."""

import ray

from cluster.driving.connection import connected
from cluster.driving.log_file import log_file
from cluster.nodes.asking import NodeFault, on_each_node
from cluster.nodes.checks import Check
from cluster.nodes.code import check_there
from cluster.nodes.examining import examine_nodes, labels
from cluster.nodes.this_machine import examine_here, requested
from search import SearchSettings

_HERE = (None, "local", "in-process")
# TensorFlow is imported on each node.
_DEEP_SECONDS = 300.0


def examine(
    address: str | None = None,
    *,
    storage: str | None = None,
    dataset: str | None = None,
    hypermodel: str | None = None,
    deep: bool = False,
) -> tuple[Check, ...]:
    """Check every node of the Ray at ``address``, or without one this machine, within about 10 s.

    ``storage`` and ``dataset``, paths or URIs, are looked at from each node where they are given, and the files of
    ``hypermodel`` are compared. ``deep`` has TensorFlow on each node say which devices it sees, and train a step: that
    takes up to minutes.

    Raises ClusterError, one line, if there is no Ray, SpaceError if the module of ``hypermodel`` is not here.
    """
    if hypermodel is not None:
        check_there(hypermodel, option="--hypermodel")
    request = requested(storage, dataset)
    if address in _HERE:
        checks = examine_here(request)
        host = checks[0].node
        return (*checks, _log_file(host), *([_devices(host, _tried())] if deep else []))
    with connected(address or "auto", SearchSettings(name="doctor")):
        by_node = examine_nodes(request, hypermodel)
        names, here = labels([*by_node]), ray.get_runtime_context().get_node_id()
        checks = [check for made in by_node.values() for check in made]
        checks += [_log_file(name) for node, name in names.items() if node.id == here]
        if deep:
            nodes = [node for node, made in by_node.items() if made[0].check == "code"]
            answers = on_each_node(_tried, seconds=_DEEP_SECONDS, nodes=nodes)
            checks += [_devices(names[node], answer) for node, answer in answers.items()]
    return (*checks,)


def _log_file(node: str) -> Check:
    """Say where what Ray says of itself goes, on the node of the command."""
    return Check(node, "log of Ray", True, str(log_file()))


def _tried() -> tuple[str, bool]:
    """Return what TensorFlow says of this node, and whether it can train. A node is asked for all else without it."""
    from trainer import try_devices

    devices = try_devices()
    return str(devices), devices.fault is None


def _devices(node: str, answer: tuple[str, bool] | NodeFault) -> Check:
    said, ok = (answer.reason, False) if isinstance(answer, NodeFault) else answer
    return Check(
        node, "TensorFlow", ok, said, None if ok else "mend the GPUs' driver, or the .venv: `make setup` there"
    )
