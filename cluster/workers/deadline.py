"""The moment at which a worker's training ends, whatever it is in the middle of.

Hosts' clocks are not compared: a worker is told how many seconds are left. On the machine of whoever tells it also
learns the moment itself, by the clock that all processes of a machine share: it may be long in starting.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from cluster.errors import OutOfTimeError
from search import this_machine


class Told(TypedDict):
    """What a worker is told of a deadline: seconds left, and the end by the clock of a machine."""

    left: float
    end: float
    machine: str


@dataclass(frozen=True)
class Deadline:
    """A moment of this process's clock; infinity where there is none."""

    end: float = math.inf
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        """Return the deadline so many seconds from now; infinity for none."""
        return cls(clock() + seconds, clock)

    @classmethod
    def heard(cls, told: Told | None) -> "Deadline":
        """Return the deadline that `told` was of, in another process; none for None."""
        if told is None:
            return cls()
        return cls(told["end"]) if told["machine"] == this_machine() else cls.after(told["left"])

    @classmethod
    def moving(cls, left: Callable[[], float]) -> "Deadline":
        """Return the deadline of this process that passes when ``left()``, seconds, is 0, whenever that will be."""
        return cls(0.0, lambda: -left())

    def told(self) -> Told | None:
        """Return what another process is told of it; None where there is none."""
        if math.isinf(self.end):
            return None
        return {"left": self.left(), "end": self.end, "machine": this_machine()}

    def left(self) -> float:
        """Return the seconds that are left, none below 0."""
        return max(0.0, self.end - self.clock())

    def check(self) -> None:
        """Raise OutOfTimeError if it has passed."""
        if self.clock() >= self.end:
            raise OutOfTimeError
