"""When each trial ran: one bar a trial, a row for each worker where that is known, else as many as ran at a time."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import plotly.graph_objects as go

from search import Record
from ui.figures.look import AMBER, BLUE, GREEN, GREY, ORANGE, PINK, as_text, calm

_COLOURS = {
    "completed": GREEN,
    "stopped": PINK,
    "running": BLUE,
    "infeasible": AMBER,
    "failed": ORANGE,
    "pending": GREY,
}
_WORKERS = 16
"""Rows that can be told apart."""
_DARK = ("running",)
"""States on whose colour black would be too faint."""


@dataclass(frozen=True)
class Span:
    """A trial's time: in which row, from 0, since when, until when or now; the worker where the rows are of workers."""

    trial_id: str
    state: str
    row: int
    began: datetime
    ended: datetime
    worker: str | None = None


def spans(records: Sequence[Record], until: datetime) -> list[Span]:
    """Put each trial that has begun into the row of its worker, in the order in which they began.

    Where that is not known of all, or there were many, each is put into the first row that was free. A trial that runs
    is drawn ``until`` then. One that went on after an interruption is one bar, from its first beginning on.
    """
    named = [(record.started, record.trial_id, record) for record in records if record.started is not None]
    begun = sorted(named, key=lambda each: each[:2])
    workers = list(dict.fromkeys(record.worker for *_, record in begun))
    rows = {} if None in workers or len(workers) > _WORKERS else {name: row for row, name in enumerate(workers)}
    made: list[Span] = []
    free: list[int] = []
    busy: list[tuple[datetime, int]] = []
    for started, _, record in begun:
        began = datetime.fromisoformat(started)
        ended = until if record.ended is None else datetime.fromisoformat(record.ended)
        if rows:
            made.append(Span(record.trial_id, str(record.state), rows[record.worker], began, ended, record.worker))
            continue
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
            customdata=[as_text(f" on {span.worker}") if span.worker else "" for span in those],
            hovertemplate="trial %{text}%{customdata}<br>%{base}<extra></extra>",
        )
    rows = max((span.row for span in shown), default=0) + 1
    figure.update_layout(barmode="overlay", bargap=0.2)
    figure.update_xaxes(type="date")
    figure.update_yaxes(dtick=1, range=[rows + 0.5, 0.5])
    what = "worker" if shown and shown[0].worker else "at a time"
    return calm(figure, y=what, height=max(200, min(110 + 36 * rows, 600)))
