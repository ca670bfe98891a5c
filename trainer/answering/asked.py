"""What may be asked of a model: images as they are imported, and fractions. Refused before anything is answered."""

import numpy as np
import numpy.typing as npt

from trainer.errors import OptionsError


def checked_images(images: npt.ArrayLike, side: int | None = None) -> npt.NDArray[np.uint8]:
    """Return images uint8 (n, side, side, 3), with 0 black and 255 white, as an array; ``side`` None is any.

    Raises OptionsError for anything else: other values have another black and white, which cannot be told.
    """
    found = np.asarray(images)
    if found.dtype != np.uint8 or found.ndim != 4 or found.shape[1:] != (side or found.shape[1],) * 2 + (3,):
        wanted = f"(n, {side or 'side'}, {side or 'side'}, 3)"
        raise OptionsError(
            f"expected images of uint8 {wanted}, with 0 black and 255 white, found {found.dtype} {found.shape}: "
            "scale and convert them first"
        )
    return found


def check_fraction(name: str, value: float | None) -> None:
    """Raise OptionsError unless an option of a ``name`` is None or a fraction above 0 and at most 1."""
    if value is not None and not 0 < value <= 1:
        raise OptionsError(f"{name}: expected a fraction above 0 and at most 1, found {value:g}")
