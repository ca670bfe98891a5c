"""The one look of all figures: colours that everybody tells apart, readable on light and on dark."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

# Okabe and Ito's palette: told apart with every kind of colour vision (https://jfly.uni-koeln.de/color/).
BLUE, ORANGE, GREEN, PINK, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"
AMBER = "#E69F00"
GREY = "#8A8F98"
"""Of what is not looked at: its contrast is above 3 on white and on the dark background."""
SERIES = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER)
"""Colours of several series, in turn."""
_INK = "#555867"
"""Of what is written on light pages: its contrast is 7.2 on white."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def as_text(name: str) -> str:
    """Escape a name that others chose: plotly reads tags in its texts; quotes it shows as they are."""
    return escape(name, quote=False)


def series_line(number: int, *, width: float = 2.5) -> dict[str, object]:
    """Return plotly's line of the ``number``-th series, from 0: after the last colour the next dash begins."""
    return {
        "color": SERIES[number % len(SERIES)],
        "dash": _DASHES[number // len(SERIES) % len(_DASHES)],
        "width": width,
    }


def calm(figure: go.Figure, *, y: str, height: int = 320) -> go.Figure:
    """Give a figure the look: no frame, faint grid, legend above; ``y`` names the vertical axis, ``height`` in px.

    Colours of text and background are left to the page's theme.
    """
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="closest",
        showlegend=True,
    )
    figure.update_yaxes(title=y)
    return figure


def room_around(values: Sequence[float]) -> list[float] | None:
    """Return a range for values that are all the same, which plotly would put between -1 and 1 more; else None."""
    return [values[0] - 0.05, values[0] + 0.05] if len(set(values)) == 1 else None


def inked(figure: go.Figure) -> go.Figure:
    """Return a copy for a light page: Streamlit 1.67 writes there in a grey (#808495) whose contrast is 3.7."""
    drawn, ink = go.Figure(figure.to_dict(), _validate=False), {"color": _INK}
    drawn.update_layout(font=ink)
    for axes in (drawn.update_xaxes, drawn.update_yaxes):
        axes(tickfont=ink, title={"font": ink})
    for trace in drawn.data:
        if trace.type == "contour":
            trace.update(colorbar={"tickfont": ink, "title": {"font": ink}})
    return drawn
