"""The nodes of the connected Ray examined: all at the same time, in a bounded one."""

import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import ray

from cluster.nodes.asking import Node, NodeFault, alive_nodes, on_each_node
from cluster.nodes.checks import Check
from cluster.nodes.code import CodeIdentity, code_identity
from cluster.nodes.facts import Facts, Request, gather, is_there
from cluster.nodes.judging import Seen, judge
from cluster.nodes.late import SLOW_SECONDS, Asked
from cluster.nodes.this_machine import swept
from datasets import StorageError

# A worker starts in one to two seconds, and one thing may take four to answer.
NODE_SECONDS = 8.0
_CLOCK_SECONDS = 2.0
_AT_ONCE = 16
_ROOM = "cluster/nodes/"
_SAME_CODE = "bring its checkout and .venv to what is here (`make setup`), and start its Ray again"


def examine_nodes(request: Request, hypermodel: str | None) -> dict[Node, list[Check]]:
    """Examine every node of the connected Ray; one that does not answer in time has one check that says so.

    ``hypermodel`` is a search's ``module:object``, whose files are compared with those here; None where it has none.
    """
    nodes, ours = alive_nodes(), code_identity(hypermodel)
    with swept(request) as sweeping:
        driver: Asked[Facts | str] = Asked(partial(gather, request), str)
        answers = on_each_node(_said_there, request, hypermodel, seconds=NODE_SECONDS, nodes=nodes)
        mine = driver.answer(time.monotonic() + SLOW_SECONDS)
        facts = {node: answer[1] for node, answer in answers.items() if not isinstance(answer, NodeFault)}
        sweeping.wait = isinstance(mine, Facts) and not (mine.storage and mine.storage.is_silent)
        for found in filter(None, (mine if isinstance(mine, Facts) else None, *facts.values())):
            sweeping.learn(found)
        shared = _shared(request, mine, facts)
    offsets, names = _offsets([*facts]), labels(nodes)
    fingerprint = mine.dataset[0] if isinstance(mine, Facts) and isinstance(mine.dataset, tuple) else None
    checks: dict[Node, list[Check]] = {}
    for node, answer in answers.items():
        if isinstance(answer, NodeFault):
            checks[node] = [_silent(names[node], answer)]
            continue
        checks[node] = [_code(names[node], ours, answer[0])]
        if not ours.differs_in(answer[0], _ROOM):  # what another version says of itself may mean something else
            seen = Seen(node.gpus, shared.get(node), *offsets.get(node, (None, 0.0)))
            checks[node] += judge(names[node], answer[1], seen, request, fingerprint=fingerprint)
    return checks


def _said_there(request: Request, hypermodel: str | None) -> tuple[CodeIdentity, Facts]:
    return code_identity(hypermodel), gather(request, ray.get_runtime_context().get_node_id())


def _silent(name: str, fault: NodeFault) -> Check:
    if fault.is_late:
        advice = "it may be busy: ask again; else see `ray status`, and the logs of its raylet"
        return Check(name, "answer", False, fault.reason, advice, is_grave=True)
    # It runs something in which what was asked is not as it is here.
    return Check(name, "code", False, f"it cannot say what it runs: {fault.reason}", _SAME_CODE, is_grave=True)


def _code(name: str, ours: CodeIdentity, theirs: CodeIdentity) -> Check:
    if differences := ours.differences(theirs):
        return Check(name, "code", False, ", ".join(differences), _SAME_CODE, is_grave=True)
    return Check(name, "code", True, "as here")


def labels(nodes: Sequence[Node]) -> dict[Node, str]:
    """Return what to call each node: its host's name, with address or number where several have the same."""
    names, places = Counter(node.name for node in nodes), Counter(str(node) for node in nodes)
    return {
        node: node.name if names[node.name] == 1 else str(node) if places[str(node)] == 1 else f"{node} {node.id[:6]}"
        for node in nodes
    }


def _shared(request: Request, mine: Facts | str, there: dict[Node, Facts]) -> dict[Node, bool]:
    """Return of each node that can use the storage whether it and the driver see what the other has written."""
    if isinstance(mine, str) or mine.storage is None or mine.storage.refused or (probes := request.probed) is None:
        return {}
    asked = [node for node, facts in there.items() if facts.storage is not None and not facts.storage.refused]

    def is_shared(node: Node) -> bool:
        storage = there[node].storage
        with contextlib.suppress(StorageError):
            return storage is not None and storage.has_drivers and is_there(probes, node.id)
        return False

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(asked, pool.map(is_shared, asked), strict=True))


def _offsets(nodes: list[Node]) -> dict[Node, tuple[float, float]]:
    """Return how many seconds each node's clock is ahead of ours, and by how many that may be wrong.

    A node has told its time somewhen between our question and the last answer.
    """
    asked, began = time.time(), time.monotonic()
    answers = on_each_node(time.time, seconds=_CLOCK_SECONDS, nodes=nodes)
    half = (time.monotonic() - began) / 2
    told = {node: answer for node, answer in answers.items() if not isinstance(answer, NodeFault)}
    return {node: (at - asked - half, half) for node, at in told.items()}
