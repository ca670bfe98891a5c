"""What is known of a run: its starts, what it found and when, what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.peers.judging import Course
from benchmarks.start import Start

_MOST_FAULTS = 2


@dataclass
class Attempt(Start):
    """One start of a run: its CPU seconds, and those of the clock."""

    cpu: float = 0.0
    clock: float = 0.0


@dataclass
class Found:
    """A network that was the best from ``cpu`` CPU seconds on; ``name`` is that of its folder, ``mark`` the best's."""

    cpu: float
    score: float | None
    name: str
    mark: str


@dataclass
class Kill:
    """At ``cpu`` CPU seconds, with these trials known."""

    cpu: float
    trials: list[str]


@dataclass
class Run:
    """What is known of a job.

    ``epochs`` has (CPU seconds, training, epoch) for each time that one was ``trained``; ``scores`` are those of the
    networks found, in their order, by the half of the images tested on.
    """

    job: str
    budget: float
    attempts: list[Attempt] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    epochs: list[tuple[float, str, int]] = field(default_factory=list)
    trained: int = 0
    scores: dict[str, list[float]] = field(default_factory=dict)
    peak_bytes: int = 0
    kill: Kill | None = None
    trials: list[str] = field(default_factory=list)
    suggestions: list[float] = field(default_factory=list)
    is_searched: bool = False
    is_over: bool = False

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> "Run":
        """Return what `dataclasses.asdict` made of a run, after JSON."""
        return cls(
            **{
                **known,
                "attempts": [Attempt(**each) for each in known["attempts"]],
                "found": [Found(**each) for each in known["found"]],
                "epochs": [tuple(each) for each in known["epochs"]],
                "kill": None if known["kill"] is None else Kill(**known["kill"]),
            }
        )

    @property
    def cpu(self) -> float:
        """CPU seconds of all attempts."""
        return sum(attempt.cpu for attempt in self.attempts)

    @property
    def faults(self) -> int:
        """Attempts that have ended by themselves, and not well."""
        return sum(attempt.is_fault for attempt in self.attempts)

    @property
    def interruptions(self) -> int:
        """How often it was ended from here, but for its kill, and went on."""
        return max(0, len(self.attempts) - 1 - (self.kill is not None) - self.faults)

    @property
    def is_given_up(self) -> bool:
        """Whether it has failed too often."""
        return self.faults >= _MOST_FAULTS

    def course(self, half: str) -> Course:
        """Return what the best network so far scored on a half, from when on; empty while the run is not over."""
        return tuple(zip((found.cpu for found in self.found), self.scores.get(half, ()), strict=False))
