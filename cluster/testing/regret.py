"""How many epochs a way to search needs, from replays: until within 1 % of the best truth, and regret on the way."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cluster.testing.curves import Curve
from cluster.testing.simulated_runner import Step

WITHIN = 0.01
"""Relative distance to the best truth that counts as found."""
SHARE, PER_POOL = 2 / 3, 4
"""Of the configurations that are drawn for a pool, and how many replays each pool has."""


@dataclass(frozen=True)
class Course:
    """One replay: the regret of the truth after each epoch, (epochs,), of what had scored best so far."""

    regret: npt.NDArray[np.float64]
    best: float

    @classmethod
    def of(
        cls, steps: Sequence[Step], curves: Sequence[Curve], epochs: int, *, direction: Literal["max", "min"] = "max"
    ) -> "Course":
        """Follow the best score; after the last step nothing changes. Scores and truth are better in one direction."""
        sign = 1.0 if direction == "max" else -1.0
        best = max(sign * curve.truth for curve in curves)
        regret, score, worth = np.empty(epochs), -math.inf, -math.inf
        for number in range(epochs):
            if number < len(steps) and sign * steps[number].score > score:
                score, worth = sign * steps[number].score, sign * curves[steps[number].curve].truth
            regret[number] = best - worth
        return cls(regret, sign * best)

    @property
    def epochs(self) -> int:
        """Epochs until the best is reached; all that there were where it is not."""
        return len(self.regret) if self.reached is None else self.reached

    @property
    def reached(self) -> int | None:
        """Epochs from which on it stays within reach of the best; None where it does not come there, or not stay."""
        far = np.flatnonzero(self.regret > WITHIN * abs(self.best))
        first = 1 if not len(far) else int(far[-1]) + 2
        return first if first <= len(self.regret) else None


@dataclass(frozen=True)
class Compared:
    """What a method needs of another's epochs: the ratio of the mean epochs to reach the best, and its 95 % interval.

    A replay that does not come there counts with all its epochs: the ratio is then too near to 1, never too good.
    """

    ratio: float
    low: float
    high: float


def compare(method: Sequence[Course], other: Sequence[Course]) -> Compared:
    """Compare two methods on the same replays, those of `judge`.

    The interval covers the choice of configurations, by the delete-d jackknife (Shao and Wu 1989) of what differs
    between pools, and what differs between the replays of one pool.
    """
    pairs = np.array([(a.epochs, b.epochs) for a, b in zip(method, other, strict=True)], float)
    estimate = math.log(pairs[:, 0].mean() / pairs[:, 1].mean())
    # Linear in each replay: what its own pair adds to the logarithm of the ratio of means.
    influences = (pairs[:, 0] / pairs[:, 0].mean() - pairs[:, 1] / pairs[:, 1].mean()).reshape(-1, PER_POOL)
    within = influences.var(axis=1, ddof=1).mean()
    between = max(0.0, influences.mean(axis=1).var(ddof=1) - within / PER_POOL)
    spread = 1.96 * math.sqrt(between * SHARE / (1 - SHARE) + within / len(pairs))
    return Compared(math.exp(estimate), math.exp(estimate - spread), math.exp(estimate + spread))
