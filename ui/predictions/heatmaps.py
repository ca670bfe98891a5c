"""Pictures of what a classification rests on: the image, and beside it the same under a heatmap."""

import io
import re
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
"""Changes of the probability below are drawn as weak as they are, not as the strongest."""


def heatmap_name(number: int, path: str) -> str:
    """Name the picture of the image ``number``, from 1: no two are equal, and none leaves its folder."""
    stem = re.split(r"[/\\]", path)[-1].rpartition(".")[0] or re.split(r"[/\\]", path)[-1]
    return f"{number:05d}-{re.sub(r'[^A-Za-z0-9_-]+', '_', stem)[:60]}.png"


def overlay(pixels: npt.NDArray[np.uint8], heatmap: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Draw an image, uint8 (side, side, 3), and right of it the same under its heatmap, (side, side): uint8, RGB.

    Orange speaks for the class, blue against it; the more opaque, the more.
    """
    plain = _enlarged(Image.fromarray(pixels))
    heat = _enlarged(Image.fromarray(heatmap.astype(np.float32)))
    strength = np.clip(heat / max(float(np.abs(heatmap).max()), _LEAST), -1, 1)[..., np.newaxis]
    opacity = _STRONGEST * np.abs(strength)
    covered = plain * (1 - opacity) + np.where(strength > 0, _FOR, _AGAINST) * opacity
    gap = np.full((_SIDE, _GAP, 3), 255.0)
    return np.concatenate([plain, gap, covered], axis=1).clip(0, 255).astype(np.uint8)


def heatmap_png(classifier: "Classifier", found: "Classification") -> bytes:
    """Return the PNG of an image that was classified; raises ValueError for one that could not be."""
    if found.pixels is None or found.class_name is None:
        raise ValueError(f"{found.path} was not classified: there is nothing to explain")
    stream = io.BytesIO()
    Image.fromarray(overlay(found.pixels, classifier.heatmap(found.pixels, found.class_name))).save(stream, "PNG")
    return stream.getvalue()


def write_heatmap(folder: Folder, number: int, classifier: "Classifier", found: "Classification") -> None:
    """Write the picture of the image ``number`` whole, or nothing where it could not be classified."""
    if found.pixels is not None:
        folder.write_whole(heatmap_name(number, found.path), heatmap_png(classifier, found))


def _enlarged(image: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), np.float64)
