"""Connecting to Ray: one of our own, or one that is up at an address."""

import contextlib
import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ray
from ray import cloudpickle
from ray.exceptions import RayError

from cluster.driving.interrupting import Terminated, handlers_kept
from cluster.driving.lean import without_dashboard
from cluster.driving.log_file import noise_logged
from cluster.driving.scratch import scratch_folder, started_in
from cluster.errors import ClusterError, RayGoneError
from cluster.nodes.authentication import check_guarded
from cluster.nodes.ray_here import address_here
from cluster.token import ensure_token, has_token, token_file
from cluster.workers import python_path
from datasets import usable_cpus
from search import SearchSettings

# Trials exchange a few numbers each epoch: the object store, a third of the memory by default, stays small.
_OBJECT_STORE_BYTES = 200 * 2**20
_CONNECT_SECONDS = 10.0
# A control service that is gone is noticed after 30 s and some, and after 60 Ray ends its driver without a word.
_SHUTDOWN_SECONDS = 10.0
# Where a time limit says how long Ray's end may take: what is kept of that for what is shown, and the least.
_LAST_SECONDS, _LEAST_SHUTDOWN_SECONDS = 2.0, 0.25
# How often the handlers of signals are put back that Ray takes away as it ends: SIGTERM then ends without a word.
_HANDLERS_SECONDS = 0.1
_ENVIRONMENT = {
    # The command line decides what Ctrl-C does.
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # Records are ours: no CSV, JSON and TensorBoard files beside them.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # The searcher says how many there may be; with more than one they start side by side.
    "TUNE_MAX_PENDING_TRIALS_PG": "1000000",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Every ten seconds it would ask for resources, for what it does not say: see `cluster.nodes.control_service`.
    "TUNE_STATE_REFRESH_PERIOD": "1000000000",
}
_TOO_SLOW = "timed out during startup"
# The address at which this process is connected, while it is.
_connected_at: str | None = None
# A part of a GPU is what a trial needs of its memory, not all that there is.
_SHARING = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}


@contextlib.contextmanager
def connected(address: str, settings: SearchSettings, *, ending: Callable[[], float] | None = None) -> Iterator[None]:
    """Connect to Ray at ``address`` ('local': one of our own, ended with the block). Raises ClusterError, one line.

    ``ending`` says at the block's end how many seconds the command has left: Ray's own end is waited for until shortly
    before that; without, until it is there. A process that is told to end (`Terminated`) leaves without that.

    What Ray says of itself meanwhile is in the log file. Within a block of the same address another one does nothing:
    who does several things on one Ray opens one around them all. 'in-process' connects to none.
    """
    global _connected_at
    if address in ("in-process", _connected_at):
        yield
        return
    with noise_logged(), _connected(address, settings, ending):
        before, _connected_at = _connected_at, address
        try:
            yield
        finally:
            _connected_at = before


@contextlib.contextmanager
def _connected(address: str, settings: SearchSettings, ending: Callable[[], float] | None) -> Iterator[None]:
    os.environ.update(_ENVIRONMENT)
    local = address == "local"
    if address == "auto" and not os.environ.get("RAY_ADDRESS"):
        address = address_here() or address  # it works in a folder of its own, where Ray does not look
    if local:
        ensure_token()
    else:
        _check_token(address)
        _check_reachable(address)
        check_guarded(address)
    # By value: a worker that imports it by name would have to find this project already.
    cloudpickle.register_pickle_by_value(python_path)  # type: ignore[no-untyped-call]
    wanted = (settings.concurrency or 1) * settings.cpus_per_trial
    try:
        with handlers_kept(), _started_lean() if local else contextlib.nullcontext():
            ray.init(
                address=address,
                num_cpus=max(usable_cpus(), wanted) if local else None,
                object_store_memory=_OBJECT_STORE_BYTES if local else None,
                include_dashboard=False if local else None,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={
                    "env_vars": {"PYTHONPATH": _python_path(), "TF_CPP_MIN_LOG_LEVEL": "2", **_SHARING},
                    "worker_process_setup_hook": python_path.find_project_first,
                },
            )
    except (ConnectionError, RuntimeError, ValueError, OSError, RayError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ClusterError(f"--address {address}: no Ray could be reached there: {first}") from error
    except Exception as error:
        # Ray raises no class of its own where its processes are too slow for it.
        if _TOO_SLOW not in str(error):
            raise
        raise ClusterError(
            "Ray did not start on this machine within its 30 s: expected a machine with room for it, found one that is "
            "too busy: try again, or train in one process, with --address in-process"
        ) from error
    timeout = math.inf
    try:
        yield
        timeout = math.inf if ending is None else shutdown_seconds(ending())
    except RayGoneError:
        # What does not answer would be waited for.
        timeout = _SHUTDOWN_SECONDS
        raise
    except Terminated:
        # The process ends now, and with it what it has started: the kernel sees to that, and a Ray at an address to a
        # driver that is gone. Where Ray has been told to end, too, it ends who asks it for anything, without a word.
        timeout = 0.0
        raise
    finally:
        if timeout:
            _shut_down(timeout)


def _shut_down(timeout: float) -> None:
    """End the connection, and a Ray of our own; go on after ``timeout`` seconds wherever that is."""
    shutdown = threading.Thread(target=ray.shutdown, name="shutdown", daemon=True)
    shutdown.start()
    until = time.monotonic() + timeout
    while shutdown.is_alive() and time.monotonic() < until:
        with handlers_kept():
            shutdown.join(min(_HANDLERS_SECONDS, timeout))


def shutdown_seconds(left: float) -> float:
    """Return for how long Ray's end is waited for by a command that has so many seconds left."""
    return max(_LEAST_SHUTDOWN_SECONDS, left - _LAST_SECONDS)


def _check_token(address: str) -> None:
    if not has_token():
        raise ClusterError(
            f"--address {address}: expected that Ray's token in {token_file()}, found none: "
            "copy the file from the machine that started it, or give the command on a node of it"
        )


@contextlib.contextmanager
def _started_lean() -> Iterator[None]:
    """Have a Ray that is started in the block work in a folder that serves, and without a dashboard."""
    with started_in(scratch_folder()), without_dashboard():
        yield


def _check_reachable(address: str) -> None:
    """Connect to a HOST:PORT, as Ray itself goes on trying for minutes where nothing answers."""
    if address.startswith("ray://"):
        # Through it Ray Tune moves itself to the cluster, without the oracle and the ledger.
        raise ClusterError(
            f"--address {address}: Ray Client cannot be worked through: give the command on a node of that Ray "
            "with --address auto, or give the HOST:PORT that `ray start --head` printed"
        )
    host, colon, port = address.rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"--address {address}: expected a running Ray there, found none ({error}): "
            "start one with `ray start --head` or `ray up`, or leave --address out to work on this machine"
        ) from error


def _python_path() -> str:
    """Put the directory of the launch on the workers' path: a user's own HyperModel lives there."""
    return os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH", "")]))
