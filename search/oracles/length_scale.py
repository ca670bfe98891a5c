"""The length scale that makes observations likeliest, over scikit-learn's bounds and from more starts than its own.

With one length scale the log likelihood is a curve: it is scanned over the whole interval, and the derivative is
followed to its zero beside the highest points of the scan.
"""

import math

import numpy as np

from search.oracles.gaussian_process import Floats, Likelihood, normalise

# Those of sklearn.gaussian_process.kernels.Matern, and its start at a length of 1 is among the steps.
_LOWEST, _HIGHEST = math.log(1e-5), math.log(1e5)
_STEPS = np.linspace(_LOWEST, _HIGHEST, 41)
_SCANNED_WHOLE = 128
# In log likelihood: what is not worth another evaluation, along the scan and at the summit.
_EVEN = 1e-6
_SLIGHT = 1e-3
_ROUNDS = 30


def likeliest_length(points: Floats, targets: Floats, *, noise: float) -> float:
    """Return the length scale in 1e-5 … 1e5 of greatest marginal likelihood for ``targets`` (n,) at ``points`` (n, d).

    Up to 128 observations the scan sees all of them. Beyond, it sees every k-th, and the curve of all observations is
    climbed from the tops of that scan: a likelihood costs n³.
    """
    normalised, _, _ = normalise(targets)
    likelihood = Likelihood(points, normalised, noise)
    scan = _Scan(likelihood)
    for top in _starts(points, targets, noise):
        scan.climb(top)
    best_value, best = -math.inf, 0.0
    for step in scan.tops():
        # A top that is far below another one's value cannot pass it within a step.
        if scan.values[step] + scan.rise(step) < best_value:
            continue
        value, place = _polish(likelihood, *scan.bracket(step), scan.summit(step))
        if value > best_value:
            best_value, best = value, place
    return math.exp(best)


def _starts(points: Floats, targets: Floats, noise: float) -> list[int]:
    """Return the steps to climb from: all of them for few observations."""
    stride = -(-len(points) // _SCANNED_WHOLE)
    if stride == 1:
        return list(range(len(_STEPS)))
    part, _, _ = normalise(targets[::stride])
    scan = _Scan(Likelihood(points[::stride], part, noise))
    for step in range(len(_STEPS)):
        scan.value(step)
    return [*scan.tops(), len(_STEPS) // 2, 0]


class _Scan:
    """Values of a likelihood at the steps looked at so far."""

    def __init__(self, likelihood: Likelihood) -> None:
        self.values: dict[int, float] = {}
        self._likelihood = likelihood

    def value(self, step: int) -> float:
        if not 0 <= step < len(_STEPS):
            return -math.inf
        if step not in self.values:
            self.values[step] = self._likelihood.value(float(_STEPS[step]))
        return self.values[step]

    def climb(self, step: int) -> None:
        """Look at steps upwards from ``step`` until one is higher than its neighbours."""
        while self.value(higher := max(step - 1, step + 1, key=self.value)) > self.value(step) + _EVEN:
            step = higher

    def tops(self) -> list[int]:
        """Return the steps higher than both neighbours, the highest first; of a plateau only its lowest step."""

        def is_top(step: int) -> bool:
            before, after = self.values.get(step - 1, -math.inf), self.values.get(step + 1, -math.inf)
            return self.values[step] > before + _EVEN and self.values[step] >= after - _EVEN

        return sorted(filter(is_top, self.values), key=lambda step: -self.values[step])

    def bracket(self, step: int) -> tuple[float, float]:
        return float(_STEPS[max(step - 1, 0)]), float(_STEPS[min(step + 1, len(_STEPS) - 1)])

    def _parabola(self, step: int) -> tuple[float, float]:
        """Return slope and curvature, by steps, of the parabola through a top and its neighbours."""
        left, middle, right = self.value(step - 1), self.value(step), self.value(step + 1)
        if not math.isfinite(left + right):
            return 0.0, 0.0
        return (right - left) / 2.0, left + right - 2.0 * middle

    def summit(self, step: int) -> float:
        """Return where the top's parabola is highest."""
        slope, curvature = self._parabola(step)
        offset = -slope / curvature if curvature < 0 else 0.0
        return float(_STEPS[step] + offset * (_STEPS[1] - _STEPS[0]))

    def rise(self, step: int) -> float:
        """Return how much higher than its step a top may be: ten times the parabola's estimate."""
        slope, curvature = self._parabola(step)
        return 10.0 * slope**2 / (-2.0 * curvature) + 1e-6 if curvature < 0 else 1e-6


def _polish(likelihood: Likelihood, low: float, high: float, start: float) -> tuple[float, float]:
    """Follow the derivative to its zero in ``low`` … ``high``; return the greatest value met and where.

    The secant through the last two derivatives, or a bisection where it leaves the bracket.
    """
    place, previous = start, None
    best = (-math.inf, start)
    for _ in range(_ROUNDS):
        value, slope = likelihood.value_and_slope(place)
        best = max(best, (value, place))
        low, high = (place, high) if slope > 0 else (low, place)
        following = (low + high) / 2.0
        if previous is not None and slope != previous[1]:
            secant = place - slope * (place - previous[0]) / (slope - previous[1])
            if low < secant < high:
                following = secant
                if abs(slope * (secant - place)) < _SLIGHT and best[1] == place:
                    return value + slope * (secant - place) / 2.0, secant
        if abs(slope) * (high - low) < _EVEN:
            break
        previous, place = (place, slope), following
    return best
