"""Curves of several trials over each other."""

import math
from collections.abc import Mapping

import plotly.graph_objects as go

from datasets import finite
from search import Record
from ui import wording
from ui.figures.look import as_text, calm, series_line


def overlaid(trials: Mapping[str, Record], metric: str) -> go.Figure:
    """Draw a metric over the epochs (from 1) of each trial, by the name it is shown under.

    Full lines are validation, with a star at the best epoch; faint dotted ones are training.
    """
    figure = go.Figure()
    for number, (shown, trial) in enumerate(trials.items()):
        name = as_text(shown)
        line = series_line(number)
        for series, what in ((f"val_{metric}", "validation"), (metric, "training")):
            if series not in trial.history:
                continue
            values = [finite(value) for value in trial.history[series]]
            is_first = what == "validation" or f"val_{metric}" not in trial.history
            figure.add_scatter(
                x=[*range(1, len(values) + 1)],
                y=values,
                mode="lines" if len(values) > 1 else "markers",
                name=name,
                legendgroup=name,
                showlegend=is_first,
                line=line if what == "validation" else {**line, "dash": "dot", "width": 1.5},
                opacity=1.0 if what == "validation" else 0.6,
                hovertemplate=f"{name}, {what}<br>epoch %{{x}}: %{{y:.4f}}<extra></extra>",
            )
        _mark_best(figure, name, trial, metric, str(line["color"]))
    epochs = max((len(series) for trial in trials.values() for series in trial.history.values()), default=1)
    figure.update_xaxes(title="epoch", range=[0.5, epochs + 0.5], dtick=math.ceil(epochs / 10))
    return calm(figure, y=wording.metric(metric), height=380)


def overlaid_table(trials: Mapping[str, Record], metric: str) -> list[dict[str, object]]:
    """Return the numbers of `overlaid`, a row an epoch; absent is None."""
    columns = {
        f"{name}{ending}": trial.history[series]
        for name, trial in trials.items()
        for series, ending in ((f"val_{metric}", ""), (metric, ", training"))
        if series in trial.history
    }
    epochs = max(map(len, columns.values()), default=0)
    return [
        {"epoch": epoch + 1}
        | {name: finite(values[epoch]) if epoch < len(values) else None for name, values in columns.items()}
        for epoch in range(epochs)
    ]


def _mark_best(figure: go.Figure, name: str, trial: Record, metric: str, colour: str) -> None:
    values = trial.history.get(f"val_{metric}", [])
    if trial.best_epoch is None or trial.best_epoch > len(values):
        return
    figure.add_scatter(
        x=[trial.best_epoch],
        y=[finite(values[trial.best_epoch - 1])],
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=False,
        marker={"symbol": "star", "size": 14, "color": colour, "line": {"color": "white", "width": 1}},
        hovertemplate=f"{name}, best epoch %{{x}}: %{{y:.4f}}<extra></extra>",
    )
