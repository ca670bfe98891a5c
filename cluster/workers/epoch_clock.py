"""How long a trial takes to start and for an epoch, told apart: its first epoch traces what it does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

# A batch that takes as many times the usual one does something else.
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
    _ends: dict[int, list[float]] = field(default_factory=dict)

    @property
    def epoch_seconds(self) -> float | None:
        """Mean of the epochs after the first, else an estimate of that one without its tracing; None before."""
        return sum(self._later) / len(self._later) if self._later else self._first

    @property
    def start_seconds(self) -> float | None:
        """What passed from the beginning to the first epoch's end, but for an epoch; None before."""
        return None if self.epoch_seconds is None else max(0.0, self._start - self.epoch_seconds)

    def note_batch(self, part: int) -> None:
        """Note that a batch is done of a part of the epoch, which does something else than the ones before: 0, 1, …"""
        self._ends.setdefault(part, []).append(self.clock())

    @contextmanager
    def epoch(self) -> Iterator[None]:
        """Measure the epoch that the block trains: none, if no batch was done in it or it raised."""
        started = self.clock()
        self.began = started if self.began is None else self.began
        self._ends = {}
        yield
        ended = self.clock()
        if not self._ends:
            return
        if self._first is not None:
            self._later.append(ended - started)
            return
        self._start = ended - self.began
        self._first = self._untraced(ended)

    def _untraced(self, ended: float) -> float:
        """Estimate what the epoch that has just ended would have taken without tracing.

        The first batch of each part traces, and takes a usual one's time; a single one that of the part before, and the
        first part's single one as long as the next one did, tracing and all: rather too long than too short.
        """
        parts = [ends for _, ends in sorted(self._ends.items())]
        usual = parts[1][0] - parts[0][-1] if len(parts) > 1 else 0.0
        seconds = ended - parts[-1][-1]
        for ends in parts:
            gaps = _gaps(ends)
            usual = median(gaps) if gaps else usual
            seconds += usual + _without_stalls(gaps)
        return seconds


def _gaps(ends: list[float]) -> list[float]:
    """Return how long each batch took but the first."""
    return [after - before for before, after in pairwise(ends)]


def _without_stalls(gaps: list[float]) -> float:
    """Return the sum of what batches took, those that were held up as a usual one."""
    usual = median(gaps) if gaps else 0.0
    return sum(usual if gap > _FAR_LONGER * usual else gap for gap in gaps)
