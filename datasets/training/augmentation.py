"""How much training images are varied: one magnitude for each way."""

from dataclasses import dataclass
from typing import Literal, Self, get_args

Border = Literal["reflect", "black"]
_SIDE = "of the image's side"


@dataclass(frozen=True)
class Augmentation:
    """Magnitudes of augmentation; every one at its default leaves images as they are.

    Attributes:
        rotation: turned by up to this many degrees either way, 0–180.
        zoom: scaled by a factor in [1 - zoom, 1 + zoom], 0 to below 1.
        shift: moved by up to this fraction of the image's side along each axis, 0–1.
        flip: mirrored left to right, every second image on average.
        border: what rotation, zoom and shift bring in from outside: the image mirrored at its border (``reflect``), or
            ``black``, like empty sky.
        brightness: all channels multiplied by one factor in [1 - brightness, 1 + brightness], 0 to below 1.
        colour_jitter: each channel multiplied by a factor of its own in [1 - colour_jitter, 1 + colour_jitter], 0 to
            below 1; grey images stay grey.
        noise: Gaussian noise in each channel of each pixel, the same in all of a grey image, its standard deviation
            drawn for each image from 0 to this many of the 255 levels, 0–255.
        cutout: one black square of this fraction of the image's shorter side, centred anywhere in the image, 0–1
            (DeVries & Taylor 2017, arXiv:1708.04552).

    Raises ValueError where a field breaks its rule.
    """

    rotation: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    flip: bool = False
    border: Border = "reflect"
    brightness: float = 0.0
    colour_jitter: float = 0.0
    noise: float = 0.0
    cutout: float = 0.0

    def __post_init__(self) -> None:
        self._check("rotation", 180, "degrees")
        self._check("shift", 1, _SIDE)
        if self.border not in get_args(Border):
            raise ValueError(f"augmentation.border must be one of {', '.join(get_args(Border))}, got {self.border!r}")
        for name in ("zoom", "brightness", "colour_jitter"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"augmentation.{name} must be at least 0 and below 1, got {getattr(self, name)}")
        self._check("noise", 255, "levels")
        self._check("cutout", 1, _SIDE)

    def _check(self, name: str, limit: float, unit: str) -> None:
        if not 0 <= getattr(self, name) <= limit:
            raise ValueError(f"augmentation.{name} must be 0 to {limit} {unit}, got {getattr(self, name)}")

    @classmethod
    def of_strength(cls, strength: float) -> Self:
        """Make the magnitudes of the warp from one number, 0–1, so that a search has one value to vary.

        0 is no augmentation. Above it images are flipped, turned by up to 180° × strength, zoomed by up to
        20 % × strength and shifted by up to 6 % × strength: at 1 any orientation, and a size and a centring
        within what differs between surveys' cut-outs.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"the strength of augmentation must be 0 to 1, got {strength}")
        return cls(rotation=180 * strength, zoom=0.2 * strength, shift=0.06 * strength, flip=strength > 0)

    @property
    def warps(self) -> bool:
        """Whether images are resampled: turned, scaled, moved or mirrored."""
        return bool(self.rotation or self.zoom or self.shift or self.flip)

    @property
    def jitters(self) -> bool:
        """Whether pixels are changed where they are."""
        return bool(self.brightness or self.colour_jitter or self.noise or self.cutout)

    @property
    def is_identity(self) -> bool:
        """Whether images are left as they are."""
        return not (self.warps or self.jitters)
