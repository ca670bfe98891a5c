"""How long training will take, from what trials of the search have taken. Pure functions of records.

Epochs are those measured on the search's own machines, with as many trials at a time as it has.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median, quantiles

from search.ledger.records import Record
from search.values import Value

# Of a configuration that has not run: three of four take no longer.
_QUARTILES = 4


def epoch_seconds(records: Sequence[Record], hyperparameters: Mapping[str, Value] | None = None) -> float | None:
    """Return how many seconds an epoch of a configuration takes, None where no trial has been measured.

    The median of its own trials where it has run; else, and without one, the upper quartile of all trials'.
    """
    own = _measured(record for record in records if record.hyperparameters == hyperparameters)
    return median(own) if own else _upper_quartile(_measured(records))


def start_seconds(records: Iterable[Record], *, is_cold: bool = False) -> float:
    """Return how many seconds a trial takes before its first epoch: upper quartile; 0 where none has been measured.

    Of the first on a worker (``is_cold``), which has yet to import all, the longest.
    """
    measured = [record.start_seconds for record in records if record.start_seconds is not None]
    return max(measured, default=0.0) if is_cold else _upper_quartile(measured) or 0.0


def epochs_that_fit(seconds: float, *, start: float, epoch: float) -> int:
    """Return how many epochs of ``epoch`` seconds (> 0) fit into ``seconds`` (a thousand million into infinity).

    ``start`` are the seconds before the first.
    """
    return max(0, math.floor(min((seconds - start) / epoch, 1e9)))


def _measured(records: Iterable[Record]) -> list[float]:
    return [seconds for record in records if (seconds := record.seconds_an_epoch) is not None]


def _upper_quartile(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return values[0] if values else None
    return quantiles(values, n=_QUARTILES, method="inclusive")[-1]
