"""Augmentation of a batch: one warp an image, then changes of its pixels."""

import numpy as np
import numpy.typing as npt

from datasets.training import jitter, warping
from datasets.training.augmentation import Augmentation


def augment(
    images: npt.NDArray[np.uint8], augmentation: Augmentation, *, generator: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Vary each image at random: a new array.

    Args:
        images: uint8, (n, height, width, 3), unchanged.
        augmentation: the magnitudes.
        generator: source of chance. How much is drawn from it depends on the shape of ``images`` and on which
            magnitudes are 0, never on pixels: an image is varied by its place alone.

    Returns:
        uint8, (n, height, width, 3).
    """
    chance = generator.random((len(images), warping.CHANCES))
    varied = warping.warped(images, augmentation, chance=chance) if augmentation.warps else images.copy()
    if augmentation.jitters:
        chance = generator.random((len(images), jitter.CHANCES))
        jitter.jitter(varied, augmentation, chance=chance, generator=generator)
    return varied
