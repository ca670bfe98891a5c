"""A Gaussian process with a Matérn 5/2 kernel of one length scale: fitting it and asking it, in whole arrays.

The model is scikit-learn's `GaussianProcessRegressor(Matern(nu=2.5), alpha=noise, normalize_y=True)`; formulas are
those of Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), sections 2.2 and 5.4.1.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
_SQRT5 = math.sqrt(5.0)


class Likelihood:
    """The log marginal likelihood of observations as a function of the logarithm of the kernel's length scale.

    ``points``: float64, (n, d); ``targets``: float64, (n,), of mean 0 and variance 1; ``noise`` is added to the
    kernel's diagonal.
    """

    def __init__(self, points: Floats, targets: Floats, noise: float) -> None:
        self._distances = _SQRT5 * cdist(points, points)
        self._targets = targets
        self._noise = noise
        # Filled again at each call: fresh memory of this size costs as much as the arithmetic.
        self._room = np.empty((2, *self._distances.shape))

    def value(self, log_length: float) -> float:
        """Return the log likelihood; −∞ where the kernel's matrix is not positive definite to working precision."""
        negative, kernel = self._room
        np.multiply(self._distances, -math.exp(-log_length), out=negative)
        np.multiply(negative, negative, out=kernel)
        kernel /= 3.0
        kernel -= negative
        kernel += 1.0
        kernel *= np.exp(negative, out=negative)
        count = len(self._targets)
        kernel.flat[:: count + 1] += self._noise
        # Symmetric, so its transpose is itself, in the order that LAPACK can overwrite.
        lower, failed = lapack.dpotrf(kernel.T, lower=True, overwrite_a=True, clean=True)
        if failed:
            return -math.inf
        weights, _ = lapack.dpotrs(lower, self._targets, lower=True)
        logarithms = float(np.log(lower.diagonal()).sum())
        return -0.5 * float(self._targets @ weights) - logarithms - 0.5 * count * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Posterior:
    """The process given observations, in the observations' own units.

    ``points``: float64, (n, d); ``targets``: (n,); ``inverse``: (n, n), lower, of the kernel's Cholesky factor;
    ``weights``: (n,); ``mean`` and ``deviation`` undo the normalisation of the targets.
    """

    points: Floats
    targets: Floats
    length: float
    inverse: Floats
    weights: Floats
    mean: float
    deviation: float

    @classmethod
    def given(cls, points: Floats, targets: Floats, *, length: float, noise: float) -> "Posterior":
        """Condition a process of known ``length`` scale on ``targets`` (n,) seen at ``points`` (n, d).

        Raises numpy.linalg.LinAlgError if the kernel's matrix is not positive definite: the noise is too small.
        """
        normalised, mean, deviation = normalise(targets)
        kernel = _matern(_SQRT5 / length * cdist(points, points))
        kernel.flat[:: len(points) + 1] += noise
        lower = np.linalg.cholesky(kernel)
        weights, _ = lapack.dpotrs(lower.T, normalised, lower=False)
        transposed, _ = lapack.dtrtri(lower.T, lower=False)
        return cls(points, targets, length, transposed.T, weights, mean, deviation)

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, (m,) each, at ``points`` (m, d)."""
        kernel = _matern(_SQRT5 / self.length * cdist(points, self.points))
        whitened = kernel @ self.inverse.T
        variance = np.maximum(1.0 - np.einsum("ij,ij->i", whitened, whitened), 0.0)
        return self.mean + self.deviation * (kernel @ self.weights), self.deviation * np.sqrt(variance)

    def lower_bound(self, points: Floats, beta: float) -> Floats:
        """Return mean − ``beta`` × standard deviation, (m,), at ``points`` (m, d)."""
        mean, deviation = self.predict(points)
        return mean - beta * deviation

    def lower_bound_and_gradient(self, points: Floats, beta: float) -> tuple[Floats, Floats]:
        """Return mean − ``beta`` × standard deviation, (m,), and its gradient, (m, d), at ``points`` (m, d)."""
        scaled = _SQRT5 / self.length * cdist(points, self.points)
        decay = np.exp(-scaled)
        kernel = (1.0 + scaled + scaled * scaled / 3.0) * decay
        whitened = kernel @ self.inverse.T
        variance = np.maximum(1.0 - np.einsum("ij,ij->i", whitened, whitened), 1e-12)
        deviation = np.sqrt(variance)
        bound = kernel @ self.weights - beta * deviation
        # ∂bound/∂kernel, then ∂k/∂x = −5/(3 l²) (1 + s) e⁻ˢ (x − x').
        by_kernel = self.weights + (beta / deviation)[:, None] * (whitened @ self.inverse)
        pull = by_kernel * (1.0 + scaled) * decay * (-5.0 / (3.0 * self.length**2))
        gradient = pull.sum(axis=1)[:, None] * points - pull @ self.points
        return self.mean + self.deviation * bound, self.deviation * gradient


def normalise(targets: Floats) -> tuple[Floats, float, float]:
    """Return targets of mean 0 and variance 1, the mean, and the standard deviation (1 where they are all equal)."""
    mean, deviation = float(np.mean(targets)), float(np.std(targets))
    if deviation < 10 * np.finfo(np.float64).eps * max(1.0, abs(mean)):
        deviation = 1.0
    return (targets - mean) / deviation, mean, deviation


def _matern(scaled: Floats) -> Floats:
    """Return (1 + s + s²/3) e⁻ˢ for s = √5 × distance / length."""
    kernel: Floats = (scaled * scaled / 3.0 + scaled + 1.0) * np.exp(-scaled)
    return kernel
