"""The pixels a galaxy is drawn on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
"""float32, (side, side): one value a pixel."""

Brightness = Callable[[Plane, Plane], Plane]
"""Surface brightness in flux per square second of arc, at offsets along the major and the minor axis."""

NATIVE_SCALE = 0.396
"""Seconds of arc a pixel of the SDSS camera."""

IMAGE_SIDE = 128
"""Pixels along a side of a finished image."""

FRAME_IN_R90 = 4.64
"""Side of an image in radii that hold 90 % of the light: Galaxy Zoo's images are 424 pixels of 0.02 R90, of which the
real data that the sample imitates keep the central 232."""

_CORE = 4  # pixels each side of the centre that are integrated finely
_FINE = 5  # samples along a pixel's side there


@dataclass(frozen=True)
class Placement:
    """Where a galaxy lies: its centre, to the right and down from the middle, and the angle of its major axis."""

    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0

    def along_axes(self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> tuple[Plane, Plane]:
        """Offsets along the major and the minor axis of points on the sky."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        right, down = x - self.x, y - self.y
        return (right * cosine + down * sine).astype(np.float32), (down * cosine - right * sine).astype(np.float32)

    def on_sky(
        self, major: npt.NDArray[np.float64], minor: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Points on the sky at offsets along the axes; the inverse of `along_axes`."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        return major * cosine - minor * sine + self.x, major * sine + minor * cosine + self.y


@dataclass(frozen=True)
class Grid:
    """Square pixels: ``side`` of them along a side, each ``scale`` seconds of arc wide."""

    side: int
    scale: float

    @classmethod
    def framing(cls, r90: float) -> "Grid":
        """Frame a galaxy that has 90 % of its light within ``r90``: in native pixels, or larger ones if too many."""
        width = FRAME_IN_R90 * r90
        side = min(IMAGE_SIDE, round(width / NATIVE_SCALE))
        return cls(side, width / side)

    @property
    def width(self) -> float:
        """Width of the field, in seconds of arc."""
        return self.side * self.scale

    @property
    def pixel_area(self) -> float:
        """Area of one pixel, in square seconds of arc."""
        return self.scale**2

    def integrate(self, brightness: Brightness, place: Placement) -> Plane:
        """Flux of each pixel: brightness × area, with the steep core averaged over finer samples."""
        axis = (np.arange(self.side, dtype=np.float64) - (self.side - 1) / 2) * self.scale
        image = brightness(*place.along_axes(axis[None, :], axis[:, None]))
        columns, rows = self._core(place.x), self._core(place.y)
        steps = ((np.arange(_FINE) + 0.5) / _FINE - 0.5) * self.scale
        fine_x, fine_y = np.add.outer(axis[columns], steps), np.add.outer(axis[rows], steps)
        fine = brightness(*place.along_axes(fine_x.reshape(1, -1), fine_y.reshape(-1, 1)))
        image[rows, columns] = fine.reshape(len(fine_y), _FINE, len(fine_x), _FINE).mean(axis=(1, 3))
        return (image * self.pixel_area).astype(np.float32)

    def deposit(self, x: npt.ArrayLike, y: npt.ArrayLike, flux: npt.ArrayLike) -> Plane:
        """Put point sources on the grid, each shared bilinearly by the four nearest pixels; light outside is lost."""
        image = np.zeros((self.side, self.side), np.float32)
        column = np.asarray(x) / self.scale + (self.side - 1) / 2
        row = np.asarray(y) / self.scale + (self.side - 1) / 2
        left, top = np.floor(column).astype(int), np.floor(row).astype(int)
        for across, below in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
            share = (1 - np.abs(across - column)) * (1 - np.abs(below - row)) * np.asarray(flux)
            inside = (across >= 0) & (across < self.side) & (below >= 0) & (below < self.side)
            np.add.at(image, (below[inside], across[inside]), share[inside])
        return image

    def _core(self, centre: float) -> slice:
        middle = round(centre / self.scale + (self.side - 1) / 2)
        return slice(max(0, middle - _CORE), max(0, middle + _CORE + 1))
