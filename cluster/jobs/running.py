"""What runs a search's trials, wherever the user wants them, and the driver's place meanwhile."""

import contextlib
from collections.abc import Iterator
from typing import Protocol

from cluster.driving.connection import connected
from cluster.driving.in_process import run_in_process
from cluster.driving.places import Places
from cluster.driving.ray_runner import run_on_ray
from cluster.jobs.interim import InterimBundles
from cluster.jobs.preflight import preflight
from cluster.jobs.time_limit import late_seconds
from cluster.jobs.where import Where
from cluster.workers.by_value import packed
from datasets import Dataset, patient
from search import (
    Conductor,
    Ledger,
    Place,
    SearchLayout,
    SearchSettings,
    TimeBudget,
    check_staying,
    driver_heartbeat,
)


class Run(Protocol):
    """Runs the trials of a conductor; ``with_bundles`` writes bundles of the best meanwhile."""

    def __call__(self, conductor: Conductor, layout: SearchLayout, *, with_bundles: bool) -> None:
        """Run them to the end of the search."""


@contextlib.contextmanager
def driving(layout: SearchLayout) -> Iterator[Place]:
    """Be the search's driver, the only one, while the block runs, and wait for a storage that is away.

    A request to stop that was there before is forgotten.

    Raises LedgerError if another one is, or the search is being deleted or renamed.
    """
    earlier = Ledger(layout).stop_request()
    with driver_heartbeat(layout.root) as place, patient(root=layout.root.uri, check=place.check):
        check_staying(layout)
        Ledger(layout, place).forget_stop(earlier)
        yield place


def sent_of(hypermodel: object | None, address: str) -> bytes | None:
    """Return what workers are sent of a HyperModel given: as it is before any build, which may put models into it."""
    return None if address == "in-process" else packed(hypermodel)


@contextlib.contextmanager
def running(
    where: Where, settings: SearchSettings, sent: bytes | None, dataset: Dataset, budget: TimeBudget
) -> Iterator[Run]:
    """Give what runs a conductor's trials on ``dataset``; Ray is connected while the block runs.

    Its end is not waited for any longer than ``budget`` has time. ``sent`` is what workers are sent: see `sent_of`.

    Raises ClusterError if there is no Ray, or it has not what a trial needs, or what the nodes' examination says.
    """
    late, hypermodel = late_seconds(where.address), where.hypermodel

    def bundles_of(conductor: Conductor, layout: SearchLayout) -> InterimBundles:
        return InterimBundles(layout, conductor, dataset, hypermodel, spent=budget.spent)

    if where.address == "in-process":

        def run_here(conductor: Conductor, layout: SearchLayout, *, with_bundles: bool) -> None:
            after_epoch = bundles_of(conductor, layout).look if with_bundles else None
            run_in_process(conductor, layout, hypermodel=hypermodel, late_seconds=late, after_epoch=after_epoch)

        yield run_here
        return
    layout = SearchLayout.of(where.storage, settings.name)
    resuming = settings.resuming(layout, address=where.address, is_fit=budget.is_part)
    with connected(where.address, settings, ending=None if budget.limit is None else budget.left):
        places = Places(settings, is_own=where.address == "local", command=resuming, sent=sent)
        places.check()
        if where.preflight and where.address != "local":
            preflight(places, storage=where.storage, dataset=dataset.info.path)

        def run(conductor: Conductor, layout: SearchLayout, *, with_bundles: bool) -> None:
            with bundles_of(conductor, layout).kept() if with_bundles else contextlib.nullcontext():
                run_on_ray(conductor, layout, address=where.address, places=places, hypermodel=sent, late_seconds=late)

        yield run
