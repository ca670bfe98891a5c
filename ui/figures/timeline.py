"""When each trial ran: one bar a trial, in as many rows as ran at a time."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import plotly.graph_objects as go

from search import Record
from ui.figures.look import AMBER, BLUE, GREEN, GREY, ORANGE, PINK, calm

_COLOURS = {
    "completed": GREEN,
    "stopped": PINK,
    "running": BLUE,
    "infeasible": AMBER,
    "failed": ORANGE,
    "pending": GREY,
}
_DARK = ("running",)
"""States on whose colour black would be too faint."""


@dataclass(frozen=True)
class Span:
    """A trial's time: in which row, from 0, since when, and until when or now."""

    trial_id: str
    state: str
    row: int
    began: datetime
    ended: datetime


def spans(records: Sequence[Record], until: datetime) -> list[Span]:
    """Put each trial that has begun into the first row that was free, in the order in which they began.

    A trial that runs is drawn ``until`` then. Rows are not workers: where a trial ran is in no record. One that went on
    after an interruption is one bar, from its first beginning on.
    """
    begun = [(record.started, record.trial_id, record) for record in records if record.started is not None]
    made: list[Span] = []
    free: list[int] = []
    busy: list[tuple[datetime, int]] = []
    for started, _, record in sorted(begun, key=lambda each: each[:2]):
        began = datetime.fromisoformat(started)
        ended = until if record.ended is None else datetime.fromisoformat(record.ended)
        while busy and busy[0][0] <= began:
            heapq.heappush(free, heapq.heappop(busy)[1])
        row = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (ended, row))
        made.append(Span(record.trial_id, str(record.state), row, began, ended))
    return made


def timeline(shown: Sequence[Span]) -> go.Figure:
    """Draw the spans, one colour a state."""
    figure = go.Figure()
    for state in dict.fromkeys(span.state for span in shown):
        those = [span for span in shown if span.state == state]
        figure.add_bar(
            base=[span.began.astimezone().replace(tzinfo=None) for span in those],
            x=[1000 * (span.ended - span.began).total_seconds() for span in those],
            y=[span.row + 1 for span in those],
            orientation="h",
            name=state,
            marker={"color": _COLOURS.get(state, GREY), "line": {"width": 1, "color": "rgba(127,127,127,.6)"}},
            text=[span.trial_id for span in those],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": "white" if state in _DARK else "black"},
            hovertemplate="trial %{text}<br>%{base}<extra></extra>",
        )
    rows = max((span.row for span in shown), default=0) + 1
    figure.update_layout(barmode="overlay", bargap=0.2)
    figure.update_xaxes(type="date")
    figure.update_yaxes(dtick=1, range=[rows + 0.5, 0.5])
    return calm(figure, y="at a time", height=max(200, min(110 + 36 * rows, 600)))
