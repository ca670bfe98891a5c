"""The length scale that makes observations likeliest, over scikit-learn's bounds and from more starts than its own.

With one length scale the log likelihood is a curve: it is scanned over the whole interval, and `scipy.optimize` looks
for the maximum beside each of the scan's highest points. `scipy.optimize` alone finds one maximum of several.
"""

import functools
import math

import numpy as np
from scipy.optimize import minimize_scalar

from search.oracles.gaussian_process import Floats, Likelihood, normalise

# Those of sklearn.gaussian_process.kernels.Matern, and its start at a length of 1 is among the steps.
_LOWEST, _HIGHEST = math.log(1e-5), math.log(1e5)
_STEPS = np.linspace(_LOWEST, _HIGHEST, 41)
_SCANNED_WHOLE = 128
# In log likelihood: what is not worth another evaluation; between steps a maximum rises by less than so much a point.
_EVEN = 1e-6
_RISE = 0.1
# In the logarithm of the length: with this the likelihood lies within 1e-3 of the maximum's for 1,000 points.
_PRECISION = 1e-3


def likeliest_length(points: Floats, targets: Floats, *, noise: float) -> float:
    """Return the length scale in 1e-5 … 1e5 of greatest marginal likelihood for ``targets`` (n,) at ``points`` (n, d).

    Up to 128 observations the scan sees all of them. Beyond, it sees every k-th, and the curve of all observations is
    climbed from the tops of that scan: a likelihood costs n³.
    """
    stride = -(-len(points) // _SCANNED_WHOLE)
    starts = list(range(len(_STEPS)))
    if stride > 1:
        part = _Curve(points[::stride], targets[::stride], noise)
        starts = [*part.tops(starts), len(_STEPS) // 2, 0]
    curve = _Curve(points, targets, noise)
    best, place = -math.inf, 0.0
    for top in curve.tops(starts):
        if curve.value(top) + _RISE * len(points) > best:
            best, place = max((best, place), curve.maximum(top))
    return math.exp(place)


class _Curve:
    """A likelihood over the logarithm of the length, at the steps looked at so far."""

    def __init__(self, points: Floats, targets: Floats, noise: float) -> None:
        self._likelihood = Likelihood(points, normalise(targets)[0], noise)
        self.value = functools.cache(self._value)

    def _value(self, step: int) -> float:
        return self._likelihood.value(float(_STEPS[step])) if 0 <= step < len(_STEPS) else -math.inf

    def tops(self, starts: list[int]) -> list[int]:
        """Climb from each of ``starts``; return the steps reached, the highest first, of a plateau only the lowest."""
        reached = {self._climbed(start) for start in starts}
        tops = [step for step in reached if self.value(step) > self.value(step - 1) + _EVEN]
        return sorted(tops, key=self.value, reverse=True)

    def _climbed(self, step: int) -> int:
        while self.value(higher := max(step - 1, step + 1, key=self.value)) > self.value(step) + _EVEN:
            step = higher
        return step

    def maximum(self, top: int) -> tuple[float, float]:
        """Return the greatest likelihood between the neighbours of ``top``, and where it lies."""
        bounds = _STEPS[max(top - 1, 0)], _STEPS[min(top + 1, len(_STEPS) - 1)]
        result = minimize_scalar(
            lambda place: -self._likelihood.value(place), bounds=bounds, options={"xatol": _PRECISION}
        )
        return max((self.value(top), float(_STEPS[top])), (-float(result.fun), float(result.x)))
