"""Finalists: what each of their beginnings scored."""

from collections.abc import Collection

import plotly.graph_objects as go

from search import Finals
from ui import wording
from ui.figures.look import BLUE, GREY, ORANGE, as_text, calm

_FLAT = 26


def beginnings(finals: Finals, names: dict[str, str], metric: str, *, highlighted: Collection[str]) -> go.Figure:
    """Draw the score of each beginning of each finalist as a point, their mean as a line across.

    ``names`` are those that finalists are shown under, by their ids; those of ``highlighted`` ids are blue.
    """
    figure = go.Figure()
    known = [one for one in finals.finalists if one.scores]
    for looked_at in (False, True):
        points = [
            (names[one.trial_id], number, score)
            for one in known
            if (one.trial_id in highlighted) is looked_at
            for number, score in one.scores.items()
        ]
        figure.add_scatter(
            x=[as_text(name) for name, _, _ in points],
            y=[score for _, _, score in points],
            customdata=[number for _, number, _ in points],
            mode="markers",
            name="looked at" if looked_at else "other finalists",
            showlegend=bool(points),
            marker={"color": BLUE if looked_at else GREY, "size": 10},
            hovertemplate="%{x}, beginning %{customdata}<br>%{y:.4f}<extra></extra>",
        )
    figure.add_scatter(
        x=[as_text(names[one.trial_id]) for one in known],
        y=[one.mean for one in known],
        mode="markers",
        name="mean",
        marker={"symbol": "line-ew-open", "size": _FLAT, "color": ORANGE, "line": {"width": 3}},
        hovertemplate="%{x}<br>mean %{y:.4f}<extra></extra>",
    )
    figure.update_xaxes(
        type="category", categoryorder="array", categoryarray=[as_text(names[one.trial_id]) for one in known]
    )
    return calm(figure, y=wording.metric(metric), height=320)
