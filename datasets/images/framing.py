"""How much of its images the objects fill, and which crop would hold them.

An object is what stands out, around the centre, from the noise of the image's border. Catalogues of sources (SEP,
photutils) measure each object of a calibrated frame; here a network's crop is to be chosen for pictures of any stretch,
where the median over many of them is all that counts.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from datasets.images.opencv import one_threaded_opencv

SIDE, MOST = 128, 64
"""Pixels a side at which a source's images are measured, and images that are."""
_FEWEST = 8
"""Images, and half of those looked at, in which an object must be seen."""
_BORDER, _CENTRE, _GAP, _BLUR = 1 / 16, 1 / 6, 1 / 16, 1 / 96
"""Of the image's side: the width of the border, the radius around the centre that an object must reach into, the gap
that parts of one object may have (lobes, arms), the blur that noise is smoothed by."""
_DEVIATIONS, _LEVELS = 4.0, 4.0
"""Standard deviations of the border, and levels of 255, by which light is no noise."""
_DEVIATION = 1.4826
"""Standard deviation of normal numbers whose median distance from their middle is 1."""
_NEGATIVE = 128
"""Level of a sky from which on a picture is a negative: dark objects on white."""
_LIGHT = 0.98
"""Share of an object's light within its radius."""
_MARGIN, _STEP = 1.25, 0.05
"""What an object's circle is enlarged by, for shifts and faint light, and what a crop is rounded up to."""
_WORTH = 0.75
"""Share of the present crop from which on a smaller one is not worth another import."""
_LARGEST, _SMALLEST, _EVEN = 128, 32, 16
"""Pixels a side that are advised at most, as time grows with their square, and at least; and what they are a multiple
of."""


@dataclass(frozen=True)
class Framing:
    """How objects lie in the images of a dataset or source.

    Attributes:
        measured: number of images that were looked at.
        seen: number of those in which an object is seen.
        filled: median diameter of the objects as a share of the image's side, 0–1; None where it cannot be told, as
            objects are seen in less than half of the images.
        crop: the central part of the source's images that holds 95 % of the objects with a margin, as `--crop` takes
            it; None where that is not much less than what is there.
        image_size: side, in pixels, at which that part keeps the pixels it has in the source, 32 to 128; None likewise.
    """

    measured: int
    seen: int
    filled: float | None = None
    crop: float | None = None
    image_size: int | None = None

    @classmethod
    def of(cls, images: Iterable[npt.NDArray[np.uint8]], *, crop: float, source_side: float) -> Self:
        """Measure images, uint8 (side, side, 3), that are the central ``crop`` of ones of ``source_side`` pixels."""
        found = [object_share(image) for image in images]
        shares = [share for share in found if share is not None]
        if len(shares) < max(_FEWEST, len(found) / 2):
            return cls(len(found), len(shares))
        filled, needed = np.quantile(shares, [0.5, 0.95]).tolist()
        advised = math.ceil(crop * needed * _MARGIN / _STEP - 1e-9) * _STEP
        if advised > _WORTH * crop:
            return cls(len(found), len(shares), filled)
        side = round(advised * source_side / _EVEN) * _EVEN
        return cls(len(found), len(shares), filled, round(advised, 2), min(max(side, _SMALLEST), _LARGEST))

    @property
    def said(self) -> str:
        """What was found, for a person."""
        if self.filled is None:
            enough = "" if self.measured >= _FEWEST else f", and {_FEWEST} are needed"
            return f"cannot tell how much of the images they fill: seen in {self.seen} of {self.measured}{enough}"
        return f"fill {100 * self.filled:.0f} % of the images' width and height (median of {self.seen})"

    @property
    def advice(self) -> str | None:
        """What a person can do to have less empty sky in the images; None where there is little of it."""
        if self.crop is None or self.filled is None:
            return None
        return (
            f"objects fill {100 * self.filled:.0f} % of the images' width and height, the rest is sky: import with "
            f"`--crop {self.crop:g}`, which holds 95 % of them; `--image-size {self.image_size}` keeps their pixels"
        )


def object_share(image: npt.NDArray[np.uint8]) -> float | None:
    """Return the diameter of the object at the centre of an image, (side, side, 3), as a share of its side.

    It is that of the circle around the image's centre that holds 98 % of the object's light, 1 where the image does not
    hold it. None where nothing stands out there.
    """
    cv2 = one_threaded_opencv()
    side = len(image)
    light = cv2.GaussianBlur(image.mean(axis=2, dtype=np.float32), (0, 0), max(_BLUR * side, 0.5))
    width = max(2, round(_BORDER * side))
    edge = np.ones(light.shape, bool)
    edge[width:-width, width:-width] = False
    sky = float(np.median(light[edge]))
    noise = _DEVIATION * float(np.median(np.abs(light[edge] - sky)))
    above = light - sky if sky < _NEGATIVE else sky - light
    bright = above > max(_DEVIATIONS * noise, _LEVELS)
    reach = 2 * round(_GAP * side / 2) + 1
    near = cv2.dilate(bright.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    _, parts = cv2.connectedComponents(near)
    offsets = np.arange(side) - (side - 1) / 2
    distance = np.hypot(offsets[:, np.newaxis], offsets)
    central = np.unique(parts[bright & (distance <= _CENTRE * side)])
    belongs = bright & np.isin(parts, central[central > 0])
    if not belongs.any():
        return None
    order = np.argsort(distance[belongs])
    gathered = np.cumsum(above[belongs][order])
    radius = distance[belongs][order][np.searchsorted(gathered, _LIGHT * gathered[-1])]
    return float(min(1.0, (2 * radius + 1) / side))
