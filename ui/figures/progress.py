"""How a search comes on: each trial's score and the best so far."""

from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go

from search import Row
from ui import wording
from ui.figures.look import BLUE, GREY, calm


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
    return calm(figure, y=wording.metric(metric))


def _moment(when: str | None) -> datetime | None:
    """Return an ISO 8601 time in this machine's own zone, which is the reader's: the page is served locally."""
    return None if when is None else datetime.fromisoformat(when).astimezone().replace(tzinfo=None)


def _room_around(values: Sequence[float]) -> list[float] | None:
    """Return a range for values that are all the same, which plotly would put between -1 and 1 more; else None."""
    return [values[0] - 0.05, values[0] + 0.05] if len(set(values)) == 1 else None
