"""How well a model tells classes apart: shares with intervals, confusion, reliability."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import plotly.graph_objects as go

from trainer import ReliabilityBin, Scores, wilson_interval
from ui import wording
from ui.figures.classes import by_class, label, named
from ui.figures.look import BLUE, GREY, ORANGE, calm

_CLASS, _CELL, _NUMBERED = 38, 36, 20
"""Height in px of a class with its intervals and of a row of a confusion matrix; most classes with numbers in cells."""
# Tints of `BLUE` and `ORANGE`, from a share of 0 to all of a row. A cell brings its own paper, so that a number is read
# on it whatever the page's theme: contrast to the ink is above 5 on each.
_RIGHT, _WRONG = ("#DCEBF5", "#4A9CCF"), ("#FBE6D6", "#EE8E4C")
_INK = "#1F2430"


@dataclass(frozen=True)
class ShareOf:
    """So many of so many of a class: ``share`` 0–1 with its 95 % interval, all None where there are none."""

    name: str
    right: int
    images: int
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, name: str, right: int, images: int) -> "ShareOf":
        """Count a class, with Wilson's interval."""
        interval = wilson_interval(right, images)
        low, high = (None, None) if interval is None else interval
        return cls(name, right, images, right / images if images else None, low, high)


def recalls(scores: Scores) -> list[ShareOf]:
    """Return of each class the share of its images that are named rightly."""
    rows = zip(scores.classes, scores.confusion_matrix, strict=True)
    return [ShareOf.of(name, counts[place], sum(counts)) for place, (name, counts) in enumerate(rows)]


def precisions(scores: Scores) -> list[ShareOf]:
    """Return of each class the share of the images named so that are of it."""
    columns = zip(scores.classes, zip(*scores.confusion_matrix, strict=True), strict=True)
    return [ShareOf.of(name, counts[place], sum(counts)) for place, (name, counts) in enumerate(columns)]


def intervals(recall: Sequence[ShareOf], precision: Sequence[ShareOf]) -> go.Figure:
    """Draw recall and precision of each class as points with their 95 % intervals, in the order given."""
    figure = go.Figure()
    for shares, name, colour, above, symbol in (
        (recall, "recall", BLUE, -0.14, "circle"),
        (precision, "precision", ORANGE, 0.14, "diamond"),
    ):
        known = [(place, each) for place, each in enumerate(shares) if each.share is not None]
        figure.add_scatter(
            x=[each.share for _, each in known],
            y=[place + above for place, _ in known],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(each.high or 0) - (each.share or 0) for _, each in known],
                "arrayminus": [(each.share or 0) - (each.low or 0) for _, each in known],
                "thickness": 2,
                "width": 0,
            },
            mode="markers",
            name=name,
            marker={"color": colour, "size": 9, "symbol": symbol},
            text=[_share_in_words(each) for _, each in known],
            hovertemplate=f"%{{text}}<extra>{name}</extra>",
        )
    figure.update_xaxes(title="share (95 % interval)", range=[0, 1.02], tickformat=".0%")
    return by_class(figure, [each.name for each in recall], _CLASS)


class Confused(Protocol):
    """Classes, and how often each was taken for each: counts, (classes, classes), rows true, columns predicted."""

    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def confusion_matrix(self) -> tuple[tuple[int, ...], ...]: ...  # noqa: D102


def confusion(scores: Confused) -> go.Figure:
    """Draw a confusion matrix: rows true, columns predicted, a cell the darker the larger its share of its row.

    Blue is right, orange wrong, 0 left empty; of up to 20 classes each cell has its count.
    """
    classes, places = scores.classes, list(range(len(scores.classes)))
    matrix = scores.confusion_matrix
    shares = [[count / max(sum(row), 1) for count in row] for row in matrix]
    figure = go.Figure()
    for tints, is_right in ((_RIGHT, True), (_WRONG, False)):
        figure.add_heatmap(
            x=places,
            y=places,
            z=[
                [share if share and (at == to) is is_right else None for to, share in enumerate(row)]
                for at, row in enumerate(shares)
            ],
            zmin=0,
            zmax=1,
            colorscale=list(enumerate(tints)),
            showscale=False,
            hoverongaps=False,
            xgap=2,
            ygap=2,
            customdata=[[_cell_in_words(classes, matrix, at, to) for to in places] for at in places],
            hovertemplate="%{customdata}<extra></extra>",
        )
    if len(classes) <= _NUMBERED:
        cells = [(at, to, matrix[at][to]) for at in places for to in places if matrix[at][to]]
        figure.add_scatter(
            x=[to for _, to, _ in cells],
            y=[at for at, _, _ in cells],
            text=[f"{count:,}" for _, _, count in cells],
            mode="text",
            textfont={"color": _INK},
            hoverinfo="skip",
        )
    figure.update_xaxes(title="predicted class", showgrid=False, zeroline=False, **named(classes))
    return by_class(figure, classes, _CELL, title="true class").update_layout(showlegend=False)


def reliability(bins: Sequence[ReliabilityBin]) -> go.Figure:
    """Draw how often the most probable class is right over how probable it is: a circle a bin, its area its images."""
    filled = [each for each in bins if each.count]
    most = max((each.count for each in filled), default=1)
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="as often as it says",
        line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[each.confidence for each in filled],
        y=[each.accuracy for each in filled],
        mode="lines+markers",
        name="the model",
        line={"color": BLUE, "width": 2},
        marker={"color": BLUE, "size": [8 + 22 * (each.count / most) ** 0.5 for each in filled]},
        text=[wording.plural(each.count, "image") for each in filled],
        hovertemplate="%{x:.1%} sure, %{y:.1%} right<br>%{text}<extra></extra>",
    )
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(range=[-0.03, 1.06], tickformat=".0%")
    figure.update_xaxes(title="probability of the answer")
    return calm(figure, y="share right", height=400)


def _share_in_words(each: ShareOf) -> str:
    low, high = wording.percent(each.low), wording.percent(each.high)
    return f"{label(each.name)}<br>{wording.percent(each.share)} ({low} to {high}), {each.right:,} of {each.images:,}"


def _cell_in_words(classes: Sequence[str], matrix: Sequence[Sequence[int]], at: int, to: int) -> str:
    count, images = matrix[at][to], sum(matrix[at])
    share = wording.percent(count / images) if images else wording.ABSENT
    return (
        f"{label(classes[at])} taken for {label(classes[to])}<br>{wording.plural(count, 'image')}, {share} of the class"
    )
