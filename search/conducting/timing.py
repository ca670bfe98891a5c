"""Which part of the time left a trial gets: whether it may begin, over how many epochs, and how it ends with it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from search.ledger.forecast import epoch_seconds, epochs_that_fit, start_seconds
from search.ledger.ledger import Ledger
from search.ledger.records import Record, out_of_time
from search.values import Values

# What a trial takes at least before its first epoch, until one has been measured: TensorFlow's import, its tracing.
_START_SECONDS = 5.0


@dataclass(frozen=True)
class Timing:
    """What is known of how long a trial would take, by the search's own ``records``, and the seconds ``left``.

    ``is_cold``: no worker has trained yet. ``assumed`` are the seconds of an epoch until one has been measured, None
    where nothing is known.
    """

    records: Sequence[Record]
    left: float
    is_cold: bool
    assumed: float | None = None

    def epochs(self, hyperparameters: Values | None = None) -> int | None:
        """Return how many epochs a trial can finish; None where time has no end, or nothing was measured.

        ``hyperparameters`` are its own where they are known.
        """
        if math.isinf(self.left):
            return None
        if self.left <= 0:
            return 0
        epoch = epoch_seconds(self.records, hyperparameters)
        if epoch is None:
            if self.assumed is None:
                return None
            # Not measured by a worker: whether a single one fits is to be seen.
            return max(1, epochs_that_fit(self.left, start=_START_SECONDS, epoch=self.assumed))
        return epochs_that_fit(self.left, start=start_seconds(self.records, is_cold=self.is_cold), epoch=epoch)

    def fitted(self, planned: int) -> int | None:
        """Return the epochs of a schedule that ends with the time; None where all ``planned`` fit."""
        epochs = self.epochs()
        return None if epochs is None or epochs >= planned else epochs


def end_all(ledger: Ledger) -> None:
    """Record every trial that has not ended as stopped by the end of the time. The oracle hears of it at a resume."""
    for record in ledger.records(history=False):
        if not record.state.is_ended():
            ledger.write_record(out_of_time(ledger.record(record.trial_id)))
