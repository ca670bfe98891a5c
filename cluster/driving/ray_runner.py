"""Running a search's trials on Ray, on this machine or on a cluster that is up."""

import logging
import tempfile

import ray
from ray import tune
from ray.tune.experiment import Trial

from cluster.driving.health import HealthCheck, run_while_healthy
from cluster.driving.interrupting import Terminated
from cluster.driving.ray_internals import patch_tune
from cluster.driving.scheduling import make_scheduler
from cluster.driving.scratch import scratch_folder
from cluster.driving.searcher import ConductorSearcher, TrialCallback
from cluster.errors import ClusterError
from cluster.workers.trainable import TrialActor
from search import Conductor, SearchLayout, SearchSettings


def run_on_ray(
    conductor: Conductor, layout: SearchLayout, *, address: str, concurrency: int, hypermodel: bytes | None = None
) -> None:
    """Run every trial that ``conductor`` suggests; return when it has no more and all have ended.

    Ray must be connected, at ``address``; ``hypermodel`` is what `cluster.workers.by_value.packed` gave. Raises
    RayGoneError if Ray goes away, NoMemoryError if other programs hold the memory.
    """
    settings = conductor.specification.settings
    health = HealthCheck.of(address, settings.resuming())
    searcher = ConductorSearcher(conductor, layout, is_ray_gone=health.is_raylet_gone)
    # A trial that fails is in the ledger with its reason: no tracebacks between the lines of the progress.
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    patch_tune()
    try:
        # Tune's own folder is scratch: what lasts is in the ledger.
        place = scratch_folder() if address == "local" else None
        with tempfile.TemporaryDirectory(prefix="galaxy-tuner-", dir=place, ignore_cleanup_errors=True) as scratch:
            tuner = _tuner(conductor, searcher, concurrency, scratch, hypermodel)
            run_while_healthy(health, tuner.fit, check=searcher.check)
            searcher.close()
    except BaseException as error:
        searcher.abandon(wait=not isinstance(error, Terminated))
        raise


def _tuner(
    conductor: Conductor, searcher: ConductorSearcher, concurrency: int, scratch: str, hypermodel: bytes | None
) -> tune.Tuner:
    specification = conductor.specification
    settings = specification.settings
    # Once into the object store, from where each worker has it.
    trainable = TrialActor if hypermodel is None else tune.with_parameters(TrialActor, hypermodel=hypermodel)
    return tune.Tuner(
        tune.with_resources(trainable, {"cpu": settings.cpus_per_trial, "gpu": settings.gpus_per_trial}),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=make_scheduler(specification, conductor.records()),
            num_samples=-1,
            max_concurrent_trials=concurrency,
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
            stop=lambda _, result: searcher.should_stop(result),
            callbacks=[TrialCallback(searcher)],
            progress_reporter=_Silent(),
            verbose=0,
        ),
    )


class _Silent(tune.ProgressReporter):
    """Reports nothing: in a notebook Tune's own would clear all that the cell shows, however little it is to say."""

    def should_report(self, trials: list[Trial], done: bool = False) -> bool:
        """Never."""
        return False

    def report(self, trials: list[Trial], done: bool, *sys_info: str) -> None:
        """Nothing."""


def most_at_once(settings: SearchSettings) -> int:
    """Return how many trials the connected Ray has CPUs and GPUs for. Raises ClusterError if it has for none."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    trials = sum(int(node.get("CPU", 0) // settings.cpus_per_trial) for node in nodes)
    if settings.gpus_per_trial > 0:
        trials = min(trials, sum(int(node.get("GPU", 0) / settings.gpus_per_trial) for node in nodes))
    if trials == 0:
        most = max(
            (f"{node.get('CPU', 0):g} CPUs and {node.get('GPU', 0):g} GPUs" for node in nodes), default="nothing"
        )
        raise ClusterError(
            f"a trial needs {settings.cpus_per_trial} CPUs and {settings.gpus_per_trial:g} GPUs on one node, "
            f"but the largest node has {most}: lower --cpus-per-trial or --gpus-per-trial"
        )
    return trials
