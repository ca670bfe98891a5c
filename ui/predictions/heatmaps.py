"""Pictures of what a classification rests on: the image, and beside it the image under its heatmap."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from datasets import Folder

if TYPE_CHECKING:
    from trainer import Classification, Classifier

_SIDE, _GAP = 256, 8
_FOR, _AGAINST = np.array([255.0, 90, 30]), np.array([60.0, 120, 255])
_STRONGEST = 0.75
"""Opacity where the heatmap is highest."""
_LEAST = 0.05
"""A heatmap that stays below this change of the probability is drawn weak: its strongest part is not opaque."""


def heatmap_name(number: int, path: str) -> str:
    """Name the picture of the image ``number``, from 1: no two are equal, and none leaves its folder."""
    file = re.split(r"[/\\]", path)[-1]
    stem = file.rpartition(".")[0] or file
    return f"{number:05d}-{re.sub(r'[^A-Za-z0-9_-]+', '_', stem)[:60]}.png"


def overlay(pixels: npt.NDArray[np.uint8], heatmap: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Draw an image, uint8 (side, side, 3), and right of it the image under its heatmap, (side, side): uint8, RGBA.

    What is between them is transparent. Orange speaks for the class, blue against it; the more opaque, the more.
    """
    plain = _enlarged(Image.fromarray(pixels))
    heat = _enlarged(Image.fromarray(heatmap.astype(np.float32)))
    strength = np.clip(heat / max(float(np.abs(heatmap).max()), _LEAST), -1, 1)[..., np.newaxis]
    opacity = _STRONGEST * np.abs(strength)
    covered = plain * (1 - opacity) + np.where(strength > 0, _FOR, _AGAINST) * opacity
    opaque = ((0, 0), (0, 0), (0, 1))
    left, right = (np.pad(side, opaque, constant_values=255.0) for side in (plain, covered))
    return np.concatenate([left, np.zeros((_SIDE, _GAP, 4)), right], axis=1).clip(0, 255).astype(np.uint8)


def with_heatmaps(
    answers: "Iterable[Classification]", classifier: "Classifier", folder: Folder, first: int = 0
) -> "Iterator[Classification]":
    """Hand the ``answers`` on, and write the picture of each image that could be classified into ``folder``.

    They are the images from the ``first`` on, counted from 0.
    """
    for number, answer in enumerate(answers, first + 1):
        if answer.pixels is not None and answer.class_name is not None:
            picture = Image.fromarray(overlay(answer.pixels, classifier.heatmap(answer.pixels, answer.class_name)))
            stream = io.BytesIO()
            picture.save(stream, "PNG")
            folder.write_whole(heatmap_name(number, answer.path), stream.getvalue())
        yield answer


def _enlarged(image: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), np.float64)
