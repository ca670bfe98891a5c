"""A confusion matrix as a file: a table, or a picture of any number of classes."""

import io

from PIL import Image, ImageDraw, ImageFont

from datasets import font, harmless, write_csv
from trainer import Scores
from ui import wording

_GAP, _TEXT, _LONGEST = 8, 14, 40
# Room for a count, and no wider than a reader can follow a row of few classes.
_LEAST_CELL, _WIDE_CELL, _FEW = 26, 56, 12
TRUE = "true class"
_PAPER, _INK, _LINE = (255, 255, 255), (31, 36, 48), (222, 226, 236)
_RIGHT, _WRONG = (43, 138, 62), (224, 49, 49)
Colour = tuple[int, int, int]


def confusion_file(scores: Scores, suffix: str) -> bytes:
    """Return a confusion matrix as a file of this suffix, ``.csv`` or ``.png``; rows are true, columns predicted."""
    return _drawn(scores) if suffix == ".png" else _table(scores)


def confusion_rows(scores: Scores) -> list[dict[str, object]]:
    """Return a row for each true class: its name, and by the name of each class how many were taken for it."""
    return [
        {TRUE: name, **dict(zip(scores.classes, counts, strict=True))}
        for name, counts in zip(scores.classes, scores.confusion_matrix, strict=True)
    ]


def _table(scores: Scores) -> bytes:
    """Write it as CSV with the classes' names as header and first column, none of them a formula."""
    stream = io.StringIO()
    names = [harmless(name) for name in scores.classes]
    rows = ([name, *counts] for name, counts in zip(names, scores.confusion_matrix, strict=True))
    write_csv(stream, [[TRUE, *names], *rows])
    return stream.getvalue().encode("utf-8", "backslashreplace")


def _drawn(scores: Scores) -> bytes:
    """Draw it as PNG: names on the left and upright above, each cell as dark as its share of its row, zeros empty."""
    letters = font(_TEXT)
    names = [_label(wording.line(name, longest=_LONGEST) or repr(name), letters) for name in scores.classes]
    counts = [_label(f"{count:,}", letters) for row in scores.confusion_matrix for count in row]
    wide = _WIDE_CELL if len(names) <= _FEW else _LEAST_CELL
    cell = max(wide, max(label.width for label in counts) + _GAP)
    caption = _label("Rows: true classes. Columns: predicted. Colour: share of the row.", letters)
    left = max(label.width for label in names) + 2 * _GAP
    top = left + caption.height + _GAP
    size = (max(left + len(names) * cell, caption.width + _GAP) + _GAP, top + len(names) * cell + _GAP)
    picture = Image.new("RGB", size, _PAPER)
    _write(picture, caption, (_GAP, _GAP), _INK)
    pen = ImageDraw.Draw(picture)
    for row, (name, line) in enumerate(zip(names, scores.confusion_matrix, strict=True)):
        middle = top + row * cell + cell // 2
        _write(picture, name, (left - _GAP - name.width, middle - name.height // 2), _INK)
        upright = name.transpose(Image.Transpose.ROTATE_90)
        _write(picture, upright, (left + row * cell + (cell - upright.width) // 2, top - _GAP - upright.height), _INK)
        for column, count in enumerate(line):
            corner, share = (left + column * cell, top + row * cell), count / max(sum(line), 1)
            colour = _shade(_RIGHT if row == column else _WRONG, share)
            pen.rectangle((*corner, corner[0] + cell, corner[1] + cell), fill=colour, outline=_LINE)
            if count:
                label = counts[row * len(names) + column]
                place = (corner[0] + (cell - label.width) // 2 + 1, corner[1] + (cell - label.height) // 2 + 1)
                _write(picture, label, place, _PAPER if share > 0.55 else _INK)
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()


def _label(text: str, letters: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Image.Image:
    """Return a text as a mask, (its width, the font's height)."""
    height = round(letters.getbbox("Ág")[3])
    mask = Image.new("L", (round(letters.getlength(text)) + 1, height))
    ImageDraw.Draw(mask).text((0, 0), text, 255, letters)
    return mask


def _write(picture: Image.Image, label: Image.Image, place: tuple[int, int], colour: Colour) -> None:
    picture.paste(colour, place, label)


def _shade(colour: Colour, share: float) -> Colour:
    """Mix a colour with the paper; a small share is still seen."""
    part = share and 0.08 + 0.92 * share
    red, green, blue = (round(paper + (ink - paper) * part) for paper, ink in zip(_PAPER, colour, strict=True))
    return red, green, blue
