"""Running a search's trials on Ray, on this machine or on a cluster that is up."""

import contextlib
import logging
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import ray
from ray import tune
from ray._private.authentication.authentication_token_setup import maybe_enable_token_auth_if_token_available

from cluster.errors import ClusterError, RayGoneError
from cluster.lifeline import Lifeline, while_it_holds
from cluster.scheduling import make_scheduler, replayed
from cluster.searcher import ConductorSearcher, Events
from cluster.trainable import TrialActor
from cluster.tune_actors import mend_actors
from search import Conductor, SearchLayout, SearchSettings

# Trials exchange a few numbers each epoch: the object store, a third of the memory by default, stays small.
_OBJECT_STORE_BYTES = 200 * 2**20
_KNOCK_SECONDS = 10.0
_GOODBYE_SECONDS = 20.0
_TUNE_ENVIRONMENT = {
    # The command line decides what Ctrl-C does.
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # Records are ours: no CSV, JSON and TensorBoard files beside them.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@contextlib.contextmanager
def connected(address: str, settings: SearchSettings) -> Iterator[None]:
    """Connect to Ray at ``address`` ('local': one of our own, ended with the block). Raises ClusterError, one line."""
    os.environ.update(_TUNE_ENVIRONMENT)
    local = address == "local"
    if not local:
        _check_reachable(address)
        # Ray does this for 'auto' alone, while `ray start` uses a token wherever the user has one.
        maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    wanted = (settings.concurrency or 1) * settings.cpus_per_trial
    try:
        ray.init(
            address=address,
            num_cpus=max(os.cpu_count() or 1, wanted) if local else None,
            object_store_memory=_OBJECT_STORE_BYTES if local else None,
            include_dashboard=False if local else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {"PYTHONPATH": _python_path(), "TF_CPP_MIN_LOG_LEVEL": "2"}},
        )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ClusterError(f"--address {address}: no Ray could be reached there: {first}") from error
    patience = None
    try:
        yield
    except RayGoneError:
        # What does not answer would be waited for.
        patience = _GOODBYE_SECONDS
        raise
    finally:
        goodbye = threading.Thread(target=ray.shutdown, name="goodbye", daemon=True)
        goodbye.start()
        goodbye.join(patience)


def run_on_ray(conductor: Conductor, layout: SearchLayout, *, address: str) -> None:
    """Run every trial that ``conductor`` suggests; return when it has no more and all have ended.

    Ray must be connected, at ``address``. Raises ClusterError if no node has what one trial needs, RayGoneError if Ray
    goes away.
    """
    settings = conductor.specification.settings
    concurrency = settings.concurrency or _places(settings)
    lifeline = Lifeline.of(address, f"`galaxy resume {settings.name}`")
    searcher = ConductorSearcher(conductor, layout, cpus_per_trial=settings.cpus_per_trial, is_cut=lifeline.is_cut)
    scratch = tempfile.mkdtemp(prefix="galaxy-tuner-")
    # A trial that fails is in the ledger with its reason: no tracebacks between the lines of the progress.
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    mend_actors()
    try:
        while_it_holds(lifeline, lambda: _tuner(conductor, searcher, concurrency, scratch).fit())
        searcher.close()
    except BaseException:
        searcher.abandon()
        raise
    finally:
        # Tune's own folder is scratch: what lasts is in the ledger.
        shutil.rmtree(scratch, ignore_errors=True)


def _tuner(conductor: Conductor, searcher: ConductorSearcher, concurrency: int, scratch: str) -> tune.Tuner:
    specification = conductor.specification
    settings = specification.settings
    return tune.Tuner(
        tune.with_resources(TrialActor, {"cpu": settings.cpus_per_trial, "gpu": settings.gpus_per_trial}),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=replayed(make_scheduler(specification), specification, conductor.records()),
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
            failure_config=tune.FailureConfig(max_failures=settings.max_failures),
            callbacks=[Events(searcher)],
            verbose=0,
        ),
    )


def _places(settings: SearchSettings) -> int:
    """Return how many trials the cluster carries at a time. Raises ClusterError if it carries none."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    places = sum(int(node.get("CPU", 0) // settings.cpus_per_trial) for node in nodes)
    if settings.gpus_per_trial > 0:
        places = min(places, sum(int(node.get("GPU", 0) / settings.gpus_per_trial) for node in nodes))
    if places == 0:
        most = max(
            (f"{node.get('CPU', 0):g} CPUs and {node.get('GPU', 0):g} GPUs" for node in nodes), default="nothing"
        )
        raise ClusterError(
            f"a trial needs {settings.cpus_per_trial} CPUs and {settings.gpus_per_trial:g} GPUs on one node, "
            f"but the largest node has {most}: lower --cpus-per-trial or --gpus-per-trial"
        )
    return places


def _check_reachable(address: str) -> None:
    """Knock at a HOST:PORT: Ray itself goes on trying for minutes where nothing answers."""
    if address.startswith("ray://"):
        # Through it Ray Tune moves itself to the cluster, without the oracle and the ledger.
        raise ClusterError(
            f"--address {address}: a search cannot run through Ray Client: start it on a node of that Ray "
            "with --address auto, or give the HOST:PORT that `ray start --head` printed"
        )
    host, colon, port = address.rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"--address {address}: expected a running Ray there, found none ({error}): "
            "start one with `ray start --head` or `ray up`, or leave --address out to search on this machine"
        ) from error


def _python_path() -> str:
    """Put the directory of the launch on the workers' path: a user's own HyperModel lives there."""
    return os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH", "")]))
