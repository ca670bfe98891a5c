"""The leaderboard as the terminal shows it: a table that fits, and the best trial in full."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ui import wording
from ui.cli.display import tables
from ui.ranking import best, differing, failures, states

if TYPE_CHECKING:
    from search import Row, SearchView

# Between two columns of a table, and at its edges.
_GAP = 3
# More trials than anybody reads in a terminal; drawing thousands would take seconds.
_MOST_ROWS = 100


def ranked(view: "SearchView", *, width: int, history: bool = False) -> RenderableType:
    """Draw the best 100 trials with as many of the differing hyperparameters as fit, then the best trial in full."""
    names = differing(view.rows)
    head = Text.assemble((view.name, "bold"), "  ", tables.state(str(view.state)), f"  {states(view.counts)}", style="")
    shown = view.rows[:_MOST_ROWS]
    left_out = len(view.rows) - len(shown)
    reasons = [Text(reason, style="yellow") for reason in failures(view.rows)]
    more = [Text(f"… and {wording.plural(left_out, 'trial')} more: --csv lists them all", style="dim")]
    table = _table(shown, view.objective.name, names, width=width, history=history)
    return Group(head, table, *(more if left_out else []), *reasons, _winner(view, names))


def _table(rows: "Sequence[Row]", objective: str, names: Sequence[str], *, width: int, history: bool) -> Table:
    headings = ["rank", "trial", "state", objective, "epochs", "time", *(["history"] if history else [])]
    cells = [_cells(row, objective, history=history) for row in rows]
    left = [1, 2, 6]
    if any(row.parent is not None for row in rows):
        headings.append("parent")
        cells = [[*cell, row.parent or ""] for row, cell in zip(rows, cells, strict=True)]
        left.append(len(headings) - 1)
    shown = tables.table(*headings, words=left)
    for column in shown.columns:
        column.no_wrap = True
    room = width - sum(_GAP + max(map(len, column)) for column in zip(headings, *cells, strict=True))
    fitting = _fitting(rows, names, room)
    for name, needed in fitting.items():
        shown.add_column(Text(wording.heading(name)), justify="right", min_width=needed)
    for row, words in zip(rows, cells, strict=True):
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
    winner = best(view.rows)
    if winner is None:
        return Text("no trial has a score yet", style="dim")
    differ = {name: winner.hyperparameters[name] for name in names if name in winner.hyperparameters}
    title = Text(f"Best: trial {winner.trial_id}, {view.objective.name} {wording.score(winner.score)}", style="bold")
    return Group(title, tables.facts({wording.heading(name): wording.value(value) for name, value in differ.items()}))
