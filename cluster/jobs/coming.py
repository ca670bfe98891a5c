"""What is to be trained, one after another: asked for whenever there is room for one more."""

import logging
from collections import deque
from collections.abc import Collection, Sequence
from typing import Protocol

from cluster.workers.member import Training
from datasets import Progress
from trainer import InfeasibleError

_log = logging.getLogger(__name__)


class Coming(Protocol):
    """Says what is to be trained next, and hears what becomes of it. All calls come from one thread."""

    def most(self, trials: int) -> int:
        """Return how many may be begun or wait for a slot at a time, where there are slots for so many ``trials``."""

    def next(self) -> Training | None:
        """Return what is to begin now; None where there is nothing, at least until something under way ends."""

    def ended(self, name: str) -> None:
        """Take in that a training has come to its end."""

    def failed(self, name: str, error: InfeasibleError) -> None:
        """Take in that one cannot be trained, for what it is. May raise: then all end."""

    def far(self, name: str, done: int, total: int | None) -> None:
        """Take in that one has trained ``done`` of its batches."""

    def unwanted(self) -> Collection[str]:
        """Return which of those under way are to be left at once, as if they had not begun. Called each second."""


class Fixed:
    """Some trainings, known before: those that cannot be trained are left out, unless none can.

    ``batches`` are those of each, of whose sum ``progress`` is told. ``left_out`` names those that could not be.
    """

    def __init__(self, trainings: Sequence[Training], batches: Sequence[int], progress: Progress) -> None:
        self._waiting = deque(trainings)
        self._batches = {one.name: each for one, each in zip(trainings, batches, strict=True)}
        self._done = dict.fromkeys(self._batches, 0)
        self._progress = progress
        self.left_out: set[str] = set()

    def most(self, trials: int) -> int:
        """All: where nodes are yet to join, that says for how many."""
        return len(self._batches)

    def next(self) -> Training | None:
        """Return the next one."""
        return self._waiting.popleft() if self._waiting else None

    def ended(self, name: str) -> None:
        """Count it as trained: it may have ended early, out of patience."""
        self._done[name] = self._batches[name]

    def failed(self, name: str, error: InfeasibleError) -> None:
        """Leave one out, and say so. Raises its error where it was the last that could be trained."""
        self.left_out.add(name)
        if len(self.left_out) == len(self._batches):
            raise error from None
        _log.warning("Left out, as it cannot be trained: %s.", error)
        self.ended(name)

    def far(self, name: str, done: int, total: int | None) -> None:
        """Take in how far one is."""
        self._done[name] = max(done, self._done[name])

    def unwanted(self) -> Collection[str]:
        """None is; this is when progress is told."""
        self._progress(sum(self._done.values()), sum(self._batches.values()))
        return ()
