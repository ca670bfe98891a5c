"""The best so far of several searches."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ui import wording
from ui.figures.look import as_text, calm, room_around, series_line


def races(
    searches: Mapping[str, Sequence[tuple[float, float, str]]],
    metric: str,
    *,
    over: str,
    unit: str,
    is_log: bool = False,
) -> go.Figure:
    """Draw the best so far of each search as a stepped line.

    Args:
        searches: By name, for each step how far the search was, the best by then, and the trial that it was of.
        metric: The objective of them all.
        over: What names the horizontal axis.
        unit: Of it, as the hover has it.
        is_log: Whether that axis is logarithmic.
    """
    figure = go.Figure()
    for number, (name, steps) in enumerate(searches.items()):
        shown = as_text(name)
        figure.add_scatter(
            x=[far for far, _, _ in steps],
            y=[best for _, best, _ in steps],
            text=[trial for _, _, trial in steps],
            mode="lines+markers",
            name=shown,
            line={**series_line(number), "shape": "hv"},
            marker={"size": 6},
            hovertemplate=f"{shown}, trial %{{text}}<br>best %{{y:.4f}} after %{{x:,.4~g}} {unit}<extra></extra>",
        )
    figure.update_yaxes(range=room_around([best for steps in searches.values() for _, best, _ in steps]))
    figure.update_xaxes(title=over, **({"type": "log"} if is_log else {"rangemode": "tozero"}))
    return calm(figure, y=wording.metric(metric), height=380)
