"""Waiting some seconds, and no more, for what may never answer: a file server that went away, a driver of GPUs."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from datasets import GalaxyTunerError

SLOW_SECONDS = 4.0
"""How long one thing may take to answer; what takes longer would hold up every trial."""
SILENCE = "no answer within"
"""How it begins that is said of what has taken longer."""
NO_ANSWER = f"{SILENCE} {SLOW_SECONDS:g} s"
_THREAD = "asked"
# A search that is out of time leaves behind an oracle that is long in proposing something.
_LEFT_BEHIND = (_THREAD, "conductor")
Answer = TypeVar("Answer")


class Asked(Generic[Answer]):
    """A call under way in a thread of its own, which is left behind if it has to be.

    ``failed`` makes an answer of why there is none, in one line.
    """

    def __init__(self, call: Callable[[], Answer], failed: Callable[[str], Answer]) -> None:
        self._answer = failed(NO_ANSWER)
        self._thread = threading.Thread(target=self._run, args=(call, failed), name=_THREAD, daemon=True)
        self._thread.start()

    def _run(self, call: Callable[[], Answer], failed: Callable[[str], Answer]) -> None:
        try:
            self._answer = call()
        except Exception as error:  # of whatever has been asked: it is told as the node's fault
            self._answer = failed(str(error) if isinstance(error, GalaxyTunerError) else repr(error))

    def answer(self, deadline: float) -> Answer:
        """Wait until ``deadline``, of `time.monotonic`, and return what there is."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return self._answer


def anything_is_late() -> bool:
    """Whether something has not answered yet that was left behind: the interpreter's end would wait for it.

    pyarrow 26, for one, waits at exit until S3 has answered all that it was asked (measured: 21 s).
    """
    return any(thread.name.startswith(_LEFT_BEHIND) for thread in threading.enumerate())
