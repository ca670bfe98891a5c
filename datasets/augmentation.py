"""Augmentation: rotation, zoom, shift and flip of an image in one resampling.

A galaxy has no up, so any turn or mirror image of it is as likely as itself; zoom and shift cover the spread of
distances and of centring. One affine warp does all of them at once, which keeps the image sharper than one
resampling for each and is several times as fast.
"""

from dataclasses import dataclass
from types import ModuleType
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Augmentation:
    """Magnitudes of augmentation; every one at its default leaves images as they are.

    Attributes:
        rotation: turned by up to this many degrees either way, 0–180.
        zoom: scaled by a factor in [1 - zoom, 1 + zoom], 0 to below 1.
        shift: moved by up to this fraction of the image's side along each axis, 0–1.
        flip: mirrored left to right, every second image on average.

    Raises:
        ValueError: a field breaks its rule.
    """

    rotation: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    flip: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.rotation <= 180:
            raise ValueError(f"augmentation.rotation must be 0 to 180 degrees, got {self.rotation}")
        if not 0 <= self.zoom < 1:
            raise ValueError(f"augmentation.zoom must be at least 0 and below 1, got {self.zoom}")
        if not 0 <= self.shift <= 1:
            raise ValueError(f"augmentation.shift must be 0 to 1 of the image's side, got {self.shift}")

    @classmethod
    def of_strength(cls, strength: float) -> Self:
        """Make all magnitudes from one number, 0–1, so that a search has one value to vary.

        0 is no augmentation. Above it images are flipped, turned by up to 180° × strength, zoomed by up to
        20 % × strength and shifted by up to 6 % × strength: at 1 any orientation, and a size and a centring
        within what differs between surveys' cut-outs.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"the strength of augmentation must be 0 to 1, got {strength}")
        return cls(rotation=180 * strength, zoom=0.2 * strength, shift=0.06 * strength, flip=strength > 0)

    @property
    def is_identity(self) -> bool:
        """Whether images are left as they are."""
        return not (self.rotation or self.zoom or self.shift or self.flip)


def augment(
    images: npt.NDArray[np.uint8], augmentation: Augmentation, *, generator: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Vary each image at random: a new array of one affine warp each, bilinear, reflected at the border.

    Args:
        images: uint8, (n, height, width, 3), unchanged.
        augmentation: the magnitudes.
        generator: source of chance; five numbers an image are drawn from it, whatever the magnitudes.

    Returns:
        uint8, (n, height, width, 3).
    """
    chance = generator.random((len(images), 5))
    if augmentation.is_identity:
        return images.copy()
    cv2 = _opencv()
    height, width = images.shape[1:3]
    varied = np.empty_like(images)
    for image, matrix, target in zip(images, _matrices(chance, augmentation, height, width), varied, strict=True):
        cv2.warpAffine(
            image, matrix, (width, height), target, cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REFLECT_101
        )
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


def _opencv() -> ModuleType:
    """Import OpenCV without threads of its own: a trial uses the CPUs it was given, and a 64-pixel warp needs one."""
    import cv2

    if cv2.getNumThreads() != 1:
        cv2.setNumThreads(1)
    return cv2
