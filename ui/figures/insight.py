"""What a search teaches, drawn: Optuna's figures in the pages' look, and bars of how much matters.

Names and values are whatever a user's space has: plotly reads HTML in them, so they are escaped.
"""

from ast import literal_eval
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ui import wording
from ui.figures.look import BLUE, GREY, as_text, calm

_BAR = 26
"""Height of a bar with its space, px."""
_SCALE = "Cividis"
"""Rises in lightness alone, and the same for every kind of colour vision (Nuñez, Anderton and Renslow 2018)."""
_AXIS = 74
"""From a hyperparameter's axis to the next, px: its name above it, its values below."""
_ROOM = 0.06
"""Beside the lowest and highest values, for what they are called."""
_BEST = 0.2
"""Share of the trials that stand out as the best."""
_LONGEST_LABEL = 28


def importance_bars(shares: Mapping[str, float]) -> go.Figure:
    """Draw the share (0–1) of each hyperparameter as a bar, the largest on top."""
    names = list(shares)[::-1]
    figure = go.Figure()
    figure.add_bar(
        x=[shares[name] for name in names],
        y=[label(name) for name in names],
        orientation="h",
        marker={"color": BLUE},
        text=[wording.percent(shares[name]) for name in names],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(visible=False, range=[0, 1.15 * max(shares.values(), default=1.0)])
    calm(figure, y="", height=_BAR * len(names) + 40)
    return figure.update_layout(margin={"t": 8}).update_yaxes(title=None, automargin=True)


def slice_points(figure: go.Figure, name: str, metric: str) -> go.Figure:
    """Give the look to `search.plot_slices` of one hyperparameter."""
    for trace in figure.data:
        trace.update(
            marker={"color": BLUE, "size": 7, "opacity": 0.75, "colorbar": None, "showscale": False},
            hovertemplate=f"{label(name)} %{{x}}<br>%{{y:.4f}}<extra></extra>",
        )
    figure.update_layout(title=None)
    _write_categories(figure)
    figure.update_xaxes(title=label(name))
    return _bare(calm(figure, y=wording.metric(metric), height=280))


def contour(figure: go.Figure, metric: str) -> go.Figure:
    """Give the look to `search.plot_contours`: bright is good."""
    for trace in figure.data:
        if trace.type == "contour":
            # Which Optuna turns where less is better.
            trace.update(colorscale=_SCALE, line={"width": 0})
            trace.colorbar.title = {"text": wording.metric(metric), "side": "right"}
        else:
            trace.update(marker={"color": "white", "size": 7, "line": {"color": "black", "width": 1}})
    across, up = figure.layout.xaxis.title.text, figure.layout.yaxis.title.text
    figure.update_layout(title=None)
    _write_categories(figure)
    figure.update_xaxes(title=label(across))
    return _bare(calm(figure, y=label(up), height=380))


def parallel_lines(figure: go.Figure, names: Sequence[str], metric: str, *, maximise: bool) -> go.Figure:
    """Draw the lines of `search.plot_parallel_coordinates` through ``names`` in the order given, from top to bottom.

    So a narrow screen, too, has room for each name and its values. As two traces, the best fifth in colour, the others
    grey: with a trace each, hundreds of lines are more than a browser draws with ease.
    """
    order = [0, *(1 + sorted(names).index(name) for name in names)]  # Optuna has the score first, then sorts by name
    lines = sorted((trace for trace in figure.data if trace.mode == "lines"), key=_score, reverse=maximise)
    best, drawn = best_count(len(lines)), go.Figure()
    for name, part, line, opacity in (
        ("the others", lines[best:], {"color": GREY, "width": 1}, 0.35),
        (f"the best {best}", lines[:best], {"color": BLUE, "width": 2}, 0.85),
    ):
        drawn.add_scatter(
            x=[x for trace in part for x in (*(trace.y[at] for at in order), None)],
            y=[*range(0, -len(order), -1), None] * len(part),
            text=[text for trace in part for text in (*(_said(trace.customdata[at]) for at in order), "")],
            hovertemplate="%{text}<extra></extra>",
            mode="lines",
            opacity=opacity,
            line=line,
            name=name,
        )
    for note in figure.layout.annotations:
        drawn.add_annotation(
            x=note.y, y=-order.index(int(note.x)), text=_written(note.text), yanchor="top", showarrow=False
        )
    for at, name in enumerate((as_text(wording.metric(metric)), *map(label, names))):
        drawn.add_hline(y=-at, line={"color": GREY, "width": 1})
        drawn.add_annotation(
            xref="paper",
            x=0,
            y=-at,
            text=name,
            font={"weight": "bold"},
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
        )
    calm(drawn, y="", height=_AXIS * len(order) + 60)
    ends = [y for trace in lines for y in trace.y]
    room = _ROOM * (max(ends) - min(ends)) or 1.0
    drawn.update_xaxes(visible=False, range=[min(ends) - room, max(ends) + room])
    return drawn.update_yaxes(visible=False, range=[0.6 - len(order), 0.5])


def best_count(trials: int) -> int:
    """Return how many of so many trials stand out: a fifth of them."""
    return max(1, round(_BEST * trials))


def label(name: str) -> str:
    """Write a hyperparameter's name for an axis."""
    return _written(wording.heading(name))


def _score(line: go.Scatter) -> float:
    return float(line.y[0])


def _said(pair: Sequence[str]) -> str:
    name, value = pair
    return f"{label(name)}: {_written(value)}"


def _written(text: str) -> str:
    return as_text(_short(text))


def _short(text: str) -> str:
    return wording.line(str(text), longest=_LONGEST_LABEL)


def _write_categories(figure: go.Figure) -> None:
    """Write values that are no numbers as text, and the order of categories with them."""
    for x_or_y in ("x", "y"):
        axis = figure.layout[f"{x_or_y}axis"]
        if axis.type == "category":
            for trace in figure.data:
                trace[x_or_y] = [_category(text) for text in trace[x_or_y] or ()]
            if axis.categoryarray is not None:
                axis.categoryarray = [_category(text) for text in axis.categoryarray]


def _category(value: object) -> str:
    """Return a category as it is shown: slices have text in quotes, as Python writes it."""
    text = str(value)
    return _written(str(literal_eval(text)) if text[:1] in ("'", '"') else text)


def _bare(figure: go.Figure) -> go.Figure:
    """Leave room for no legend, and write small numbers as powers, not as 10µ."""
    figure.update_xaxes(exponentformat="power", minorloglabels="none")
    figure.update_yaxes(exponentformat="power", minorloglabels="none")
    return figure.update_layout(showlegend=False, margin={"t": 12})
