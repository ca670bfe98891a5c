"""Choosing a stretch from images: bright parts are seen in each of them, few are burnt out, and noise is just seen."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError
from datasets.images.fits.bands import Bands
from datasets.images.fits.compositing import Light, brightness, exposure, light_of, mean_noise, slope, stretched
from datasets.images.fits.passbands import choose, place
from datasets.images.fits.stretch import Stretch

_SEEN = 0.64
"""Mean brightness, 0–1, that the brightest hundredth of each image is to have."""
_FAINT = 6 / 255
"""Brightness, 0–1, over which the darker half of each image is to spread: over less, faint parts become one level."""
_BRIGHT = 0.1
"""Share of an image's pixels, the brightest, whose colours are balanced."""
_SOFTENINGS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
_HEAVIEST = 10.0
"""A band whose noise exceeds that of the middle one by more counts for less in the brightness."""
_SURVEYS = {"decals": {"g": 6.0, "r": 3.4, "i": 3.0, "z": 2.2}}
"""Colour balance of surveys that name themselves in their headers: that of the Legacy Surveys' viewer (legacypipe's
``sdss_rgb``). Their softening is not used: on zoomed galaxies it burns out half of the pixels."""
_SAME_SURVEY = {"decals": "decals", "mzls": "decals", "bass": "decals", "legacysurvey": "decals", "desi": "decals"}
_AMONG = 0.02
"""Share of the images, the brightest and the faintest, that need not be seen well: of few images none."""
Value = TypeVar("Value")


class Sample:
    """What is kept of the images that a stretch is chosen from: little, however large they are."""

    def __init__(self, bands: Bands, *, crop: float, image_size: int) -> None:
        self.names, self.unit, self.survey = bands.names, bands.unit, bands.survey
        self._light = light_of(bands, crop=crop, image_size=image_size)

    def has(self, wanted: Sequence[str]) -> bool:
        """Say whether the image has all bands of these names or places."""
        return all(place(name, self.names) is not None for name in wanted)

    def of(self, wanted: Sequence[str]) -> Light | None:
        """Return the light in the bands that are wanted; None where it is not clear which they are."""
        try:
            places = list(choose(self.names, wanted))
        except ImageError:
            return None
        return Light(self._light.planes[places], self._light.noise[places])

    def chosen(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Return the names of the bands that are wanted; none where it is not clear which they are."""
        try:
            return tuple(self.names[place] for place in choose(self.names, wanted))
        except ImageError:
            return ()


def choose_stretch(samples: Sequence[Sample], wanted: Sequence[str] = ()) -> Stretch | None:
    """Choose the stretch that suits images best; None where none of them can be used.

    Args:
        samples: some of the images, the more the better.
        wanted: names or places of the bands to take, red first; empty: those that most images have.
    """
    bands = _most([names for sample in samples if (names := sample.chosen(wanted))] or [()])
    same = [sample for sample in samples if bands and sample.chosen(wanted) == bands]
    lights = [light for sample in same if (light := sample.of(wanted)) is not None and light.planes.any()]
    if not lights:
        return None
    noise = np.median([light.noise for light in lights], axis=0)
    most = _HEAVIEST * float(np.median(noise))
    weights = tuple(_rounded(most / each) if 0 < most < each else 1.0 for each in noise.tolist())
    images = [np.sort(brightness(light.planes, weights), axis=None) for light in lights]
    noises = [mean_noise(light.noise, weights) for light in lights]
    whites = [exposure(image) for image in images]
    curve = _curve(images, float(np.quantile(whites, 1 - _AMONG, method="higher")))
    own = curve or _curve([image / white for image, white in zip(images, whites, strict=True)], 1.0)
    if own is None:
        return None
    stretch, softening = own
    survey = _most([sample.survey for sample in same])
    return Stretch(
        bands=tuple(wanted) if wanted and any(name.isdigit() for name in wanted) else bands,
        balance=tuple(map(_rounded, _balance(lights, noise, bands, survey))),
        weights=weights,
        noise=tuple(map(_rounded, noise)),
        stretch=_rounded(stretch),
        softening=softening,
        unit=_most([sample.unit for sample in same]),
        noise_range=(_rounded(min(noises)), _rounded(max(noises))),
        own_exposure=curve is None,
    )


def _curve(images: Sequence[npt.NDArray[np.float32]], white: float) -> tuple[float, float] | None:
    """Return stretch and softening at which ``white`` is just white, the softest that shows all there is to see.

    Or else the hardest; None where that does not show the bright parts of the images either.
    """
    found = None
    for softening in _SOFTENINGS:
        stretch = softening * white / float(np.sinh(1 / slope(softening)))
        seen = [stretched(image[-max(len(image) // 100, 1) :], stretch, softening).mean() for image in images]
        faint = [_levels(image, stretch, softening) for image in images]
        if _low(seen) >= _SEEN:
            found = stretch, softening
            if _low(faint) >= _FAINT:
                break
    return found


def _low(values: Sequence[float]) -> float:
    return float(np.quantile(values, _AMONG, method="lower"))


def _levels(image: npt.NDArray[np.float32], stretch: float, softening: float) -> float:
    """Return the brightness between the darkest hundredth and the middle of an image; 1 where these are the same."""
    dark, middle = image[len(image) // 100], image[len(image) // 2]
    low, high = stretched(np.array([dark, middle]), stretch, softening)
    return float(high - low) if middle > dark else 1.0


def _balance(
    lights: Sequence[Light], noise: npt.NDArray[np.float64], bands: Sequence[str], survey: str
) -> npt.NDArray[np.float64]:
    """Return what each band is multiplied by, 1 on average, so that bright parts are grey in half of the images."""
    own = _SURVEYS.get(_SAME_SURVEY.get(next(iter(survey.lower().split()), ""), ""), {})
    if set(bands) <= set(own):
        factors = np.array([own[band] for band in bands])
    else:
        count = max(int(_BRIGHT * lights[0].planes[0].size), 1)
        bright = [[np.sort(plane, axis=None)[-count:].mean() for plane in light.planes] for light in lights]
        light = np.median(bright, axis=0)
        factors = light.mean() / np.maximum(light, np.maximum(noise, 1e-6 * light.max() or 1.0))
    return np.asarray(factors / factors.mean())


def _most(values: Sequence[Value]) -> Value:
    """Return what occurs most often, the first of several."""
    return Counter(values).most_common(1)[0][0]


def _rounded(value: float) -> float:
    """Round to what is worth recording."""
    return float(f"{value:.6g}")
