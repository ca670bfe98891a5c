"""Out-of-distribution detection by looks: how far an image is from those that the model was validated on.

An image is described by the brightness and spread of its colours in rings around its centre. Its *novelty* is the
Mahalanobis distance of that description from validation images, as a multiple of the distance that only a stated share
of them exceeds. Lee et al. 2018 (arXiv:1807.03888) measure the distance in a network's features; on galaxies against
text, faces, noise and textures, looks did as well (`tests/benchmarks/trainer/novelty.py`), need no pass through the
model, and are there for any model.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from trainer.answering.asked import checked_images

FALSE_ALARMS = 0.03
"""Share of validation images that are taken for unlike them: below 5 % for new galaxies too, chance included."""
_RINGS = (0.0, 0.15, 0.3, 0.5, 0.75, 1.0, 1.5)
"""Borders of the rings, in half sides of the image; the last one is the corners."""
LOOKS = "rings/1"
"""The way images are described, noted wherever a `Novelty` is kept: it fits no other."""
_SMALLEST = 1e-3
"""Of a standard deviation, and of a limit: where all images are alike."""
_FOLDS = 5
Descriptions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Novelty:
    """What descriptions, (n, d), are compared with: ``mean``, (d,), and ``precision``, (d, d), both float64.

    ``limit`` is the squared Mahalanobis distance at which novelty is 1.
    """

    mean: Descriptions
    precision: Descriptions
    limit: float

    def of(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Return the novelty of images, uint8 (n, side, side, 3): float64 (n,), above 1 where unlike the known ones."""
        return np.sqrt(_squared_distances(describe(images), self.mean, self.precision) / self.limit)


def describe(images: npt.NDArray[np.uint8]) -> Descriptions:
    """Describe images, uint8 (n, side, side, 3), by 6 numbers a ring: float64 (n, 36), alike for flips and turns.

    The means of the three colours over the ring and their standard deviations, 0–1; of a ring too narrow for a pixel 0.

    Raises OptionsError for images of another type or shape.
    """
    images = checked_images(images)
    rings = ring_weights(images.shape[1])
    pixels = images.reshape(len(images), images.shape[1] ** 2, 3).astype(np.float32) / 255
    mean = rings @ pixels
    spread = np.sqrt(np.maximum(rings @ pixels**2 - mean**2, 0))
    return np.concatenate([mean, spread], axis=1, dtype=np.float64).reshape(len(images), 6 * len(rings))


def fit_novelty(descriptions: Descriptions, *, seed: int) -> Novelty | None:
    """Learn from the descriptions, (n, d), of validation images; None where they are too few to set a limit by.

    The limit is the ⌈(n + 1)(1 − FALSE_ALARMS)⌉-th smallest distance (the quantile of conformal prediction, Lei et al.
    2018, arXiv:1604.04173), each image being compared with a fit on other ones. With fewer than 33 there is no such.
    """
    rank = int(np.ceil((len(descriptions) + 1) * (1 - FALSE_ALARMS)))
    if rank > len(descriptions):
        return None
    folds = np.random.default_rng(seed).permutation(len(descriptions)) % _FOLDS
    distances = np.empty(len(descriptions))
    for fold in range(_FOLDS):
        held_out = folds == fold
        distances[held_out] = _squared_distances(descriptions[held_out], *_fit(descriptions[~held_out]))
    return Novelty(*_fit(descriptions), limit=max(float(np.sort(distances)[rank - 1]), _SMALLEST))


def _fit(descriptions: Descriptions) -> tuple[Descriptions, Descriptions]:
    """Return mean and precision, by Ledoit and Wolf's shrunk covariance of standardised numbers."""
    from sklearn.covariance import LedoitWolf

    mean, scale = descriptions.mean(axis=0), np.maximum(descriptions.std(axis=0), _SMALLEST)
    precision = LedoitWolf().fit((descriptions - mean) / scale).precision_
    return mean, precision / np.outer(scale, scale)


def _squared_distances(descriptions: Descriptions, mean: Descriptions, precision: Descriptions) -> Descriptions:
    away = descriptions - mean
    squared: Descriptions = np.einsum("ni,ij,nj->n", away, precision, away, optimize=True)
    return np.maximum(squared, 0)


@cache
def ring_weights(side: int) -> npt.NDArray[np.float32]:
    """Return what each pixel of an image counts in the mean of each ring: float32, (rings, side²)."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    radius = np.hypot(y, x).ravel() / (side / 2)
    inside = (radius[:, np.newaxis] >= _RINGS[:-1]) & (radius[:, np.newaxis] < _RINGS[1:])
    return np.ascontiguousarray((inside / np.maximum(inside.sum(axis=0), 1)).T, np.float32)
