"""How long a trial takes to start and for an epoch, told apart: its first epoch traces the training and validation."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median_low

# A batch that takes as many times the usual one does something else, as tracing takes seconds.
_FAR_LONGER = 8.0


@dataclass
class EpochClock:
    """Measures the epochs of one start of a trial.

    ``began`` is when the start began, by ``clock``: before what is imported, read and built.
    """

    clock: Callable[[], float] = time.monotonic
    began: float | None = None
    _first: float | None = None
    _start: float = 0.0
    _later: list[float] = field(default_factory=list)
    _batches: list[float] = field(default_factory=list)

    @property
    def epoch_seconds(self) -> float | None:
        """Mean of the epochs after the first, else an estimate of that one without its tracing; None before."""
        return sum(self._later) / len(self._later) if self._later else self._first

    @property
    def start_seconds(self) -> float | None:
        """What passed from the beginning to the first epoch's end, but for an epoch; None before."""
        return None if self.epoch_seconds is None else max(0.0, self._start - self.epoch_seconds)

    def note_batch(self) -> None:
        """Note that a batch, of training or validation, is done."""
        self._batches.append(self.clock())

    @contextmanager
    def epoch(self) -> Iterator[None]:
        """Measure the epoch that the block trains: none, if no batch was done in it or it raised."""
        started = self.clock()
        self.began = started if self.began is None else self.began
        self._batches = []
        yield
        ended = self.clock()
        if not self._batches:
            return
        if self._first is not None:
            self._later.append(ended - started)
            return
        self._start = ended - self.began
        self._first = self._untraced(ended)

    def _untraced(self, ended: float) -> float:
        """Estimate what the epoch that has just ended would have taken without tracing.

        Its longest batch but the first is where validation was traced, however little longer than a usual one that
        takes: of few slow batches 2 s more are a third of the epoch.
        """
        gaps = [after - before for before, after in pairwise(self._batches)]
        usual = median_low(gaps) if gaps else 0.0
        others = sorted(gaps)[:-1]
        batches = sum(usual if gap > _FAR_LONGER * usual else gap for gap in others)
        return usual * (2 if gaps else 1) + batches + ended - self._batches[-1]
