"""Running a search's trials on Ray, on this machine or on a cluster that is up."""

import logging
import tempfile
from functools import partial

from ray import tune
from ray.tune import PlacementGroupFactory
from ray.tune.experiment import Trial

from cluster.driving.callback import TrialCallback
from cluster.driving.health import HealthCheck, run_while_healthy
from cluster.driving.interrupting import Terminated
from cluster.driving.places import Places
from cluster.driving.ray_internals import patch_tune
from cluster.driving.scheduling import make_scheduler
from cluster.driving.scratch import scratch_folder
from cluster.driving.searcher import ConductorSearcher
from cluster.driving.slots import Slots
from cluster.errors import OutOfTimeError
from cluster.nodes.ray_here import temporary_here
from cluster.workers.trainable import TrialActor
from datasets import stop_waiting
from search import Conductor, SearchLayout

# As a multiple of what trials may be late: with less time left for anything no storage is waited for.
_LAST = 3.0


def run_on_ray(
    conductor: Conductor,
    layout: SearchLayout,
    *,
    address: str,
    places: Places,
    hypermodel: bytes | None = None,
    late_seconds: float = 0.0,
) -> None:
    """Run every trial that ``conductor`` suggests in ``places``; return when it has no more and all have ended.

    Trials that have not ended ``late_seconds`` after the end of the conductor's time are given up.

    Ray must be connected, at ``address``; ``hypermodel`` is what `cluster.workers.by_value.packed` gave. Raises
    RayGoneError if Ray goes away, NoMemoryError if other programs hold the memory, NoNodeError if no node takes trials.
    """
    health = HealthCheck.of(address, places.command)
    searcher = ConductorSearcher(
        conductor,
        layout,
        is_ray_gone=health.is_raylet_gone,
        places=places,
        late_seconds=late_seconds,
        resuming=places.command,
    )
    # A trial that fails is in the ledger with its reason: no tracebacks between the lines of the progress.
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    slots = Slots(places)
    patch_tune(slots, is_leaving=places.is_leaving, on_failure=searcher.note_failure)
    try:
        # Tune's own folder is scratch: what lasts is in the ledger.
        place = scratch_folder() if address == "local" else temporary_here()
        with (
            tempfile.TemporaryDirectory(prefix="galaxy-tuner-", dir=place, ignore_cleanup_errors=True) as scratch,
            places.watched(),
        ):
            tuner = _tuner(conductor, searcher, places, scratch, hypermodel)
            leave = partial(searcher.abandon, wait=False)
            run_while_healthy(health, tuner.fit, check=searcher.check, leave=leave)
            searcher.close()
    except OutOfTimeError:  # workers that are lost, or wait for a storage: what the ledger has of their trials stands
        if conductor.budget.whole.left() <= _LAST * late_seconds:
            stop_waiting()
        searcher.abandon(wait=False)
        slots.close()
    except BaseException as error:
        stop_waiting()
        searcher.abandon(wait=not isinstance(error, Terminated))
        raise


def _tuner(
    conductor: Conductor,
    searcher: ConductorSearcher,
    places: Places,
    scratch: str,
    hypermodel: bytes | None,
) -> tune.Tuner:
    specification = conductor.specification
    settings = specification.settings
    return tune.Tuner(
        tune.with_resources(trainable(hypermodel, places), PlacementGroupFactory([places.needs.resources(gpu=True)])),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=make_scheduler(specification, conductor.records()),
            num_samples=-1,
            reuse_actors=True,
            trial_name_creator=lambda trial: str(trial.config["trial"]),
            trial_dirname_creator=lambda trial: str(trial.config["trial"]),
        ),
        run_config=tune.RunConfig(
            name=settings.name,
            storage_path=scratch,
            # The trainer writes its own checkpoints, under the oracle's trial ids.
            checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
            # The searcher gives a trial out again whose worker was lost.
            failure_config=tune.FailureConfig(max_failures=0),
            stop=searcher.should_stop,
            callbacks=[TrialCallback(searcher)],
            progress_reporter=_Silent(),
            verbose=0,
        ),
    )


def trainable(hypermodel: bytes | None, places: Places) -> type[TrialActor]:
    """Return the actor of a search, whose workers compare their code with the driver's in ``places``.

    That travels with the class, by value. In the object store it would end drivers: where that goes before them, as
    when all processes are told to end, Ray 2.60 looks for what is lost in it, and leaves with 1 and no word (measured).
    """

    class SearchActor(TrialActor):
        code = places.code
        space = places.hypermodel

    if hypermodel is None:
        return SearchActor
    # It may be large: once into the object store, from where each worker has it.
    given: type[TrialActor] = tune.with_parameters(SearchActor, hypermodel=hypermodel)
    return given


class _Silent(tune.ProgressReporter):
    """Reports nothing: in a notebook Tune's own would clear all that the cell shows, however little it is to say."""

    def should_report(self, trials: list[Trial], done: bool = False) -> bool:
        """Never."""
        return False

    def report(self, trials: list[Trial], done: bool, *sys_info: str) -> None:
        """Nothing."""
