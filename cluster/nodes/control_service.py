"""What Ray's control service (GCS) says of nodes, by private names: the public ones fail with it.

`ray.nodes` waits for it without an end; and where it is told to end while it answers, Ray ends who has asked, status 1
and no word (ray 2.60: a check that fails in `global_state_accessor.cc`), as where all processes of a command are told
to end: workers go first, and it is asked whether their node was lost. `ray.cluster_resources`, `placement_group_table`
and the like do the same. For nodes that drain there is no public name.
"""

import time
from dataclasses import dataclass
from typing import Any

import ray
from ray import _raylet
from ray._private import worker
from ray.exceptions import RayError

from cluster.errors import ClusterError, RayGoneError

# It may be started again elsewhere: for as long as `cluster.driving.health` waits.
_PATIENCE_SECONDS = 30.0
# Of one question: no signal is heeded meanwhile.
_ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 0.5
for _name in ("get_all_node_info", "get_draining_nodes"):
    if not hasattr(getattr(_raylet, "InnerGcsClient", None), _name):
        raise ClusterError(f"Galaxy Tuner was made for Ray 2.60, but this is {ray.__version__}: no {_name}")


@dataclass(frozen=True)
class KnownNode:
    """A node as Ray knows it, which takes some seconds to find out that one has died.

    Attributes:
        id: Ray's, unique for ever.
        host: Its host's name, which several nodes may share.
        address: Its IP address.
        port: Where its raylet answers.
        socket: Where its raylet answers on the node itself.
        cpus: How many CPUs Ray was told that it has, in Ray's fractions.
        gpus: The same of GPUs.
        is_alive: Whether it is.
    """

    id: str
    host: str
    address: str
    port: int
    socket: str
    cpus: float
    gpus: float
    is_alive: bool

    @classmethod
    def of(cls, info: Any) -> "KnownNode":
        """Return the node of Ray's own message."""
        return cls(
            id=info.node_id.hex(),
            host=info.node_manager_hostname,
            address=info.node_manager_address,
            port=info.node_manager_port,
            socket=info.raylet_socket_name,
            cpus=info.resources_total.get("CPU", 0.0),
            gpus=info.resources_total.get("GPU", 0.0),
            is_alive=info.state == info.ALIVE,
        )


def known_nodes(*, patience: float | None = None) -> list[KnownNode]:
    """Return all nodes that the connected Ray knows, also those that are dead.

    Raises RayGoneError where nobody has answered within ``patience`` seconds, by default 30, ConnectionError where Ray
    is not connected.
    """
    seconds = _PATIENCE_SECONDS if patience is None else patience
    until = time.monotonic() + seconds
    while True:
        try:
            infos = _client().get_all_node_info(timeout=_ANSWER_SECONDS)
        except RayError as error:
            if time.monotonic() > until:
                raise RayGoneError(
                    f"Ray's control service has not said for {seconds:g} s which nodes there are: "
                    "the same command goes on when it is back"
                ) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return [KnownNode.of(info) for info in infos.values()]


def draining_nodes() -> set[str]:
    """Return the ids of the nodes of the connected Ray that drain, as a spot node does two minutes before its end.

    Raises RayError where nobody answers, ConnectionError where Ray is not connected.
    """
    return {*_client().get_draining_nodes(timeout=_ANSWER_SECONDS)}


def _client() -> Any:
    client = getattr(worker.global_worker, "gcs_client", None)
    if client is None:
        raise ConnectionError("Ray is not connected")
    return client
