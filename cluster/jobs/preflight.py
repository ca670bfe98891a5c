"""The checks of `galaxy doctor` before a search, a resumption or a training on more than one node."""

import logging
from collections.abc import Sequence

from cluster.driving.places import Places
from cluster.nodes.asking import Node, alive_nodes
from cluster.nodes.checks import Check
from cluster.nodes.examining import examine_nodes
from cluster.nodes.this_machine import requested
from datasets import few

_PLACES = ("storage", "dataset")
_log = logging.getLogger(__name__)


def preflight(places: Places, *, storage: str, dataset: str) -> None:
    """Examine the nodes of the connected Ray; those from which storage or dataset cannot be used get no trials.

    What else is wrong is said, one line a fault; of code, and of nodes that are silent, ``places`` has its own say. Of
    nodes that take no trials only the tokens count. On a single node nothing is examined: whatever is wrong there the
    command meets itself.

    Raises ClusterError, one line, if no node is left.
    """
    if len(alive_nodes()) < 2:
        return
    by_node = examine_nodes(requested(storage, dataset), places.hypermodel)
    faults = [
        check
        for node, checks in by_node.items()
        for check in checks
        if not check.ok and (check.check == "token" or _counts(node, places))
    ]
    for line in _warnings([check for check in faults if not check.is_grave]):
        _log.warning("%s", line)
    unfit = {
        node: "; ".join(f"{check.check}: {check.found}" for check in checks if check.is_grave)
        for node, checks in by_node.items()
        if _counts(node, places) and any(check.check in _PLACES and check.is_grave for check in checks)
    }
    places.leave_out(unfit)


def _counts(node: Node, places: Places) -> bool:
    return places.needs.trials(node) > 0 and not places.is_leaving(node.id)


def _warnings(faults: Sequence[Check]) -> list[str]:
    """Say each fault once, with all the nodes that have it."""
    nodes: dict[tuple[str, str], list[Check]] = {}
    for check in faults:
        nodes.setdefault((check.check, check.advice or ""), []).append(check)
    return [
        f"Node {few([check.node for check in made], most=3)}: {kind}: {made[0].found}: {advice}."
        for (kind, advice), made in nodes.items()
    ]
