"""What the nodes' examination before a search makes of its faults: a line, a node left out, or an end."""

from collections.abc import Mapping

import pytest

from cluster import Check
from cluster.driving.needs import Needs
from cluster.driving.places import Places
from cluster.jobs import preflight
from cluster.nodes.asking import Node

HEAD, WORKER, OTHER = (Node(name, name, f"10.0.0.{last}", 1, 0) for last, name in enumerate(("head", "w1", "w2")))
BARE, SKEWED = Node("bare", "bare", "10.0.0.8", 0, 0), Node("skewed", "skewed", "10.0.0.9", 1, 0)
FEW = "1,024 a process, expected 4,096 at least"


class Left(Places):
    """Places that only note who was left out."""

    def __init__(self) -> None:
        self.hypermodel = "m:build"
        self.needs = Needs(1, 0.0)
        self.left: dict[str, str] = {}

    def is_leaving(self, node: str | None) -> bool:
        return node == "skewed"

    def leave_out(self, nodes: Mapping[Node, str]) -> None:
        self.left = {node.name: reason for node, reason in nodes.items()}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let three nodes have faults of every kind; return what was asked."""
    asked: list[object] = []
    checks = {
        HEAD: [Check("head", "memory", True, "9 GB"), Check("head", "open files", False, FEW, "`ulimit`")],
        WORKER: [
            Check("w1", "open files", False, FEW, "`ulimit`"),
            Check("w1", "storage", False, "write: no room", "mount it", is_grave=True),
            Check("w1", "dataset", False, "nothing", "have it", is_grave=True),
        ],
        # Of these it is told elsewhere.
        OTHER: [Check("w2", "answer", False, "no answer within 8 s", "wait", is_grave=True)],
        # These take no trials: what a trial would lack there is of no matter, who may run code is.
        BARE: [Check("bare", "memory", False, "none", "end"), Check("bare", "token", False, "without it", "stop Ray")],
        SKEWED: [
            Check("skewed", "code", False, "another trainer", "mend", is_grave=True),
            Check("skewed", "open files", False, FEW, "`ulimit`"),
            Check("skewed", "dataset", False, "nothing", "have it", is_grave=True),
        ],
    }

    def examine(request: object, hypermodel: str | None) -> object:
        asked.append((request, hypermodel))
        return checks

    monkeypatch.setattr(preflight, "examine_nodes", examine)
    monkeypatch.setattr(preflight, "alive_nodes", lambda: [*checks])
    return asked


def test_who_cannot_reach_storage_or_data_is_left_out_and_all_else_is_a_line(
    asked: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    places = Left()
    preflight.preflight(places, storage="s3://b/runs", dataset="/d")
    assert places.left == {"w1": "storage: write: no room; dataset: nothing"}
    assert [record.getMessage() for record in caplog.records] == [
        f"Node head, w1: open files: {FEW}: `ulimit`.",
        "Node bare: token: without it: stop Ray.",
    ]
    [(request, hypermodel)] = asked  # type: ignore[misc]
    assert (request.storage, request.dataset, hypermodel) == ("s3://b/runs", "/d", "m:build")


def test_a_single_node_is_not_examined(asked: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "alive_nodes", lambda: [HEAD])
    preflight.preflight(Left(), storage="runs", dataset="/d")
    assert asked == []
