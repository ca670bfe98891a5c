"""Whether there is anything on a picture."""

import numpy as np
import numpy.typing as npt

_SPREAD = 12
"""Levels of 255 by which noise alone may make pixels differ."""
_PARTS, _EVEN = 8, 2
"""Parts a side that an image is looked at in, and the levels by which their means differ where nothing is on it."""
_APART = 8
"""Steps between the pixels that are looked at first."""
_DARK = 8
"""Brightness of its brightest hundredth below which a picture shows nothing."""
_BRIGHT = 200
"""Brightness of its middle one from which on there may be more to see at another stretch."""
_BURNT = 245
"""Brightness of its middle one from which on it shows nothing either."""


def is_blank(pixels: npt.NDArray[np.uint8]) -> bool:
    """Say whether there is no more than noise on a picture, (side, side, 3): on black, on white or any one shade.

    A dark galaxy is more: the parts of the picture that it covers are brighter than the others.
    """
    few = pixels[::_APART, ::_APART, 1]
    if int(few.max()) - int(few.min()) > _SPREAD:  # as nearly all; this takes a tenth of the time
        return False
    if np.ptp(pixels, axis=(0, 1)).max() > _SPREAD:
        return False
    count = min(_PARTS, len(pixels))
    side = len(pixels) // count
    parts = pixels[: count * side, : count * side].reshape(count, side, count, side, 3)
    return bool(np.ptp(parts.mean(axis=(1, 3)), axis=(0, 1)).max() <= _EVEN)


def shade(pixels: npt.NDArray[np.uint8]) -> str:
    """Name the one shade of a blank picture."""
    mean = pixels.mean(axis=(0, 1))
    if mean.max() < _SPREAD:
        return "black"
    return "white" if mean.min() > 255 - _SPREAD else f"about ({', '.join(f'{value:.0f}' for value in mean)})"


def is_readable(pixels: npt.NDArray[np.uint8]) -> bool:
    """Say whether a picture is neither black all over nor bright over half of it."""
    bright = np.sort(pixels.max(axis=2), axis=None)
    return bool(bright[-max(len(bright) // 100, 1) :].mean() >= _DARK and np.median(bright) < _BRIGHT)


def is_burnt(pixels: npt.NDArray[np.uint8]) -> bool:
    """Say whether a picture is white, or of colours as bright, over half of it, as no galaxy is that is zoomed on."""
    return bool(np.median(pixels.max(axis=2)) >= _BURNT)
