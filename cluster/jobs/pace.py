"""How fast one training goes, by its batches."""

import time
from collections.abc import Callable

_TELLING = 0.05
"""Share of the batches after which the speed tells when the training ends: the first ones compile."""
_MARGIN = 1.25
"""It is late if it takes so much longer than is left: what is nearly in time is left to try."""


class Pace:
    """The speed of one training, from its first batches on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] | None = None
        self._total = 0

    def note(self, done: int, total: int) -> None:
        """Take in how many of its batches are done."""
        self._last, self._total = (self._clock(), done), total
        self._first = self._first or self._last

    @property
    def share(self) -> float:
        """The share that is done, 0–1."""
        return self._last[1] / self._total if self._last is not None and self._total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until its last batch; None while that cannot be told."""
        if self._first is None or self._last is None:
            return None
        (began, before), (when, done) = self._first, self._last
        if done - before < _TELLING * self._total or when <= began:
            return None
        return (self._total - done) * (when - began) / (done - before)

    @property
    def seconds_before(self) -> float:
        """Seconds that its batches would have taken at this speed that were done when it was first heard of."""
        if self._first is None or self._last is None or self._last[1] <= self._first[1]:
            return 0.0
        (began, before), (when, done) = self._first, self._last
        return before * (when - began) / (done - before)

    def is_late(self, left: float) -> bool:
        """Whether it will not end within ``left`` seconds."""
        seconds = self.seconds_left
        return seconds is not None and seconds > _MARGIN * left
