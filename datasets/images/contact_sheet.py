"""Pictures in rows under headings, on one sheet."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from datasets.lettering import font

_GAP, _TEXT, _SIDE = 4, 18, 96
_NARROWEST = 320
_PAPER, _INK = (20, 20, 24), (235, 235, 235)
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Section:
    """A heading and the rows of pictures below it, each uint8 (height, width, 3), all of one size."""

    heading: str
    rows: Sequence[Sequence[Pixels]]


def contact_sheet(sections: Sequence[Section], shape: tuple[int, int]) -> bytes:
    """Draw sections below each other; return a PNG. Pictures have the ``shape`` (height, width) in pixels."""
    scale = max(1, _SIDE // max(shape))
    height, width = shape[0] * scale + _GAP, shape[1] * scale + _GAP
    blocks = [_TEXT + len(section.rows) * height + _GAP for section in sections]
    most = max((len(row) for section in sections for row in section.rows), default=0)
    sheet = Image.new("RGB", (max(most * width + _GAP, _NARROWEST), sum(blocks) + _GAP), _PAPER)
    pen, letters, top = ImageDraw.Draw(sheet), font(13), _GAP
    for section, block in zip(sections, blocks, strict=True):
        pen.text((_GAP, top), section.heading, _INK, letters)
        for line, images in enumerate(section.rows):
            for column, pixels in enumerate(images):
                tile = Image.fromarray(pixels).resize((width - _GAP, height - _GAP), Image.Resampling.NEAREST)
                sheet.paste(tile, (_GAP + column * width, top + _TEXT + line * height))
        top += block
    stream = io.BytesIO()
    sheet.save(stream, format="PNG")
    return stream.getvalue()
