"""A finalist's beginning that is being trained, and how long all of it takes."""

from dataclasses import dataclass

from cluster.jobs.pace import Pace
from search import Which


@dataclass(frozen=True)
class UnderWay:
    """A beginning that is being trained: since when, and how fast; ``goes_on`` from a checkpoint."""

    trial_id: str
    number: int
    since: float
    goes_on: bool
    pace: Pace

    @property
    def which(self) -> Which:
        """Whose it is, and its number."""
        return self.trial_id, self.number

    def seconds(self, now: float) -> float | None:
        """Return the seconds that all of it takes, with what an earlier call has trained; None while unknown."""
        left = self.pace.seconds_left
        if left is None:
            return None
        return now - self.since + left + (self.pace.seconds_before if self.goes_on else 0.0)
