"""What the runs say: when a target is reached for good, and how much shorter one contestant takes than another.

A run that never reaches the target is censored at its budget: it counts as having taken longer than that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean, median

from benchmarks.accuracy.contest.judging import Gain

Course = Sequence[tuple[float, float]]
"""(CPU seconds, score of the best network from then on), in the order of time."""


@dataclass(frozen=True)
class Reached:
    """CPU seconds until the target was reached for good; where ``is_censored`` that many were not enough."""

    seconds: float
    is_censored: bool = False


def reached(course: Course, target: float, budget: float) -> Reached:
    """Say when the best so far was at ``target`` or above, and stayed there to the end."""
    below = [number for number, (_, score) in enumerate(course) if score < target]
    following = course[below[-1] + 1 :] if below else course
    return Reached(following[0][0]) if following else Reached(budget, is_censored=True)


def median_time(times: Sequence[Reached]) -> Reached:
    """Return the median, which is censored where one that it rests on is: it is then at least that."""
    ordered = sorted(times, key=lambda one: (one.is_censored, one.seconds))
    middle = ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
    return Reached(fmean(one.seconds for one in middle), any(one.is_censored for one in middle))


def restricted_mean(times: Sequence[Reached]) -> float:
    """Return the mean of the times up to the budget: of one that is censored all of it (Royston & Parmar 2013)."""
    return fmean(one.seconds for one in times)


@dataclass(frozen=True)
class Ratio:
    """How many times as long another takes, by draws: the geometric mean and its 95 % t-interval on the logarithms.

    ``theirs`` and ``ours`` count the censored: with theirs it is at least so much, with ours at most.
    """

    gain: Gain
    theirs: int
    ours: int

    @classmethod
    def of(cls, ours: Sequence[Reached], theirs: Sequence[Reached]) -> "Ratio":
        """Compare draw by draw: both have the same ones, one at least."""
        logs = [log(other.seconds / own.seconds) for own, other in zip(ours, theirs, strict=True)]
        return cls(Gain.of(logs), sum(one.is_censored for one in theirs), sum(one.is_censored for one in ours))

    @property
    def times(self) -> float:
        """How many times as long."""
        return exp(self.gain.mean)

    def __str__(self) -> str:
        sign = "" if self.ours == self.theirs == 0 else "≥ " if self.ours == 0 else "≤ " if self.theirs == 0 else "~ "
        interval = "" if self.gain.draws < 2 else f" ({exp(self.gain.low):.2g} to {_capped(self.gain.high)})"
        return f"{sign}{self.times:.2f}×{interval}"

    def verdict(self, goal: float) -> str:
        """Say whether the goal is met, missed, or not decided by so few draws."""
        if self.ours > 0 and self.times >= goal:
            return "undecided"
        if exp(self.gain.low) >= goal:
            return "met"
        if self.times >= goal:
            return "met on average, not surely"
        return "missed" if self.theirs == 0 else "undecided"


def _capped(logarithm: float) -> str:
    return f"{exp(logarithm):.2g}" if logarithm < 10 else "∞"


def target_of(last_scores: Sequence[float]) -> float:
    """Return the target: the median of what Keras Tuner came to at the end, over the draws that are for that."""
    return median(last_scores)


def seconds_back(epochs: Sequence[tuple[float, str, int]], killed_at: float) -> float | None:
    """Return the CPU seconds from a kill until an epoch was complete that was not before; None if there was none."""
    before = {(name, epoch) for cpu, name, epoch in epochs if cpu <= killed_at}
    later = (cpu for cpu, name, epoch in epochs if cpu > killed_at and (name, epoch) not in before)
    return next((cpu - killed_at for cpu in later), None)


def trained_again(epochs: Sequence[tuple[float, str, int]], killed_at: float) -> tuple[int, int]:
    """Return how many trainings had epochs trained again after a kill, and how many epochs these were."""
    before = {(name, epoch) for cpu, name, epoch in epochs if cpu <= killed_at}
    again = {(name, epoch) for cpu, name, epoch in epochs if cpu > killed_at and (name, epoch) in before}
    return len({name for name, _ in again}), len(again)
