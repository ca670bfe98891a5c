"""Brightness, colour, noise and cutout: what changes an image's pixels where they are.

All in 8 bits and in place, by OpenCV's vector instructions: together about as fast as the warp. Noise is made from
one random byte a value, looked up among 256 quantiles of the normal distribution, which is several times as fast as
drawing normal numbers; it therefore ends at ±2.9 standard deviations.
"""

from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from datasets.images.opencv import one_threaded_opencv
from datasets.training.augmentation import Augmentation

CHANCES = 7
"""Numbers in [0, 1) that an image takes, besides the bytes of its noise."""
_APART = 8
"""Steps between the pixels that are looked at first."""


def jitter(
    images: npt.NDArray[np.uint8],
    augmentation: Augmentation,
    *,
    chance: npt.NDArray[np.float64],
    generator: np.random.Generator,
) -> None:
    """Change images in place: first their light, then the noise, as a camera does; then the square is cut out.

    ``images`` are uint8, (n, height, width, 3); ``chance``, float64 in [0, 1), (n, ``CHANCES``), says where each lies
    between the bounds; the noise comes from ``generator``. Images without colours get none.
    """
    grey = _are_grey(images) if augmentation.colour_jitter or augmentation.noise else np.zeros(len(images), bool)
    if augmentation.brightness or augmentation.colour_jitter:
        _scale(images, _gains(chance, augmentation, grey))
    if augmentation.noise:
        _add_noise(images, augmentation.noise * chance[:, 4], grey, generator)
    if augmentation.cutout:
        _cut_out(images, augmentation.cutout, chance[:, 5:7])


def _are_grey(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Say of each image whether its channels are equal: bool, (n,)."""
    grey = np.ones(len(images), bool)
    for apart in (_APART, 1):  # few pixels show colour in nearly all that have any
        some = images[grey, ::apart, ::apart]
        grey[grey] = (some == some[..., :1]).all(axis=(1, 2, 3))
    return grey


def _gains(
    chance: npt.NDArray[np.float64], augmentation: Augmentation, grey: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return what each image's channels are multiplied by, (n, 3): one factor for all, and of colours one for each."""
    signed = 2 * chance - 1
    own = augmentation.colour_jitter * np.where(grey[:, np.newaxis], 0, signed[:, 1:4])
    return np.asarray((1 + augmentation.brightness * signed[:, :1]) * (1 + own), np.float64)


def _scale(images: npt.NDArray[np.uint8], gains: npt.NDArray[np.float64]) -> None:
    cv2 = one_threaded_opencv()
    for image, gain in zip(images, gains.tolist(), strict=True):
        cv2.multiply(image, (*gain, 1.0), image)  # rounded, and held within 0–255


def _add_noise(
    images: npt.NDArray[np.uint8],
    deviations: npt.NDArray[np.float64],
    grey: npt.NDArray[np.bool_],
    generator: np.random.Generator,
) -> None:
    cv2 = one_threaded_opencv()
    # All at once and before any is used: how many bytes are drawn depends on the shape alone.
    drawn = generator.integers(0, 256, images.shape, dtype=np.uint8)
    drawn[grey] = drawn[grey, :, :, :1]
    levels = deviations.astype(np.float32)[:, np.newaxis] * _normal_quantiles()
    for image, places, table in zip(images, drawn, levels, strict=True):
        cv2.add(image, cv2.LUT(places, table), image, dtype=cv2.CV_8U)


@cache
def _normal_quantiles() -> npt.NDArray[np.float32]:
    """256 equally likely values of a normal distribution, float32, with a standard deviation of exactly 1."""
    values = np.array([NormalDist().inv_cdf((place + 0.5) / 256) for place in range(256)])
    return np.asarray(values / values.std(), np.float32)


def _cut_out(images: npt.NDArray[np.uint8], fraction: float, chance: npt.NDArray[np.float64]) -> None:
    """Blacken one square an image, whose centre is anywhere in it: towards a border less is cut (DeVries & Taylor)."""
    height, width = images.shape[1:3]
    side = round(fraction * min(height, width))
    starts = np.floor(chance * (height, width)).astype(int) - side // 2
    for image, (top, left) in zip(images, starts.tolist(), strict=True):
        image[max(top, 0) : top + side, max(left, 0) : left + side] = 0
