"""Searches on machines: launching trials on Ray (or in this process) and training the winners."""

from typing import TYPE_CHECKING

from datasets.exports import lazily

if TYPE_CHECKING:
    from cluster.errors import ClusterError as ClusterError, RayGoneError as RayGoneError
    from cluster.launch import resume_search as resume_search, run_search as run_search, stop_search as stop_search
    from cluster.training import train_winners as train_winners

_HOMES = {
    "ClusterError": "cluster.errors",
    "RayGoneError": "cluster.errors",
    "resume_search": "cluster.launch",
    "run_search": "cluster.launch",
    "stop_search": "cluster.launch",
    "train_winners": "cluster.training",
}
__all__ = sorted(_HOMES)
__getattr__ = lazily(__name__, _HOMES)
