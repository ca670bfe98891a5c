"""Which trained members, and which views of an image, a bundle averages: validation images decide."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trainer.answering.predicting import Predictions
from trainer.final.expecting import Expecting, log_losses, saved_by

_GAIN = 0.01
"""Share of the log loss that twice the work must save."""


def choose_best(true: npt.NDArray[np.int64], members: Sequence[npt.NDArray[np.floating]]) -> tuple[int, ...]:
    """Return the index of the member with the smallest log loss; see `choose_ensemble`."""
    losses = [log_loss(true, probabilities) for probabilities in members]
    return (int(np.argmin(losses)),)


def choose_ensemble(true: npt.NDArray[np.int64], members: Sequence[npt.NDArray[np.floating]]) -> tuple[int, ...]:
    """Return the indices, ascending, of members to average: the best one and, in turn, each that improves most.

    Forward selection (Caruana et al. 2004, doi:10.1145/1015330.1015432), each member once, by the log loss to expect of
    their calibrated average (`Expecting`): it counts how sure an answer is, and so depends less on a few images than
    accuracy does.

    ``true`` is int64, (n,), n ≥ 1; ``members``, at least one, are probabilities, (n, classes) each.
    """
    expecting = Expecting(true, members)
    chosen: list[int] = []
    left = list(range(len(members)))
    best = np.inf
    while left:
        saved = saved_by([1 / (len(chosen) + 1)] * (len(chosen) + 1))
        averages = (np.mean([members[index] for index in [*chosen, one]], axis=0) for one in left)
        losses = [expecting.loss(average, saved=saved) for average in averages]
        least = int(np.argmin(losses))
        if losses[least] >= best:
            break
        best = losses[least]
        chosen.append(left.pop(least))
    return tuple(sorted(chosen))


def is_worth_twice_the_work(plain: Predictions, elaborate: Predictions) -> bool:
    """Tell whether the log loss of ``elaborate``, calibrated, is smaller by over 1 % than that of ``plain``."""
    return log_loss(*elaborate) < (1 - _GAIN) * log_loss(*plain)


def log_loss(true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> float:
    """Return the mean log loss of probabilities, (n, classes), once they are calibrated by a temperature."""
    return float(log_losses(true, probabilities).mean())
