"""Which parts of an image a model's answer rests on: what becomes of it when they are covered.

Occlusion, Zeiler & Fergus 2014 (arXiv:1311.2901), section 4.2. It asks the model for nothing but probabilities, so it
explains any model, averages and ensembles too; Grad-CAM (Selvaraju et al. 2017) needs convolutions that can be reached,
and sees one member. Both pass the sanity check of Adebayo et al. 2018 (arXiv:1810.03292), that shuffled weights give
another map; Grad-CAM's has less to do with the first one then (`tests/benchmarks/trainer/heatmap_sanity.py`).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from datasets import Progress, silent

_PLACES = 11
"""Places of the cover along each side: fewer than 128 images in all, two batches."""
_AT_ONCE = 31
"""Images whose answers are waited for at once: a quarter of all."""
_COVER = 0.25
"""Side of the cover, in sides of the image."""


def occlusion_map(
    image: npt.NDArray[np.uint8],
    number: int,
    probabilities: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]],
    *,
    progress: Progress = silent,
) -> npt.NDArray[np.float32]:
    """Return how much the probability of a class falls when each pixel is covered, float32 (side, side), −1 to 1.

    Positive where the image speaks for the class, negative where against it. A square of the sky's colour, the median
    of the image's border, is laid over 121 places; a pixel has the mean over the squares that cover it.

    ``image`` is uint8, (side, side, 3); ``number`` is the class's; ``probabilities`` gives float32 (n, classes) for
    images uint8 (n, side, side, 3).
    """
    side = len(image)
    cover = max(1, round(_COVER * side))
    starts = np.unique(np.linspace(0, side - cover, _PLACES).round().astype(int))
    places = [(slice(top, top + cover), slice(left, left + cover)) for top in starts for left in starts]
    images = np.repeat(image[np.newaxis], len(places) + 1, axis=0)
    sky = _sky(image)
    for covered, place in zip(images[1:], places, strict=True):
        covered[place] = sky
    chances = np.zeros(len(images))
    for start in range(0, len(images), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        chances[part] = probabilities(images[part])[:, number]
        progress(min(start + _AT_ONCE, len(images)), len(images))
    total, times = np.zeros((side, side)), np.zeros((side, side))
    for place, fall in zip(places, chances[0] - chances[1:], strict=True):
        total[place] += fall
        times[place] += 1
    return (total / times).astype(np.float32)


def _sky(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return np.asarray(np.median(border, axis=0), np.uint8)
