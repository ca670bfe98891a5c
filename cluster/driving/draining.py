"""Which nodes are told to end, as a spot node is two minutes before: by a private name of Ray's, which has no other."""

from typing import Any

import ray
from ray import _raylet
from ray._private import worker

from cluster.errors import ClusterError

_asked: Any = worker.global_worker
if not hasattr(getattr(_raylet, "InnerGcsClient", None), "get_draining_nodes"):
    raise ClusterError(f"Galaxy Tuner was made for Ray 2.60, but this is {ray.__version__}: no get_draining_nodes")


def draining_nodes() -> set[str]:
    """Return the ids of the nodes of the connected Ray that drain."""
    return {*_asked.gcs_client.get_draining_nodes()}
