"""Small pictures as text, for tables of many."""

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

_SIDE = 96


def thumbnail(pixels: npt.NDArray[np.uint8]) -> str:
    """Return an image, uint8 (side, side, 3), as the URL of a JPEG that holds it itself."""
    image, stream = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((_SIDE, _SIDE))
    image.save(stream, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
