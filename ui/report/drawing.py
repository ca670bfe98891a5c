"""Parts of the report as HTML and SVG: tables, the confusion matrix, the reliability diagram, pictures."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from PIL import Image

from trainer import ReliabilityBin
from ui import wording

_PLOT, _MARGIN = 300, 44


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> str:
    """Return a table whose cells are text, escaped here; the first column is words, the others numbers."""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in headings)
    body = "".join(
        f"<tr><th scope='row'>{escape(first)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for first, *cells in rows
    )
    return f"<table class='{kind}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def confusion(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """Return the confusion matrix: rows true, columns predicted, each cell as dark as its share of its row."""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in classes)
    rows = []
    for number, (name, counts) in enumerate(zip(classes, matrix, strict=True)):
        total = max(sum(counts), 1)
        cells = "".join(_cell(count, count / total, right=number == at) for at, count in enumerate(counts))
        rows.append(f"<tr><th scope='row'>{escape(name)}</th>{cells}</tr>")
    corner = "<th>true ↓ predicted →</th>"
    return f"<table class='matrix'><thead><tr>{corner}{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cell(count: int, share: float, *, right: bool) -> str:
    colour = "43,138,62" if right else "224,49,49"
    dark = "color:#fff" if share > 0.55 else ""
    title = f"{wording.percent(share)} of this class"
    return f"<td style='background:rgba({colour},{share:.3f});{dark}' title='{title}'>{count:,}</td>"


def reliability(bins: Sequence[ReliabilityBin]) -> str:
    """Return the reliability diagram: share right over probability, a circle a bin, its area its share of images."""
    total = max(sum(one.count for one in bins), 1)
    marks, points = [], []
    for one in bins:
        if one.confidence is None or one.accuracy is None:
            continue
        x, y = _place(one.confidence, one.accuracy)
        points.append(f"{x:.1f},{y:.1f}")
        title = (
            f"{wording.plural(one.count, 'image')}: {wording.percent(one.confidence)} sure, "
            f"{wording.percent(one.accuracy)} right"
        )
        radius = 3 + 12 * (one.count / total) ** 0.5
        marks.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}'><title>{escape(title)}</title></circle>")
    size = _PLOT + 2 * _MARGIN
    (left, bottom), (right, top) = _place(0, 0), _place(1, 1)
    return (
        f"<svg viewBox='0 0 {size} {size}' role='img' aria-label='Reliability diagram'>"
        f"<rect x='{left}' y='{top}' width='{_PLOT}' height='{_PLOT}' class='frame'/>{_scale()}"
        f"<line x1='{left}' y1='{bottom}' x2='{right}' y2='{top}' class='ideal'/>"
        f"<polyline points='{' '.join(points)}'/>{''.join(marks)}"
        f"<text x='{(left + right) / 2}' y='{size - 6}' text-anchor='middle'>probability of the answer</text>"
        f"<text transform='translate(12 {(top + bottom) / 2}) rotate(-90)' text-anchor='middle'>share right</text>"
        "</svg>"
    )


def _scale() -> str:
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = _place(share, share)
        parts.append(f"<text x='{x}' y='{_PLOT + _MARGIN + 16}' text-anchor='middle'>{share:g}</text>")
        parts.append(f"<text x='{_MARGIN - 6}' y='{y + 4}' text-anchor='end'>{share:g}</text>")
    return "".join(parts)


def _place(x: float, y: float) -> tuple[float, float]:
    return _MARGIN + _PLOT * x, _MARGIN + _PLOT * (1 - y)


def picture(pixels: npt.NDArray[np.uint8], *lines: str) -> str:
    """Return an image, uint8 (side, side, 3), in the page itself, with lines of text below."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    first, *others = (escape(line) for line in lines)
    caption = "<br>".join([f"<b>{first}</b>", *others])
    return f"<figure><img alt='' src='data:image/png;base64,{data}'><figcaption>{caption}</figcaption></figure>"
