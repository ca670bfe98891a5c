"""The font of pictures that have words in them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageFont

# Pillow looks for them where the system keeps its fonts. The first is on most Linux machines.
_FONTS = ("DejaVuSans.ttf", "Arial Unicode.ttf", "arial.ttf")


def font(size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    """Return a font of letters of many alphabets, or Pillow's own, which has the plain Latin ones only.

    ``size`` is in pixels.
    """
    from PIL import ImageFont

    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
