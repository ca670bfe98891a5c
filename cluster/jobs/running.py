"""What runs a search's trials, wherever the user wants them, and the driver's place meanwhile."""

import contextlib
from collections.abc import Callable, Iterator

from cluster.driving.connection import connected
from cluster.driving.in_process import run_in_process
from cluster.driving.places import Places
from cluster.driving.ray_runner import run_on_ray
from cluster.jobs.interim import InterimBundles
from cluster.jobs.time_limit import late_seconds
from cluster.workers.by_value import packed
from datasets import patient
from search import Conductor, Ledger, Place, SearchLayout, SearchSettings, TimeBudget, driver_heartbeat

Run = Callable[[Conductor, SearchLayout, InterimBundles | None], None]
"""Runs the trials of a conductor, and writes bundles of the best meanwhile, if any are wanted."""


@contextlib.contextmanager
def driving(layout: SearchLayout) -> Iterator[Place]:
    """Be the search's driver, the only one, while the block runs, and wait for a storage that is away.

    Raises LedgerError if another one is.
    """
    with driver_heartbeat(layout.root) as place, patient(root=layout.root.uri, check=place.check):
        Ledger(layout, place).forget_stop()
        yield place


def sent_of(hypermodel: object | None, address: str) -> bytes | None:
    """Return what workers are sent of a HyperModel given: as it is before any build, which may put models into it."""
    return None if address == "in-process" else packed(hypermodel)


@contextlib.contextmanager
def running(
    address: str,
    settings: SearchSettings,
    hypermodel: object | None,
    sent: bytes | None,
    examine: Callable[[Places], None] | None,
    budget: TimeBudget,
) -> Iterator[Run]:
    """Give what runs a conductor's trials at ``address``; Ray is connected while the block runs.

    Its end is not waited for any longer than ``budget`` has time.

    Raises ClusterError if there is no Ray, or it has not what a trial needs, or what ``examine`` says of its nodes.
    """
    late = late_seconds(address)
    if address == "in-process":
        yield lambda conductor, layout, bundles: run_in_process(
            conductor,
            layout,
            hypermodel=hypermodel,
            late_seconds=late,
            after_epoch=None if bundles is None else bundles.look,
        )
        return
    with connected(address, settings, ending=None if budget.limit is None else budget.left):
        places = Places(settings, is_own=address == "local", command=settings.resuming(), sent=sent)
        places.check()
        if examine is not None and address != "local":
            examine(places)

        def run(conductor: Conductor, layout: SearchLayout, bundles: InterimBundles | None) -> None:
            with contextlib.nullcontext() if bundles is None else bundles.kept():
                run_on_ray(conductor, layout, address=address, places=places, hypermodel=sent, late_seconds=late)

        yield run
