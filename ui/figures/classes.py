"""Classes: how many images each has.

Names of classes are strangers': plotly reads tags in texts, so each is escaped, and stands at a number of its own.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ui import wording
from ui.figures.look import SERIES, as_text, calm

_LONGEST = 28
ROW = 26
"""Height of a class in px."""
_FEW, _NARROWEST = 20, 16
"""Classes up to which each has its full height, and what it has at least."""
_AROUND, _LOWEST = 110, 220
"""Height in px of what is around the classes, and of the whole at least."""


def shares_of_classes(classes: Sequence[str], series: Mapping[str, Sequence[float]], *, axis: str) -> go.Figure:
    """Draw a bar for each class and each of ``series``, by its name the values of all classes, in their order."""
    figure = go.Figure()
    for number, (name, values) in enumerate(series.items()):
        figure.add_bar(
            y=list(range(len(classes))),
            x=list(values),
            orientation="h",
            name=name,
            marker={"color": SERIES[number % len(SERIES)]},
            customdata=[label(each) for each in classes],
            hovertemplate=f"%{{customdata}}<br>{as_text(name)} %{{x}}<extra></extra>",
        )
    figure.update_layout(barmode="group", bargap=0.3)
    figure.update_xaxes(title=axis)
    return by_class(figure, classes, ROW * (1 + len(series)) // 2)


def label(name: str) -> str:
    """Write a name as a text of plotly's, which would read tags in it."""
    return as_text(wording.line(name, longest=_LONGEST) or repr(name))


def by_class(figure: go.Figure, classes: Sequence[str], row: int, *, title: str = "") -> go.Figure:
    """Give a figure a row for each class, the first above: ``row`` px high, of many classes less."""
    each = row if len(classes) <= _FEW else max(_NARROWEST, row * _FEW // len(classes))
    calm(figure, y=title, height=max(_LOWEST, _AROUND + each * len(classes)))
    figure.update_yaxes(range=[len(classes) - 0.5, -0.5], showgrid=False, zeroline=False, **named(classes))
    return figure


def named(classes: Sequence[str]) -> dict[str, object]:
    """Return an axis's labels: classes stand at 0, 1, …, so that names like numbers or dates stay names."""
    return {"tickvals": list(range(len(classes))), "ticktext": [label(name) for name in classes], "automargin": True}
