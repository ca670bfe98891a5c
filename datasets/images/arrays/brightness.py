"""What is black and what is white in an array: stated by the user, or evident from all of its values.

A picture is uint8, 0–255. Floats and wider integers have no brightness scale of their own. Two are evident: 0–1, and
0–255 where all are whole numbers or the brightest comes near the end. Anything else would come out dark or clipped, so
it is refused until the user states the scale.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError
from datasets.images.value_range import value_range

OVERSHOOT = 0.02
"""Part of a stated range that values may lie beyond it, and are clipped: what resampling adds at sharp edges."""
SEEN = 0.25
"""Part of the range that the brightest pixel of half of the images reaches at least, where the range is not stated."""

_NEAR_WHITE = 250
_WIDER = 4
"""Times the width of an evident scale: whose values are faint on one wider still are not on that."""


@dataclass(frozen=True)
class Scale:
    """The values that become 0 and 255."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}–{self.high:g}"

    @classmethod
    def stated(cls, text: str | None) -> "Scale | None":
        """Read a range as a user states it, ``LOW,HIGH``, or None. Raises ImageError where it is something else."""
        try:
            return None if text is None else cls(*value_range(text))
        except ValueError as error:
            raise ImageError(f"expected a value range LOW,HIGH, two numbers, found {text}") from error

    def holds(self, extent: "Extent") -> bool:
        """Say whether values lie in the range, but for what resampling adds."""
        room = OVERSHOOT * (self.high - self.low)
        return extent.low >= self.low - room and extent.high <= self.high + room

    def pixels(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
        """Scale an image to uint8. Raises ImageError where a value is not a number."""
        if values.dtype == np.uint8 and (self.low, self.high) == (0, 255):
            return values.view(np.uint8)
        levels = (np.asarray(values, np.float64) - self.low) * (255 / (self.high - self.low))
        if not np.isfinite(levels).all():
            raise ImageError("has values that are not numbers (NaN or infinite)")
        return np.rint(levels).clip(0, 255).astype(np.uint8)


AS_IT_IS = Scale(0, 255)


@dataclass(frozen=True)
class Extent:
    """What the values of a whole stack are like; images with values that are no numbers are not in it.

    ``seen`` is the median over the images of their brightest pixel.
    """

    low: float
    high: float
    seen: float
    whole: bool

    @classmethod
    def of(cls, slices: Iterable[npt.NDArray[np.generic]]) -> "Extent":
        """Go through a stack, slices of rows at a time. Raises ImageError where no image has numbers alone."""
        lows, highs, whole = [], [], True
        for part in slices:
            flat = part.reshape(len(part), -1)
            finite = flat[np.isfinite(flat).all(axis=1)]
            lows.append(finite.min(axis=1))
            highs.append(finite.max(axis=1))
            whole = whole and (finite.dtype.kind in "iub" or bool((finite == np.rint(finite)).all()))
        if not any(map(len, lows)):
            raise ImageError("no image can be read, or each has values that are not numbers (NaN or infinite)")
        low, high = np.concatenate(lows).astype(np.float64), np.concatenate(highs).astype(np.float64)
        return cls(float(low.min()), float(high.max()), float(np.median(high)), whole)

    @classmethod
    def together(cls, extents: Sequence["Extent"]) -> "Extent":
        """Join those of several stacks; of what is seen, the darkest counts."""
        return cls(
            min(extent.low for extent in extents),
            max(extent.high for extent in extents),
            min(extent.seen for extent in extents),
            all(extent.whole for extent in extents),
        )


def may_be_learnt(learnt: tuple[float, float] | None, *, is_picture: bool) -> bool:
    """Say whether arrays can be on a learnt scale: pictures of uint8 are not on that of wider integers."""
    return learnt is not None and (not is_picture or (learnt[0] >= 0 and learnt[1] <= AS_IT_IS.high))


def learnt_scale(extent: Extent, learnt: tuple[float, float] | None, *, is_picture: bool) -> Scale | None:
    """Return the scale of what a model learnt from, where values may be on it; None where they evidently are not.

    So they are where another scale is evident, on which they are black nowhere, or that is far narrower: pictures from
    0 to 1 are not on a scale to 65,535, though they fit in it.
    """
    if learnt is None or not may_be_learnt(learnt, is_picture=is_picture) or not Scale(*learnt).holds(extent):
        return None
    scale, evident = Scale(*learnt), AS_IT_IS if is_picture else _evident(extent)
    if evident is None:
        return scale
    width = scale.high - scale.low
    is_dark, is_bright = extent.low <= scale.low + SEEN * width, extent.seen >= scale.low + SEEN * width
    return scale if is_dark and (is_bright or width <= _WIDER * (evident.high - evident.low)) else None


def scale_of(extent: Extent, scale: Scale | None) -> Scale:
    """Return the scale that is stated, or else the evident one.

    Raises ImageError, with the way out, where there is none, or values lie outside of what is stated.
    """
    found = f"values from {extent.low:g} to {extent.high:g}"
    if scale is None:
        scale = _evident(extent)
        if scale is None:
            raise ImageError(
                f"{found}: expected pictures, 0–1 or 0–255, with galaxies bright enough to be seen; "
                "say which are black and white with --value-range LOW,HIGH, or stretch them as you want them seen"
            )
        return scale
    if not scale.holds(extent):
        raise ImageError(f"{found}, beyond the range {scale} that --value-range states: state one that holds them all")
    return scale


def _evident(extent: Extent) -> Scale | None:
    if extent.low >= 0 and extent.high <= 1:
        scale = Scale(0, 1)
    elif extent.low >= 0 and extent.high <= 255 and (extent.whole or extent.high > _NEAR_WHITE):
        scale = AS_IT_IS
    else:
        return None
    return scale if extent.seen >= SEEN * scale.high else None
