"""Which classes are taken for which: a confusion matrix, drawn."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from ui import wording
from ui.figures.look import calm

_CELL, _AROUND = 44, 120
_LONGEST = 20
_BRIGHT = 0.5
"""Share above which a cell is bright."""


def confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> go.Figure:
    """Draw counts, (classes, classes), rows true, columns predicted; each cell as bright as its share of its row."""
    names = [f"{number}. {escape(wording.line(name, longest=_LONGEST))}" for number, name in enumerate(classes, 1)]
    numbers = [str(number) for number in range(1, len(classes) + 1)]
    shares = [[count / max(sum(row), 1) for count in row] for row in matrix]
    cells = [(row, column) for row in range(len(names)) for column in range(len(names))]
    figure = go.Figure()
    figure.add_heatmap(
        z=shares,
        x=numbers,
        y=names,
        hoverinfo="skip",
        colorscale="Cividis",
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=1,
        ygap=1,
    )
    figure.add_scatter(
        x=[numbers[column] for _, column in cells],
        y=[names[row] for row, _ in cells],
        text=[f"{matrix[row][column]:,}" if matrix[row][column] else "" for row, column in cells],
        customdata=[[names[column], wording.percent(shares[row][column])] for row, column in cells],
        hovertemplate="%{y}<br>taken for %{customdata[0]}: %{text} (%{customdata[1]})<extra></extra>",
        mode="text",
        # Read on the dark end of the scale as on the bright one.
        textfont={"color": ["black" if shares[row][column] > _BRIGHT else "white" for row, column in cells]},
    )
    calm(figure, y="", height=_AROUND + _CELL * len(classes))
    figure.update_xaxes(title="taken for", type="category", side="bottom", showgrid=False)
    figure.update_yaxes(title=None, autorange="reversed", automargin=True, showgrid=False)
    return figure.update_layout(showlegend=False, margin={"t": 12})
