"""How long a beginning will take: by the epochs of its trial at first, by beginnings that have ended from then on."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from search.ledger.finals import Finalist, Finals
from search.ledger.ranking import Row

MARGIN = 1.1
"""A beginning may take so many times what is forecast."""
_FORWARD = 1 / 3
"""What a forward pass costs of a training step: backward passes are two more."""
_VIEWS = 24
"""Of an image that a beginning answers on, at most: all flips and turns, as it is and in two sizes."""


@dataclass(frozen=True)
class Cost:
    """Seconds on one slot: of each epoch, and of a beginning beside its epochs, for its start and its answers."""

    epoch: float
    beside: float

    def seconds(self, epochs: int) -> float:
        """Return the seconds of a beginning of so many epochs."""
        return self.beside + epochs * self.epoch

    def times(self, factor: float) -> "Cost":
        """Return the cost on a machine that is so many times slower."""
        return Cost(factor * self.epoch, factor * self.beside)


def measured_costs(
    finalists: Sequence[Finalist], rows: Sequence[Row], *, start: float, answered: float
) -> dict[str, Cost]:
    """Return the cost of a beginning of each finalist, by its trial's id, from what trials took.

    One that is no trial costs what the finalists that are one do.

    Args:
        start: seconds until a worker trains.
        answered: images that a beginning answers on, as a share of those that it trains on in an epoch.
    """
    each = {row.trial_id: epoch for row in rows if (epoch := row.seconds_an_epoch) is not None}
    known = [each[one.trial_id] for one in finalists if one.trial_id in each] or [*each.values()] or [1.0]
    epochs = {one.trial_id: each.get(one.trial_id, median(known)) for one in finalists}
    return {name: Cost(epoch, start + _FORWARD * _VIEWS * answered * epoch) for name, epoch in epochs.items()}


def forecast(finals: Finals, costs: Mapping[str, Cost]) -> dict[str, float]:
    """Return the seconds that the next beginning of each finalist in ``costs`` is to take.

    What its own have taken; else what it costs, times what the others' have taken of their costs.
    """
    taken = {one.trial_id: [each.seconds for each in one.beginnings] for one in finals.finalists}
    expected = {name: cost.seconds(finals.epochs) for name, cost in costs.items()}
    both = [(seconds, expected[name]) for name in expected for seconds in taken.get(name, [])]
    ratio = sum(seconds for seconds, _ in both) / sum(each for _, each in both) if both else 1.0
    return {name: fmean(taken[name]) if taken.get(name) else ratio * each for name, each in expected.items()}


def as_measured(finals: Finals, costs: Mapping[str, Cost]) -> dict[str, Cost]:
    """Return the costs as the beginnings that have ended tell them, for those of any length.

    A machine that is slower than the search's is so for each epoch.
    """
    expected = forecast(finals, costs)
    return {name: cost.times(expected[name] / cost.seconds(finals.epochs)) for name, cost in costs.items()}


def makespan(seconds: Sequence[float], slots: int) -> float:
    """Return the seconds until all of some trainings have ended, each begun in turn on the first free slot."""
    free = [0.0] * max(1, slots)
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    return max(free)
