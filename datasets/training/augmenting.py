"""Augmentation of a batch: each image warped once, then its pixels changed where they are.

A galaxy has no up, so any turn or mirror image of it is as likely as itself; zoom and shift cover the spread of
distances and of centring. One affine warp does all of them at once, which keeps the image sharper than one
resampling for each and is several times as fast.
"""

import numpy as np
import numpy.typing as npt

from datasets.images.opencv import one_threaded_opencv
from datasets.training import jitter
from datasets.training.augmentation import Augmentation

_WARP_CHANCES = 5
"""Numbers in [0, 1) that an image's warp takes."""


def augment(
    images: npt.NDArray[np.uint8], augmentation: Augmentation, *, generator: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Vary each image, uint8 (n, height, width, 3), at random: a new array of the same shape.

    How much is drawn from ``generator`` depends on the shape of ``images`` and on which magnitudes are 0, never on
    pixels: an image is varied by its place alone.
    """
    chance = generator.random((len(images), _WARP_CHANCES))
    varied = _warped(images, augmentation, chance) if augmentation.warps else images.copy()
    if augmentation.jitters:
        chance = generator.random((len(images), jitter.CHANCES))
        jitter.jitter(varied, augmentation, chance=chance, generator=generator)
    return varied


def _warped(
    images: npt.NDArray[np.uint8], augmentation: Augmentation, chance: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    """Warp each image, bilinear: a new array. ``chance`` says where each image lies between the bounds."""
    cv2 = one_threaded_opencv()
    height, width = images.shape[1:3]
    border = cv2.BORDER_REFLECT_101 if augmentation.border == "reflect" else cv2.BORDER_CONSTANT
    varied = np.empty_like(images)
    for image, matrix, target in zip(images, _matrices(chance, augmentation, height, width), varied, strict=True):
        cv2.warpAffine(image, matrix, (width, height), target, cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, border)
    return varied


def _matrices(
    chance: npt.NDArray[np.float64], augmentation: Augmentation, height: int, width: int
) -> npt.NDArray[np.float64]:
    """Turn numbers in [0, 1), (n, 5), into maps from target to source coordinates (x, y), (n, 2, 3)."""
    signed = 2 * chance - 1
    angle = np.radians(augmentation.rotation) * signed[:, 0]
    scale = 1 / (1 + augmentation.zoom * signed[:, 1])
    mirror = np.where(augmentation.flip & (chance[:, 4] < 0.5), -1.0, 1.0)
    linear = np.empty((len(chance), 2, 2))
    linear[:, 0, 0], linear[:, 0, 1] = mirror * scale * np.cos(angle), -mirror * scale * np.sin(angle)
    linear[:, 1, 0], linear[:, 1, 1] = scale * np.sin(angle), scale * np.cos(angle)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = augmentation.shift * signed[:, 2:4] * np.array([width, height])
    offset = centre - linear @ centre + shift
    return np.concatenate([linear, offset[:, :, np.newaxis]], axis=2)
