"""Learning curves: a metric over the epochs."""

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from datasets import finite
from ui import wording
from ui.figures.look import BLUE, GREY, ORANGE, calm

_VALIDATION = "val_"
_NO_CURVE = "val_worst_class"
"""A class's number."""


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
    return calm(figure, y=wording.metric(metric))
