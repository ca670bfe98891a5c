"""How the time of a fit is parted, and how long its trials train: from the dataset's size and the machine's speed."""

import math
from dataclasses import dataclass

from search import FitRecord

_SEARCHING = 0.5
"""Share of the time that goes to the search, at most; the rest trains finalists."""
_ENOUGH = 12
"""Full trainings of the defaults within all the time, from which on the search gets that share.

With fewer it would take from the finalists, of few and short trainings, what it cannot make use of: its trials, shorter
still, do not tell which configuration is good. With a third of that and half of the time for the search, macro F1 on
500 real galaxies was 0.06 below what the defaults alone reached (`tests/benchmarks/RESULTS.md`).
"""
_ENOUGH_VALIDATED = 400
"""Validation rows from which on it gets that share: macro F1 on 200 has a standard deviation near 0.04, on a quarter of
them twice that, and configurations differ by less. Finalists, over several divisions, tell more of who is best."""
_EPOCHS_OF, _ROWS_OF, _POWER = 20, 20_000, 0.3
"""Epochs that a network of 20,000 training rows needs (`tests/benchmarks/accuracy`), and how many more fewer rows want:
an epoch of a tenth of the rows is a tenth of the steps, but they are seen that often."""
_MOST_EPOCHS, _FEWEST_EPOCHS = 100, 3
_TRIALS, _FEWEST_TRIALS = 12, 2
"""Trials that a search should have, for its oracle to learn anything: epochs are cut down for that. And the fewest."""
_SHARE_TRAINED = 0.45
"""Share of its epochs that a trial trains on average where weak ones are stopped early, measured."""


@dataclass(frozen=True)
class FitPlan:
    """What a fit does with its time.

    Attributes:
        epochs: Longest training of a trial.
        search_seconds: After which the search ends and the finalists' training begins, from the start.
        trials: About so many trials the search should come to.
    """

    epochs: int
    search_seconds: float
    trials: int


def epochs_for(rows: int) -> int:
    """Return the epochs that a network wants which is trained on so many rows, where time is no matter."""
    wanted: float = _EPOCHS_OF * (_ROWS_OF / max(rows, 1)) ** _POWER
    return round(min(max(wanted, _EPOCHS_OF), _MOST_EPOCHS))


def most_searching(seconds: float) -> float:
    """Return the seconds after which the search of a fit ends at the latest, which has so many in all."""
    return seconds * _SEARCHING


def share_of_more(before: FitRecord, time_limit: float, *, validated: int) -> float:
    """Return the share for the search of the time by which a fit is prolonged, to ``time_limit`` seconds in all.

    It grows with the time, as that of a fit which had it all from the start.
    """
    grown = before.search_seconds / before.time_limit * time_limit / before.time_limit
    return min(grown, _SEARCHING * min(1.0, validated / _ENOUGH_VALIDATED))


def plan_fit(
    *,
    seconds: float,
    rows: int,
    validated: int,
    epoch_seconds: float,
    slots: int,
    begun: float,
    epochs: int | None = None,
    trials: int | None = None,
) -> FitPlan:
    """Plan a fit.

    Args:
        seconds: All its time.
        rows: Of the training split.
        validated: Rows of the validation split.
        epoch_seconds: What an epoch of the space's defaults takes in one of the slots.
        slots: Trials at a time.
        begun: Seconds that are spent already.
        epochs: What was asked for; None lets the plan choose.
        trials: The most that there will be; None for as many as there is time for.
    """
    wanted = epochs_for(rows) if epochs is None else epochs
    left = max(seconds - begun, 0.0)
    share = min(1.0, left * slots / (epoch_seconds * wanted) / _ENOUGH, validated / _ENOUGH_VALIDATED)
    search_seconds = min(begun + share * _SEARCHING * left, most_searching(seconds))
    most = math.inf if trials is None else trials
    affordable = max(search_seconds - begun, 0.0) * min(slots, most) / epoch_seconds
    if epochs is None:
        planned = min(max(_FEWEST_TRIALS, _TRIALS * share), most)
        wanted = max(_FEWEST_EPOCHS, min(wanted, round(affordable / (planned * _SHARE_TRAINED))))
    return FitPlan(wanted, search_seconds, round(min(max(1, affordable / (_SHARE_TRAINED * wanted)), most)))
