"""The average of several networks' answers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def weighted_mean(members: Sequence[npt.NDArray[np.floating]], weights: Sequence[float]) -> npt.NDArray[np.float32]:
    """Average probabilities, (n, classes) each, by weights above 0, of any sum: float32 (n, classes)."""
    return np.asarray(np.average(members, axis=0, weights=weights), np.float32)
