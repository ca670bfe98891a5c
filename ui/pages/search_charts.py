"""The charts of one search: the best so far, all learning curves together, and when its trials ran."""

from collections.abc import Sequence
from datetime import UTC, datetime

import plotly.graph_objects as go
import streamlit as st

from search import Followed, rungs
from ui import wording
from ui.figures import curves, progress, timeline
from ui.pages.elements import shown
from ui.pages.watching import Watched

_CURVES, _BARS, _LISTED = 60, 300, 100


def best_score(one: Watched, found: Followed) -> None:
    """Draw each trial's score and the best so far."""
    st.subheader("Best score", anchor=False)
    points = one.drawn(found, "points", lambda: progress.scored_points(found.ranked, found.objective))
    if not points:
        st.caption("Appears when the first trial has ended.")
        return
    over = st.segmented_control(
        "Over", ["time", "trials"], default="time", required=True, key="over", bind="query-params"
    )
    drawn = one.drawn(found, "thinned", lambda: progress.thinned(points))

    def figure() -> go.Figure:
        since = min((record.started for record in found.ranked if record.started is not None), default=None)
        return progress.best_over_time(drawn, found.objective.name, over_trials=over == "trials", since=since)

    thinned = f" Of {len(points):,} trials {len(drawn):,} are drawn, each that was the best so far among them."
    shown(
        one.drawn(found, ("best", over), figure),
        alt=f"Best score of {found.name} over {over}",
        says="Each point is a trial; where the line is level for long, more trials of this kind bring little."
        + (thinned if len(drawn) < len(points) else ""),
        key="best",
        table=[
            {"trials ended": point.number, "trial": point.trial_id, "score": point.score} for point in drawn[-_LISTED:]
        ],
    )


def all_curves(one: Watched, found: Followed) -> None:
    """Draw the learning curves of its trials, one of them highlighted."""
    st.subheader("Learning curves", anchor=False)
    at = [place for place, record in enumerate(found.ranked) if record.epochs]
    if not at:
        st.caption("A trial has curves once its first epoch has ended.")
        return
    places = [at[number] for number in curves.spread_over(len(at), _CURVES)]
    trials = [one.whole(found, found.ranked[place]) for place in places]
    metrics = list(dict.fromkeys(name for trial in trials for name in trial.history if name.startswith("val_")))
    ids = [trial.trial_id for trial in trials]
    left, right = st.columns(2)
    wanted = found.objective.name
    start = metrics.index(wanted) if wanted in metrics else 0
    metric = left.selectbox("Metric", metrics, index=start, format_func=wording.metric, key=f"metric of {one.name}")
    best = ids.index(found.best) if found.best in ids else 0
    highlighted = right.selectbox("Highlight", ids, index=best, key=f"highlight of {one.name} {found.best}")
    settings = found.specification.settings
    marks = rungs(settings.scheduler, settings.epochs)
    few = len(places) < len(at)
    half = _CURVES // 2
    drawn = f" Of {len(at):,} trials {len(places)} are drawn: the best {half}, and {half} spread over the others."
    rung = f" Dotted lines: weak trials are stopped after {_listed(marks)} epochs; a cross ends one." if marks else ""
    shown(
        one.drawn(
            found,
            ("curves", metric, highlighted),
            lambda: curves.all_curves(trials, metric, rungs=marks, highlighted=highlighted),
        ),
        alt=f"Learning curves of {found.name}",
        says=f"Curves that still rise at their end would gain by more epochs.{rung}{drawn if few else ''}",
        key="all-curves",
        table=[
            {"trial": trial.trial_id, "epochs": trial.epochs, "last": trial.history[metric][-1]}
            for trial in trials
            if trial.history.get(metric)
        ],
    )


def _listed(epochs: Sequence[int]) -> str:
    return " and ".join(map(str, epochs))


def when(one: Watched, found: Followed) -> None:
    """Draw when its trials ran."""
    st.subheader("Timeline", anchor=False)

    # Of many, what runs is drawn until the last that ended: the figure is then the same until it is drawn anew.
    def all_spans() -> list[timeline.Span]:
        ends = [record.ended for record in found.ranked if record.ended is not None]
        return timeline.spans(
            found.ranked, datetime.fromisoformat(max(ends)) if is_many and ends else datetime.now(UTC)
        )

    is_many = len(found.ranked) > _BARS
    spans = one.drawn(found, "spans", all_spans) if is_many else all_spans()
    newest = spans[-_BARS:]
    rows = "a row for each worker" if newest and newest[0].worker else "in as many rows as ran at a time"
    few = f" The newest {_BARS} of {len(spans):,} trials." if len(spans) > _BARS else ""
    shown(
        one.drawn(found, "timeline", lambda: timeline.timeline(newest)) if is_many else timeline.timeline(newest),
        alt=f"When the trials of {found.name} ran",
        says=f"One bar a trial, {rows}; gaps are time without a trial.{few}",
        key="timeline",
        table=[
            {"trial": span.trial_id, "state": span.state, "began": span.began, "ended": span.ended}
            | ({"worker": span.worker} if span.worker else {})
            for span in newest
        ],
    )
