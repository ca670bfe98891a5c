"""How the time of a fit is parted, and how long its trials train: from the dataset's size and the machine's speed."""

from dataclasses import dataclass

_SEARCHING = 0.5
"""Share of the time that goes to the search; the rest trains finalists."""
_EPOCHS_OF, _ROWS_OF, _POWER = 20, 20_000, 0.3
"""Epochs that a network of 20,000 training rows needs (`tests/benchmarks/accuracy`), and how many more fewer rows want:
an epoch of a tenth of the rows is a tenth of the steps, but they are seen that often."""
_MOST_EPOCHS, _FEWEST_EPOCHS = 100, 3
_TRIALS = 12
"""Trials that a search should have at least, for its oracle to learn anything: epochs are cut down for that."""
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


def searching(seconds: float) -> float:
    """Return the seconds after which the search of a fit ends, which has so many in all."""
    return seconds * _SEARCHING


def plan_fit(
    *, seconds: float, rows: int, epoch_seconds: float, slots: int, begun: float, epochs: int | None = None
) -> FitPlan:
    """Plan a fit.

    Args:
        seconds: All its time.
        rows: Of the training split.
        epoch_seconds: What an epoch of the space's defaults takes in one of the slots.
        slots: Trials at a time.
        begun: Seconds that are spent already.
        epochs: What was asked for; None lets the plan choose.
    """
    search_seconds = searching(seconds)
    affordable = max(search_seconds - begun, 0.0) * slots / epoch_seconds
    if epochs is None:
        epochs = max(_FEWEST_EPOCHS, min(epochs_for(rows), round(affordable / (_TRIALS * _SHARE_TRAINED))))
    return FitPlan(epochs, search_seconds, max(1, round(affordable / (_SHARE_TRAINED * epochs))))
