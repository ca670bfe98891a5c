"""What Ray's control service is asked survives that service: it may be started again, and who has asked lives on."""

from types import SimpleNamespace

import pytest
from ray._private import worker
from ray.core.generated import gcs_pb2
from ray.exceptions import RpcError

from cluster.errors import RayGoneError
from cluster.nodes import control_service
from cluster.nodes.asking import Node, alive_nodes
from cluster.nodes.control_service import KnownNode, draining_nodes, known_nodes


class ControlService:
    """Two nodes, one of which is dead; the first ``faults`` questions are cut off, as by one that is told to end."""

    def __init__(self, faults: float = 0) -> None:
        self.faults = faults

    def get_all_node_info(self, timeout: float) -> dict[str, object]:
        if self.faults > 0:
            self.faults -= 1
            raise RpcError("RPC error: CANCELLED", rpc_code=1)
        assert timeout > 0
        message = gcs_pb2.GcsNodeInfo  # type: ignore[attr-defined]
        alive = message(
            node_id=b"\x0a", node_manager_hostname="a", node_manager_address="192.0.2.1", state=message.ALIVE
        )
        alive.resources_total["CPU"] = 2.0
        alive.node_manager_port, alive.raylet_socket_name = 7, "/s"
        return {"alive": alive, "dead": message(node_id=b"\x0b", state=message.DEAD)}

    def get_draining_nodes(self, timeout: float) -> dict[str, int]:
        return {"0a": 5}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_service, "_PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(control_service, "_PAUSE_SECONDS", 0.01)


def asked(monkeypatch: pytest.MonkeyPatch, client: ControlService | None) -> None:
    monkeypatch.setattr(worker, "global_worker", SimpleNamespace(**({} if client is None else {"gcs_client": client})))


def test_nodes_are_those_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, ControlService())
    assert known_nodes() == [
        KnownNode("0a", "a", "192.0.2.1", 7, "/s", 2.0, 0.0, True),
        KnownNode("0b", "", "", 0, "", 0.0, 0.0, False),
    ]
    assert alive_nodes() == [Node("0a", "a", "192.0.2.1", 2.0, 0.0)]
    assert draining_nodes() == {"0a"}


def test_one_that_is_started_again_is_waited_for_and_one_that_stays_away_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked(monkeypatch, ControlService(faults=3))
    assert len(known_nodes()) == 2
    asked(monkeypatch, ControlService(faults=float("inf")))
    with pytest.raises(RayGoneError, match=r"has not said for 1 s which nodes there are: the same command goes on"):
        known_nodes()
    with pytest.raises(RayGoneError):
        known_nodes(patience=0.0)


@pytest.mark.parametrize("ask", [known_nodes, draining_nodes])
def test_a_ray_that_is_shut_down_is_no_fault_of_who_looks_at_its_nodes(
    ask: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(monkeypatch, None)
    with pytest.raises(ConnectionError):
        ask()  # type: ignore[operator]
