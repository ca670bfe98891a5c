"""Learning curves: a metric over the epochs, of one trial or of many."""

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from datasets import finite
from search import Record
from ui import wording
from ui.figures.look import BLUE, GREY, ORANGE, calm

_VALIDATION = "val_"
_FEW = 12
"""Curves that do not hide one another."""
_NO_CURVE = "val_worst_class"
"""A class's number."""


def curve_names(history: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the metrics a trial has a curve of, without the ``val_`` prefix: training and validation share a chart."""
    return list(dict.fromkeys(name.removeprefix(_VALIDATION) for name in history if name != _NO_CURVE))


def spread_over(number: int, most: int) -> list[int]:
    """Return which of ``number`` ranked trials are drawn, ``most`` at most: half the best, half evenly of the rest."""
    if number <= most:
        return [*range(number)]
    best = most // 2
    rest = most - best
    return [*range(best), *(best + (at * (number - best - 1)) // (rest - 1) for at in range(rest))]


def all_curves(
    trials: Sequence[Record], metric: str, *, rungs: Sequence[int], highlighted: str | None, stopped: str = "stopped"
) -> go.Figure:
    """Draw a validation metric of several trials over the epochs, one of them ``highlighted``.

    Dotted lines are the ``rungs``, epochs after which weak trials are stopped; a cross ends a trial that was.
    """
    figure = go.Figure()
    ends: list[tuple[int, float]] = []
    for trial in sorted(trials, key=lambda trial: trial.trial_id == highlighted):
        values = [finite(value) for value in trial.history.get(metric, [])]
        is_it = trial.trial_id == highlighted
        figure.add_scatter(
            x=[*range(1, len(values) + 1)],
            y=[None if value is None else round(value, 4) for value in values],
            mode="lines" if len(values) > 1 else "markers",
            name=f"trial {trial.trial_id}",
            showlegend=is_it,
            line={"color": ORANGE if is_it else BLUE, "width": 3.5 if is_it else 1.2},
            opacity=1.0 if is_it else 0.45 if len(trials) > _FEW else 0.8,
            hovertemplate=f"trial {trial.trial_id}<br>epoch %{{x}}: %{{y:.4f}}<extra></extra>",
        )
        if str(trial.state) == stopped and values and values[-1] is not None:
            ends.append((len(values), values[-1]))
    if ends:
        figure.add_scatter(
            x=[epoch for epoch, _ in ends],
            y=[round(value, 4) for _, value in ends],
            mode="markers",
            name="stopped early",
            marker={"symbol": "x", "size": 7, "color": GREY},
            hoverinfo="skip",
        )
    for rung in rungs:
        figure.add_vline(x=rung, line={"color": GREY, "dash": "dot", "width": 1})
    epochs = max((len(trial.history.get(metric, [])) for trial in trials), default=1)
    figure.update_xaxes(title="epoch", range=[0.5, epochs + 0.5], dtick=math.ceil(epochs / 10))
    return calm(figure, y=wording.metric(metric), height=380)
