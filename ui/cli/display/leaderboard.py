"""The leaderboard as the terminal shows it: a table that fits, and the best trial in full."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ui import wording
from ui.cli.display import tables
from ui.ranking import differing, states

if TYPE_CHECKING:
    from search import Row, SearchView

# Between two columns of a table, and at its edges.
_GAP = 3


def ranked(view: "SearchView", *, width: int, history: bool = False) -> RenderableType:
    """Draw the leaderboard with as many of the differing hyperparameters as fit, then the best trial in full."""
    names = differing(view.rows)
    head = Text.assemble((view.name, "bold"), "  ", tables.state(str(view.state)), f"  {states(view.counts)}", style="")
    return Group(head, _table(view, names, width=width, history=history), _winner(view, names))


def _table(view: "SearchView", names: Sequence[str], *, width: int, history: bool) -> Table:
    headings = ["rank", "trial", "state", view.objective.name, "epochs", "time", *(["history"] if history else [])]
    cells = [_cells(row, view.objective.name, history=history) for row in view.rows]
    left = [1, 2, 6]
    if any(row.parent is not None for row in view.rows):
        headings.append("parent")
        cells = [[*cell, row.parent or ""] for row, cell in zip(view.rows, cells, strict=True)]
        left.append(len(headings) - 1)
    shown = tables.table(*headings, words=left)
    for column in shown.columns:
        column.no_wrap = True
    room = width - sum(_GAP + max(map(len, column)) for column in zip(headings, *cells, strict=True))
    fitting = _fitting(view.rows, names, room)
    for name, needed in fitting.items():
        shown.add_column(Text(wording.heading(name)), justify="right", min_width=needed)
    for row, words in zip(view.rows, cells, strict=True):
        words += [wording.value(row.hyperparameters.get(name)) for name in fitting]
        texts = [tables.state(word) if column == 2 else Text(word) for column, word in enumerate(words)]
        shown.add_row(*texts, style="bold" if row.rank == 1 else "")
    return shown


def _cells(row: "Row", objective: str, *, history: bool) -> list[str]:
    words = [
        wording.value(row.rank),
        row.trial_id,
        str(row.state),
        wording.score(row.score),
        str(row.epochs),
        wording.duration(row.seconds),
    ]
    return [*words, wording.sparkline(row.history.get(objective, []))] if history else words


def _fitting(rows: "Sequence[Row]", names: Sequence[str], room: int) -> dict[str, int]:
    """Return the first hyperparameters whose columns fit into ``room`` characters, with the width of each."""
    fitting = {}
    for name in names:
        values = [wording.value(row.hyperparameters.get(name)) for row in rows]
        needed = max(len(word) for word in (*wording.heading(name).split(), *values))
        room -= _GAP + needed
        if room < 0:
            break
        fitting[name] = needed
    return fitting


def _winner(view: "SearchView", names: Sequence[str]) -> RenderableType:
    best = next((row for row in view.rows if row.rank == 1), None)
    failures = [row for row in view.rows if row.reason]
    parts: list[RenderableType] = [Text(f"trial {r.trial_id} {r.state}: {r.reason}", style="yellow") for r in failures]
    if best is None:
        return Group(*parts, Text("no trial has a score yet", style="dim"))
    values = {wording.heading(n): wording.value(best.hyperparameters[n]) for n in names if n in best.hyperparameters}
    title = Text(f"Best: trial {best.trial_id}, {view.objective.name} {wording.score(best.score)}", style="bold")
    return Group(*parts, title, tables.facts(values))
