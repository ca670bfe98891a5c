"""Images of a galaxy in one or several bands, as a survey measured them, before they are made into a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.images.fits.passbands import choose

Plane = npt.NDArray[np.float32]
"""Light in one band, (height, width), the first row at the bottom, as FITS has it."""
UNNAMED = "bands without names: taken to go from blue to red"
GREY = "one band: grey, no colour to go by"


@dataclass(frozen=True)
class Bands:
    """All bands of an image, every pixel of them finite.

    Attributes:
        planes: one a band, all of the same size.
        names: of the bands in small letters, empty where the source names none.
        unit: of the pixels, as the source has it; empty where it does not say.
        survey: that the source names; empty where it names none.
        notes: what was done to the pixels, in words for the user.
    """

    planes: tuple[Plane, ...]
    names: tuple[str, ...]
    unit: str = ""
    survey: str = ""
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.planes[0].shape
        return height, width

    def chosen(self, wanted: Sequence[str] = ()) -> "Bands":
        """Return those for red, green and blue, or one for grey, as `choose` does, with a note where that is a guess.

        Raises ImageError where it is not clear which they are.
        """
        places = choose(self.names, wanted)
        names = tuple(self.names[place] for place in places)
        guessed = (UNNAMED,) if "" in names and len(places) == 3 and not any(map(str.isdigit, wanted)) else ()
        grey = (GREY,) if len(places) == 1 else ()
        planes = tuple(self.planes[place] for place in places)
        return Bands(planes, names, self.unit, self.survey, (*self.notes, *guessed, *grey))

    def tobytes(self) -> bytes:
        """Return all pixels, for what identifies them."""
        return b"".join(plane.tobytes() for plane in self.planes)
