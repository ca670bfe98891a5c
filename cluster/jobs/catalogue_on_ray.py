"""The partitions of a catalogue given to workers on a Ray."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from cluster.driving.connection import connected
from cluster.driving.data_pool import other_nodes, work_through
from cluster.driving.health import DATA_END_SECONDS, HealthCheck, run_while_healthy
from cluster.driving.needs import Needs
from cluster.errors import ClusterError
from cluster.nodes.asking import alive_nodes
from cluster.nodes.code import code_identity
from cluster.workers.partition import Answering, Done
from search import SearchSettings

_log = logging.getLogger(__name__)
Take = Callable[[Done], None]
Work = Callable[[Sequence[int], Take], None]


class Run(Protocol):
    """Partitions that are to be done."""

    def work_with(self, work: Work) -> None:
        """Have them done."""


class Resources(Protocol):
    """What a worker is given, as `cluster.jobs.catalogue_plan.CatalogueSettings` has it."""

    @property
    def workers(self) -> int | None: ...  # noqa: D102
    @property
    def cpus_per_worker(self) -> int: ...  # noqa: D102
    @property
    def gpus_per_worker(self) -> float: ...  # noqa: D102


def work_on_ray(run: Run, answering: Answering, resources: Resources, address: str, *, command: str) -> None:
    """Have a run's partitions done by workers on the Ray at ``address``. Raises ClusterError, and what the run does."""
    settings = SearchSettings(
        name="catalogue",
        concurrency=resources.workers,
        cpus_per_trial=resources.cpus_per_worker,
        gpus_per_trial=resources.gpus_per_worker,
    )
    with connected(address, settings):
        needs, nodes = Needs.of(settings), alive_nodes()
        unfit = {} if address == "local" else other_nodes(answering.references)
        for node, reason in unfit.items():
            _log.warning("Node %s is left out: %s.", node, reason)
        if not any(needs.trials(node) for node in nodes if node not in unfit):
            raise ClusterError(f"no node has what a worker needs, {needs}: lower --cpus-per-worker, --gpus-per-worker")
        told = dataclasses.replace(answering, code=code_identity(answering.references))

        def work(numbers: Sequence[int], take: Take) -> None:
            work_through(numbers, told, needs, most=resources.workers, unfit=[*unfit], done=take)

        health = HealthCheck.of(address, command)
        run_while_healthy(health, lambda: run.work_with(work), end_seconds=DATA_END_SECONDS)
