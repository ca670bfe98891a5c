"""What the runs say: the gain over draws with its interval, whether the goal is met, and how many deadlines were."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import fmean, stdev

from scipy.stats import t

GOAL = 0.03
"""Macro F1 on the test images by which a fit is to be better than the space's defaults."""
UNCOUNTED = 5.0
"""Seconds that a kill may leave uncounted: so often time spent is written."""


@dataclass(frozen=True)
class Gain:
    """The mean gain over draws and its 95 % t-interval, infinitely wide with fewer than two."""

    draws: int
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, gains: Sequence[float]) -> "Gain":
        """Take the gain of each draw, one at least."""
        mean, half = fmean(gains), inf
        if len(gains) > 1:
            half = float(t.ppf(0.975, len(gains) - 1)) * stdev(gains) / sqrt(len(gains))
        return cls(len(gains), mean, mean - half, mean + half)


def verdict(gains: Sequence[float], planned: int) -> str:
    """Say whether the goal is *passed*, *failed* or *undecided* from the gains of all draws, or that some are missing.

    Passed only where the whole interval is at the goal or above, failed where all of it is below.
    """
    if len(gains) < planned:
        return f"unfinished: {len(gains)} of {planned} draws"
    found = Gain.of(gains)
    shown = f"{found.mean:+.3f} (95 %: {found.low:+.3f} to {found.high:+.3f}; {found.draws} draws)"
    if found.low >= GOAL:
        return f"passed: {shown}, all of it at least {GOAL}"
    if found.high < GOAL:
        return f"failed: {shown}, all of it below {GOAL}"
    return f"undecided: {shown}, on both sides of {GOAL}"


def is_met(seconds: Sequence[float], limit: float, faults: int = 0) -> bool:
    """Say whether a run that took so many seconds, in one piece or several, ended within its limit.

    One that has ended by itself with a fault has not: a command that is late ends so, just before its limit.
    """
    return faults == 0 and sum(seconds) <= limit + UNCOUNTED * (len(seconds) - 1)


def shown_to_hold(met: int, runs: int) -> float:
    """Return the share of deadlines that is met at least, with 95 % confidence (Clopper & Pearson, one-sided)."""
    from scipy.stats import beta

    return 0.0 if met == 0 else float(beta.ppf(0.05, met, runs - met + 1))
