"""How a search comes on: each trial's score and the best so far, over time or over trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

import plotly.graph_objects as go

from search import Record, in_order_of_end
from trainer import Objective
from ui import wording
from ui.figures.look import BLUE, GREY, calm, room_around

_MOST = 400
"""Points beside those of the best: more cannot be told apart."""


@dataclass(frozen=True)
class Point:
    """A trial that has ended with a score: its id, when it ended, the how-manieth it was, and the best until then.

    Those without a score are counted, too: ``number`` is how many trials had ended by then.
    """

    trial_id: str
    ended: datetime
    number: int
    score: float
    best: float


def scored_points(records: Sequence[Record], objective: Objective) -> list[Point]:
    """Return one point for each ended trial with a score, in the order in which they ended."""
    there = [
        (number, record.trial_id, record.ended, score)
        for number, record in enumerate(in_order_of_end(records), start=1)
        if record.ended is not None and (score := record.finite_score) is not None
    ]
    bests = accumulate((score for *_, score in there), max if objective.direction == "max" else min)
    return [
        Point(name, _moment(when), number, score, best)
        for (number, name, when, score), best in zip(there, bests, strict=True)
    ]


def thinned(points: Sequence[Point]) -> list[Point]:
    """Return the points that are drawn: each that was the best so far, the last, and of the others every so-manieth."""
    every = max(1, -(-len(points) // _MOST))
    return [
        point
        for at, point in enumerate(points)
        if at % every == 0 or at == len(points) - 1 or at == 0 or point.best != points[at - 1].best
    ]


def best_over_time(
    points: Sequence[Point], metric: str, *, over_trials: bool = False, since: str | None = None
) -> go.Figure:
    """Draw each point, and the best so far as a stepped line: over the time of day, or over the trials ended.

    ``since`` is when the first trial began, ISO 8601: where the time of day begins.
    """
    x: list[object] = [point.number if over_trials else point.ended for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=x,
        y=[point.score for point in points],
        mode="markers",
        name="trial",
        marker={"color": GREY, "size": 7},
        text=[f"trial {point.trial_id}" for point in points],
        hovertemplate="%{text}<br>%{y:.4f}<extra></extra>",
    )
    figure.add_scatter(
        x=x,
        y=[point.best for point in points],
        mode="lines",
        name="best so far",
        line={"color": BLUE, "width": 3, "shape": "hv"},
        hovertemplate="best %{y:.4f}<extra></extra>",
    )
    if over_trials:
        figure.update_xaxes(title="trials ended")
    elif since is not None and points:
        first, last = _moment(since), points[-1].ended
        edge = (last - first) * 0.03
        figure.update_xaxes(range=[first - edge, last + edge])
    figure.update_yaxes(range=room_around([point.score for point in points]))
    return calm(figure, y=wording.metric(metric))


def _moment(when: str) -> datetime:
    """Return an ISO 8601 time in this machine's own zone, which is the reader's: the page is served locally."""
    return datetime.fromisoformat(when).astimezone().replace(tzinfo=None)
