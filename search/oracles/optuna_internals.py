"""All that is used of Optuna's private names, with its reason. Made for Optuna 5.0.

Its sampler proposes what it has drawn itself; how it would judge a configuration that is given, it does not tell.
"""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler

from search.errors import SearchError

Floats = npt.NDArray[np.float64]
Represented = tuple[dict[str, Any], dict[str, BaseDistribution]]
"""A configuration as Optuna has it: parameters and their distributions, by name."""
CANDIDATES = 24
"""How many candidates Optuna's sampler draws and compares."""

try:
    from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator

    _USED = TPESampler._compute_acquisition_func, _ParzenEstimator.log_pdf
except (AttributeError, ImportError) as error:
    raise SearchError(f"Galaxy Tuner was made for Optuna 5.0, but this is {version('optuna')}: {error}") from error


class NotingSampler(TPESampler):
    """Optuna's sampler, which notes the densities that it compares its candidates by."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, n_ei_candidates=CANDIDATES)
        self._noted: list[tuple[tuple[str, ...], _ParzenEstimator, _ParzenEstimator]] = []

    def _compute_acquisition_func(
        self, samples: dict[str, npt.NDArray[Any]], mpe_below: _ParzenEstimator, mpe_above: _ParzenEstimator
    ) -> npt.NDArray[Any]:
        self._noted.append((tuple(samples), mpe_below, mpe_above))
        return super()._compute_acquisition_func(samples, mpe_below, mpe_above)

    def log_densities(self, configurations: Sequence[Represented]) -> tuple[Floats, Floats]:
        """Return the log densities of good and of other trials, (n,) each, at configurations, once it has been asked.

        What is known of the groups of parameters that a configuration has is added up, as if they were independent:
        that is what the sampler takes them for.
        """
        good, poor = np.zeros((2, len(configurations)))
        for names, below, above in self._noted:
            rows = [row for row, (params, _) in enumerate(configurations) if set(names) <= params.keys()]
            if not rows:
                continue
            points = {
                name: np.array(
                    [configurations[row][1][name].to_internal_repr(configurations[row][0][name]) for row in rows]
                )
                for name in names
            }
            good[rows] += below.log_pdf(points)
            poor[rows] += above.log_pdf(points)
        return good, poor
