"""Noticing that Ray has gone away: who waits for it then waits for ever, until Ray ends the process without a word.

A driver talks to its node's raylet and to the cluster's control service (GCS). A raylet that was killed leaves Tune
waiting for workers that never come, and its trials, 14 s later, as lost (measured, ray 2.60); where the control service
is gone for 60 s Ray ends the driver's process. No public call of Ray's answers while either is gone.
"""

import ctypes
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread

import ray

from cluster.driving.interrupting import Terminated
from cluster.errors import RayGoneError
from cluster.nodes.control_service import known_nodes

_CHECK_SECONDS = 2.0
# What the search itself finds costs nothing.
_LOOK_SECONDS = 0.5
_CONNECT_SECONDS = 5.0
# Tune looks up from what it waits for ten times a second, our own trainings every second; Ray Data ends workers first.
_END_SECONDS = 2.0
DATA_END_SECONDS = 6.0
# It may be started again elsewhere in the cluster, which Ray itself waits a minute for.
_GCS_SECONDS = 30.0


class HealthCheck:
    """Whether the Ray lives that this process is connected to: the raylet at a socket, the GCS at a host and port.

    ``message`` is what to say when it has gone away.
    """

    def __init__(self, raylet: str, gcs: tuple[str, int], message: str) -> None:
        self._raylet, self._gcs, self._message = raylet, gcs, message
        self._gcs_answered = time.monotonic()

    @classmethod
    def of(cls, address: str, command: str) -> "HealthCheck":
        """Return the check of the Ray connected at ``address``; ``command`` is what goes on when it is back."""
        context = ray.get_runtime_context()
        sockets = {node.id: node.socket for node in known_nodes()}
        host, _, port = str(context.gcs_address).rpartition(":")
        where = "this command's own Ray" if address == "local" else f"Ray at {address}"
        message = f"{where} went away: {command} goes on"
        return cls(sockets[context.get_node_id()], (host.strip("[]"), int(port)), message)

    def check(self) -> None:
        """Raise RayGoneError if the raylet does not live, or the GCS has not answered for 30 s."""
        if self.is_raylet_gone() or time.monotonic() - self._gcs_answered > _GCS_SECONDS:
            raise self.gone()

    def gone(self) -> RayGoneError:
        """Return what to raise when Ray has gone away."""
        return RayGoneError(self._message)

    def is_raylet_gone(self) -> bool:
        """Whether the raylet does not live; asks the GCS, too."""
        with suppress(OSError), socket.create_connection(self._gcs, timeout=_CONNECT_SECONDS):
            self._gcs_answered = time.monotonic()
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(_CONNECT_SECONDS)
                client.connect(self._raylet)
        except (ConnectionRefusedError, FileNotFoundError):
            return True
        except OSError:  # too busy to answer
            return False
        return False


def run_while_healthy(
    health: HealthCheck,
    run: Callable[[], object],
    *,
    check: Callable[[], None] = lambda: None,
    leave: Callable[[], None] = lambda: None,
    end_seconds: float | None = None,
) -> None:
    """Call ``run`` and return when it does.

    Raises what it raises, RayGoneError where Ray goes away meanwhile, and what ``check``, called now and then, raises.

    It runs in a thread of its own, which is ended where something is raised meanwhile, once ``leave`` has let go of
    what it may wait for: who asks Ray for anything while it is being shut down has the process ended, status 1 and no
    word (ray 2.60). A thread that does not end within ``end_seconds``, by default 2, is left behind: nothing can wake
    what waits for Ray. No pool of `concurrent.futures` does that: the interpreter waits at its exit for each thread.
    """
    outcome: Future[object] = Future()
    thread = Thread(target=_settle, args=(outcome, run), name="tune", daemon=True)
    thread.start()
    try:
        checked = time.monotonic()
        while not wait([outcome], timeout=_LOOK_SECONDS).done:
            check()
            if time.monotonic() - checked >= _CHECK_SECONDS:
                checked = time.monotonic()
                health.check()
    except BaseException as error:
        leave()
        # Of a process that is told to end Ray is not shut down.
        _end(thread, 0.0 if isinstance(error, Terminated) else _END_SECONDS if end_seconds is None else end_seconds)
        raise
    fault = outcome.exception()
    if fault is not None:
        health.check()
    if isinstance(fault, RayGoneError):  # found by who had to know something
        raise health.gone() from fault
    outcome.result()


class _Ended(SystemExit):
    """Raised in a thread that is to end. What catches every ``Exception`` lets it pass, and nobody prints it."""


def _end(thread: Thread, seconds: float) -> None:
    """End a thread at its next step in Python, and wait for that, no longer than so many seconds."""
    if thread.is_alive() and thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_Ended))
        thread.join(seconds)


def _settle(outcome: Future[object], run: Callable[[], object]) -> None:
    try:
        outcome.set_result(run())
    except BaseException as error:
        outcome.set_exception(error)
