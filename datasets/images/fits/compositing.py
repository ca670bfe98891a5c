"""Bands of light → a picture, by the asinh stretch of Lupton et al. 2004 (PASP 116, 133), one for a whole dataset.

A picture's brightness is that of the bands' weighted mean I above the sky, asinh(Q·I / stretch) / (10·asinh(Q / 10)) as
astropy has it; its colours are the bands' ratios, balanced so that the galaxies are grey on average. Three changes keep
it readable whatever the survey. Black is measured in each image, for skies differ. Where there is little more than
noise, colours fade to grey. A colour that does not fit into a bright pixel is paled, where Lupton et al. darken the
pixel: so the order of brightness is that of the light.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from datasets.images.fits.bands import Bands, Plane
from datasets.images.fits.stretch import Stretch

BURNT = 0.015
"""Share of an image's pixels that may be white."""
_LEVELS = (0.01, 0.25, 0.5)
"""Shares of an image's pixels: the first is black, the others tell the spread of those below the middle."""
_DEEPEST = 5.0
"""Black is at most this many times the spread of the pixels below their median away from it, whatever lies lower."""
_LONGEST = 1024
"""Pixels a side of an image that its sky is measured on, at most."""
_FADED = 10.0
"""Colours have faded by half at this many times the noise."""
_PEDESTAL = 2.3
"""By which times the noise the sky lies above the first percentile: of a normal distribution."""
NOISE_TOLERANCE = 5.0
"""By this factor an image's noise may leave the range that a stretch was chosen from before that is worth a warning."""
OTHER_BANDS = "other bands than those that the stretch was chosen from: colours do not compare"


@dataclass(frozen=True)
class Light:
    """The light above the sky of an image at a picture's scale: float32 (bands, side, side), the first row on top.

    ``noise`` is that of each band, from the differences of neighbours.
    """

    planes: npt.NDArray[np.float32]
    noise: npt.NDArray[np.float64]


def light_of(bands: Bands, *, crop: float, image_size: int) -> Light:
    """Resample the central square of each band to a side of ``image_size`` pixels and take the sky off.

    Light is averaged before it is stretched, so that faint parts gain from it.
    """
    height, width = bands.size
    scale = image_size / (crop * min(height, width))
    side = image_size / scale
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, min(left + side, width), min(top + side, height))
    frame = _length(width * scale), _length(height * scale)
    squares, noise = [], []
    for plane in bands.planes:
        image = Image.fromarray(np.ascontiguousarray(plane[::-1]))
        square = np.asarray(image.resize((image_size, image_size), Image.Resampling.BICUBIC, box))
        whole = square if frame == square.shape else np.asarray(image.resize(frame, Image.Resampling.BICUBIC))
        squares.append(square - _black(whole))
        noise.append(_noise(square))
    return Light(np.stack(squares), np.array(noise))


def _length(pixels: float) -> int:
    return min(max(round(pixels), 1), _LONGEST)


def _black(plane: Plane) -> np.float32:
    """Return the level of the darkest sky: a low percentile, unless that is of pixels without a true value.

    Zeros are such where they lie far below all else: what an image that was turned is padded with.
    """
    level, _ = _darkest(plane)
    if 0 < (zeros := np.count_nonzero(plane == 0)) < plane.size:
        within, of_sky = _darkest(plane[plane != 0])
        level = within if of_sky > 0 and within > _DEEPEST * of_sky and zeros > _LEVELS[0] * plane.size else level
    return np.float32(level)


def _darkest(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return the level of the darkest of some pixels, and the spread of those below the middle."""
    darkest, quarter, middle = np.quantile(values, _LEVELS)
    spread = 1.4826 * (middle - quarter)
    return float(max(darkest, middle - _DEEPEST * spread)), float(spread)


def _noise(plane: Plane) -> float:
    """Return the standard deviation of the noise, from the median difference of neighbours: 0 where they are equal."""
    return float(1.4826 * np.median(np.abs(np.diff(plane, axis=1))) / np.sqrt(2)) if plane.shape[1] > 1 else 0.0


def brightness(light: npt.NDArray[np.float32], weights: tuple[float, ...]) -> npt.NDArray[np.float32]:
    """Return the weighted mean of bands, (bands, …): float32 (…)."""
    return np.asarray(np.tensordot(np.array(weights) / sum(weights), light, 1), np.float32)


def exposure(bright: npt.NDArray[np.float32]) -> float:
    """Return the brightness that only few pixels of an image exceed, above 0."""
    return max(float(np.quantile(bright, 1 - BURNT)), float(np.finfo(np.float32).tiny))


def stretched(light: npt.NDArray[np.floating], stretch: float, softening: float) -> npt.NDArray[np.float64]:
    """Return brightness 0–1 of light, of any shape."""
    return np.clip(np.arcsinh(softening * np.asarray(light, np.float64) / stretch) * slope(softening), 0, 1)


def slope(softening: float) -> float:
    """Return 1 / (10·asinh(Q / 10)): what brings asinh(Q·I / stretch) to astropy's scale."""
    return float(0.1 / np.arcsinh(0.1 * softening))


def pictured(light: Light, stretch: Stretch) -> npt.NDArray[np.uint8]:
    """Make a picture, uint8 (side, side, 3), of three bands, red first, or of one, grey."""
    alike = len(light.planes) == len(stretch.bands)
    mean = brightness(light.planes, stretch.weights if alike else (1.0,) * len(light.planes))
    bright = stretched(mean / (exposure(mean) if stretch.own_exposure else 1.0), stretch.stretch, stretch.softening)
    colours = _colours(light.planes, stretch) if alike and len(light.planes) == 3 else np.ones((3, 1, 1))
    room = (np.maximum(bright, 254 / 255) / np.maximum(bright, 1e-9) - 1) / np.maximum(colours.max(axis=0) - 1, 1e-9)
    picture = bright * (1 + np.minimum(room, 1) * (colours - 1))
    return np.ascontiguousarray(np.moveaxis(picture * 255 + 0.5, 0, 2).astype(np.uint8))


def _colours(planes: npt.NDArray[np.float32], stretch: Stretch) -> npt.NDArray[np.float64]:
    """Return the bands' balanced ratios to their mean, (3, side, side): 1 is grey, as is what is lost in noise."""
    balance, noise = (np.array(values)[:, np.newaxis, np.newaxis] for values in (stretch.balance, stretch.noise))
    floor = max(_FADED * float((balance * noise).mean()), np.finfo(np.float32).tiny)
    balanced = balance * np.maximum(planes - _PEDESTAL * noise, 0) + floor
    return np.asarray(balanced / balanced.mean(axis=0))


def doubts(bands: Bands, light: Light, stretch: Stretch) -> tuple[str, ...]:
    """Return warnings where an image is unlike those that the stretch was chosen from."""
    said = []
    if bands.unit and stretch.unit and _plain(bands.unit) != _plain(stretch.unit):
        said.append(f"pixels in '{bands.unit}': the stretch was chosen from images in '{stretch.unit}'")
    alike = len(light.planes) == len(stretch.bands)
    named = all(bands.names) and all(stretch.bands) and not any(name.isdigit() for name in stretch.bands)
    if not alike or (named and bands.names != stretch.bands):
        said.append(OTHER_BANDS)
    noise = mean_noise(light.noise, stretch.weights if alike else (1.0,) * len(light.noise))
    low, high = stretch.noise_range
    if high and not low / NOISE_TOLERANCE <= noise <= high * NOISE_TOLERANCE:
        said.append(
            f"noise far from {low:.2g} to {high:.2g}, that of the images that the stretch was chosen from: "
            "the unit, exposure or survey differs"
        )
    return tuple(said)


def mean_noise(noise: npt.NDArray[np.float64], weights: tuple[float, ...]) -> float:
    """Return the noise of the weighted mean of bands from that of each."""
    return float(np.linalg.norm(np.array(weights) * noise)) / sum(weights)


def _plain(unit: str) -> str:
    return unit.lower().replace(" ", "")
