"""Noticing that Ray has gone away: whoever waits for it then waits for ever, and at last Ray ends the process mutely.

A driver talks to its node's raylet and to the cluster's control service (GCS). A raylet that was killed leaves Tune
waiting for workers that never come, and its trials, 14 s later, as lost (measured, ray 2.60); where the control service
is gone for 60 s Ray ends the driver's process.
"""

import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread

import ray
from ray._private import auto_init_hook

from cluster.errors import RayGoneError

_EVERY_SECONDS = 2.0
_KNOCK_SECONDS = 5.0
# It may be started again elsewhere in the cluster, which Ray itself waits a minute for.
_PATIENCE_SECONDS = 30.0


class Lifeline:
    """What connects this process to a Ray: the raylet's socket, and host and port of the control service.

    ``gone`` is what to say when it has gone away.
    """

    def __init__(self, raylet: str, control: tuple[str, int], gone: str) -> None:
        self._raylet, self._control, self._gone = raylet, control, gone
        self._heard = time.monotonic()

    @classmethod
    def of(cls, address: str, again: str) -> "Lifeline":
        """Return that of the Ray connected at ``address``; ``again`` is the command that goes on when it is back."""
        context = ray.get_runtime_context()
        nodes = {node["NodeID"]: node for node in ray.nodes()}  # type: ignore[no-untyped-call]
        host, _, port = str(context.gcs_address).rpartition(":")
        where = "this command's own Ray" if address == "local" else f"Ray at {address}"
        gone = f"{where} went away: {again} goes on"
        return cls(nodes[context.get_node_id()]["RayletSocketName"], (host.strip("[]"), int(port)), gone)

    def check(self) -> None:
        """Raise RayGoneError if the raylet does not live, or the control service has not answered for 30 s."""
        if self.is_cut() or time.monotonic() - self._heard > _PATIENCE_SECONDS:
            raise RayGoneError(self._gone)

    def is_cut(self) -> bool:
        """Whether the raylet does not live; knocks at the control service, too."""
        with suppress(OSError), socket.create_connection(self._control, timeout=_KNOCK_SECONDS):
            self._heard = time.monotonic()
        try:
            with socket.socket(socket.AF_UNIX) as knock:
                knock.settimeout(_KNOCK_SECONDS)
                knock.connect(self._raylet)
        except (ConnectionRefusedError, FileNotFoundError):
            return True
        except OSError:  # too busy to answer
            return False
        return False


def while_it_holds(lifeline: Lifeline, run: Callable[[], object]) -> None:
    """Call ``run`` and return when it does. Raises what it raises, or RayGoneError where Ray goes away meanwhile.

    It runs in a thread of its own, which is left behind if it does not end: nothing can wake what waits for Ray.
    """
    ended: Future[None] = Future()
    Thread(target=_settle, args=(ended, run), name="tune", daemon=True).start()
    try:
        while not wait([ended], timeout=_EVERY_SECONDS).done:
            lifeline.check()
        if ended.exception() is not None:
            lifeline.check()
        ended.result()
    finally:
        if not ended.done():
            # Ray is left before the thread is: what it asks of Ray then would start a new one.
            auto_init_hook.enable_auto_connect = False


def _settle(ended: Future[None], run: Callable[[], object]) -> None:
    try:
        run()
    except BaseException as error:
        ended.set_exception(error)
    else:
        ended.set_result(None)
