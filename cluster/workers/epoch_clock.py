"""How long a trial takes to start and for an epoch, told apart: its first epoch traces the training and validation."""

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
    _batches: list[float] = field(default_factory=list)
    _validated: list[float] = field(default_factory=list)

    @property
    def epoch_seconds(self) -> float | None:
        """Mean of the epochs after the first, else an estimate of that one without its tracing; None before."""
        return sum(self._later) / len(self._later) if self._later else self._first

    @property
    def start_seconds(self) -> float | None:
        """What passed from the beginning to the first epoch's end, but for an epoch; None before."""
        return None if self.epoch_seconds is None else max(0.0, self._start - self.epoch_seconds)

    def note_batch(self, *, is_validation: bool) -> None:
        """Note that a batch is done; those of validation come after those of training."""
        (self._validated if is_validation else self._batches).append(self.clock())

    @contextmanager
    def epoch(self) -> Iterator[None]:
        """Measure the epoch that the block trains: none, if no batch was done in it or it raised."""
        started = self.clock()
        self.began = started if self.began is None else self.began
        self._batches, self._validated = [], []
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

        The first batch of each kind traces, and takes a usual one's time; validation's single one that of training, and
        training's single one as long as validation's first did: rather too long than too short.
        """
        training, validation = _gaps(self._batches), _gaps(self._validated)
        traced = self._validated[0] - self._batches[-1] if self._validated else 0.0
        usual = median(training) if training else traced
        usual_validated = median(validation) if validation else usual if self._validated else 0.0
        last = [*self._batches, *self._validated][-1]
        return usual + _without_stalls(training) + usual_validated + _without_stalls(validation) + ended - last


def _gaps(ends: list[float]) -> list[float]:
    """Return how long each batch took but the first."""
    return [after - before for before, after in pairwise(ends)]


def _without_stalls(gaps: list[float]) -> float:
    """Return the sum of what batches took, those that were held up as a usual one."""
    usual = median(gaps) if gaps else 0.0
    return sum(usual if gap > _FAR_LONGER * usual else gap for gap in gaps)
