"""How many epochs a way to search needs, from replays: until within 1 % of the best truth, and regret on the way."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cluster.testing import Curve, Step

WITHIN = 0.01
"""Relative distance to the best truth that counts as found."""
CHECKPOINTS = (60, 120, 240)
"""Epochs after which regret is reported."""
SHARE = 2 / 3
"""Of the configurations that each replay draws."""


@dataclass(frozen=True)
class Course:
    """One replay: the regret of the truth after each epoch, (epochs,), of what had scored best so far."""

    regret: npt.NDArray[np.float64]
    best: float

    @classmethod
    def of(cls, steps: Sequence[Step], curves: Sequence[Curve], epochs: int) -> "Course":
        """Follow the best score; after the last step nothing changes."""
        best = max(curve.truth for curve in curves)
        regret, score, worth = np.empty(epochs), -math.inf, -math.inf
        for number in range(epochs):
            if number < len(steps) and steps[number].score > score:
                score, worth = steps[number].score, curves[steps[number].curve].truth
            regret[number] = best - worth
        return cls(regret, best)

    @property
    def reached(self) -> int | None:
        """Epochs from which on it stays within reach of the best; None where it does not come there, or not stay."""
        far = np.flatnonzero(self.regret > WITHIN * self.best)
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
    """Compare two methods on the same replays, pool by pool.

    The interval is the delete-d jackknife's over the pools drawn (Shao and Wu 1989): of the variance among estimates
    from two thirds of the configurations, what all of them would have. It covers the choice of configurations.
    """
    pairs = np.array([(_epochs(a), _epochs(b)) for a, b in zip(method, other, strict=True)], float)
    estimate = math.log(pairs[:, 0].mean() / pairs[:, 1].mean())
    # Linear in each pool: what its own pair adds to the logarithm of the ratio of means.
    influences = pairs[:, 0] / pairs[:, 0].mean() - pairs[:, 1] / pairs[:, 1].mean()
    spread = 1.96 * math.sqrt(influences.var(ddof=1) * (1 / len(pairs) + SHARE / (1 - SHARE) / len(pairs)))
    return Compared(math.exp(estimate), math.exp(estimate - spread), math.exp(estimate + spread))


def _epochs(course: Course) -> int:
    return len(course.regret) if course.reached is None else course.reached


def table(courses: Mapping[str, Sequence[Course]], reference: str) -> str:
    """Return a Markdown table: the methods, against one of them."""
    heads = ["method", "reached", "epochs until", "× " + reference, *(f"regret at {at}" for at in CHECKPOINTS)]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for name, replays in courses.items():
        found = compare(replays, courses[reference])
        reached = sum(course.reached is not None for course in replays) / len(replays)
        regrets = (
            np.mean([course.regret[min(at, len(course.regret)) - 1] for course in replays]) for at in CHECKPOINTS
        )
        cells = [
            name,
            f"{reached:.0%}",
            f"{np.mean([_epochs(course) for course in replays]):.0f}",
            f"{found.ratio:.2f} ({found.low:.2f}–{found.high:.2f})",
            *(f"{regret:.4f}" for regret in regrets),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
