"""How many finalists, how many beginnings of each and how long: what the time allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from search.finals.forecast import MARGIN, Cost, makespan

Item = TypeVar("Item")
BEGINNINGS = 3
"""Of each finalist, at least, where there is time: fewer say little of the spread."""
_FEWEST = 2
"""Finalists: the space's defaults and the best other one."""
_SHORTENED = 0.75
"""Share of its epochs that a training keeps where that gives room for more of them.

On 500 real galaxies twice the epochs take 3 % off a network's log loss; the average of two takes 4 to 9 %.
"""


@dataclass(frozen=True)
class Plan:
    """So many finalists, the first ones, with so many beginnings of so many epochs each.

    ``defaults_first``: the first one is the space's defaults, which may be no finalist, or not stand first.
    """

    finalists: int
    beginnings: int
    epochs: int
    defaults_first: bool = True

    def kept(self, finalists: Sequence[Item]) -> Sequence[Item]:
        """Return those of ``finalists`` that are in it: of several one alone is the best that is not the defaults."""
        first = int(self.finalists == 1 < len(finalists) and self.defaults_first)
        return finalists[first : first + self.finalists]


def make_plan(costs: Sequence[Cost], *, epochs: int, seconds: float, slots: int, defaults_first: bool = True) -> Plan:
    """Return the first of these plans that ends in time.

    All finalists with three beginnings each, then fewer finalists, down to two; then two beginnings, then one, all with
    as many of their epochs as fit, three quarters at least; then shorter schedules, as a training is never cut; then a
    single finalist, the best that is not the defaults. Where nothing ends in time, that one for one epoch.

    Args:
        costs: of a beginning of each finalist, those that are to stay first.
        epochs: of the longest schedule.
        seconds: that there are.
        slots: trainings at a time.
        defaults_first: whether the first finalist is the space's defaults.
    """
    fewest = min(_FEWEST, len(costs))
    plans = [
        *(
            Plan(*each, shorter, defaults_first)
            for each in _counts(len(costs))
            for shorter in range(epochs, ceil(_SHORTENED * epochs) - 1, -1)
        ),
        *(Plan(fewest, 1, shorter, defaults_first) for shorter in range(epochs - 1, 0, -1)),
        *(Plan(1, 1, shorter, defaults_first) for shorter in range(epochs, 0, -1)),
    ]
    return next((plan for plan in plans if planned_seconds(plan, costs, slots) <= seconds), plans[-1])


def make_further_plan(
    costs: Sequence[Cost], had: Sequence[int], *, epochs: int, seconds: float, slots: int
) -> Plan | None:
    """Return the first plan whose beginnings, but for those that there are, end in time; None where none does.

    ``had`` is how many each finalist has had, of as many ``epochs`` as the further ones; the rest as in `make_plan`.
    """
    plans = [Plan(*each, epochs) for each in _counts(len(costs))]
    return next((plan for plan in plans if planned_seconds(plan, costs, slots, had) <= seconds), None)


def _counts(finalists: int) -> list[tuple[int, int]]:
    """Return how many finalists, and how many beginnings of each, in the order in which they are tried."""
    fewest = min(_FEWEST, finalists)
    return [
        *((kept, BEGINNINGS) for kept in range(finalists, fewest - 1, -1)),
        *((fewest, beginnings) for beginnings in range(BEGINNINGS - 1, 0, -1)),
    ]


def planned_seconds(plan: Plan, costs: Sequence[Cost], slots: int, had: Sequence[int] = ()) -> float:
    """Return how long a plan takes, at the longest, without the beginnings that each finalist has ``had``."""
    kept, there = plan.kept(costs), plan.kept(had or [0] * len(costs))
    seconds = [
        cost.seconds(plan.epochs)
        for number in range(plan.beginnings)
        for cost, ended in zip(kept, there, strict=True)
        if number >= ended
    ]
    return MARGIN * makespan(seconds, slots)
