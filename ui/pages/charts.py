"""The page's charts: numbers in, plotly figures out. No Streamlit."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import plotly.graph_objects as go

from datasets import finite
from search import Row
from ui import wording

# Okabe and Ito's palette: told apart with every kind of colour vision (https://jfly.uni-koeln.de/color/).
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8A8F98"
_VALIDATION = "val_"
_NO_CURVE = "val_worst_class"
"""A class's number."""


def best_over_time(rows: Sequence[Row], best: Sequence[tuple[str, float]], metric: str) -> go.Figure:
    """Draw each ended trial's score as a point and the best so far as a stepped line, over the time of day.

    ``best`` is what `search.best_so_far` returns: (when a trial ended in ISO 8601, best score until then).
    """
    scored = [row for row in rows if row.rank is not None and row.ended is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[_moment(row.ended) for row in scored],
        y=[row.score for row in scored],
        mode="markers",
        name="trial",
        marker={"color": GREY, "size": 8},
        text=[f"trial {row.trial_id}" for row in scored],
        hovertemplate="%{text}<br>%{y:.4f}<extra></extra>",
    )
    figure.add_scatter(
        x=[_moment(when) for when, _ in best],
        y=[score for _, score in best],
        mode="lines",
        name="best so far",
        line={"color": BLUE, "width": 3, "shape": "hv"},
        hovertemplate="best %{y:.4f}<extra></extra>",
    )
    times = [moment for row in scored for moment in (_moment(row.started), _moment(row.ended)) if moment]
    if times:
        edge = (max(times) - min(times)) * 0.03
        figure.update_xaxes(range=[min(times) - edge, max(times) + edge])
    figure.update_yaxes(range=_room_around([row.score for row in scored if row.score is not None]))
    return _calm(figure, y=wording.metric(metric))


def curve_names(history: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the metrics a trial has a curve of, without the ``val_`` prefix: training and validation share a chart."""
    return list(dict.fromkeys(name.removeprefix(_VALIDATION) for name in history if name != _NO_CURVE))


def curves(history: Mapping[str, Sequence[float]], metric: str, *, best_epoch: int | None) -> go.Figure:
    """Draw a metric over the epochs (from 1), training and validation where there is either; mark the best epoch."""
    figure = go.Figure()
    for name, label, colour in ((metric, "training", GREY), (_VALIDATION + metric, "validation", BLUE)):
        if name in history:
            figure.add_scatter(
                x=list(range(1, len(history[name]) + 1)),
                y=[finite(v) for v in history[name]],
                mode="lines+markers",
                name=label,
                line={"color": colour, "width": 3},
                hovertemplate=f"epoch %{{x}}<br>{label} %{{y:.4f}}<extra></extra>",
            )
    if best_epoch is not None:
        figure.add_vline(x=best_epoch, line={"color": ORANGE, "dash": "dot"})
        figure.add_annotation(
            x=best_epoch, y=0.0, yref="paper", text="best epoch", showarrow=False, xanchor="left", yanchor="bottom"
        )
    epochs = max((len(series) for series in history.values()), default=1)
    figure.update_xaxes(title="epoch", range=[0.5, epochs + 0.5], dtick=math.ceil(epochs / 10))
    return _calm(figure, y=wording.metric(metric))


def _moment(when: str | None) -> datetime | None:
    """Return an ISO 8601 time in this machine's own zone, which is the reader's: the page is served locally."""
    return None if when is None else datetime.fromisoformat(when).astimezone().replace(tzinfo=None)


def _room_around(values: Sequence[float]) -> list[float] | None:
    """Return a range for values that are all the same, which plotly would put between -1 and 1 more; else None."""
    return [values[0] - 0.05, values[0] + 0.05] if len(set(values)) == 1 else None


def _calm(figure: go.Figure, *, y: str) -> go.Figure:
    """Give every chart one look: no frame, faint grid, legend above."""
    figure.update_layout(
        height=320,
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        legend={"orientation": "h", "y": 1.16, "x": 0},
        hovermode="closest",
        showlegend=True,
    )
    figure.update_yaxes(title=y)
    return figure
