"""The leaderboard as the terminal shows it: a table that fits, and the best trial in full."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ui import wording
from ui.cli.display import tables
from ui.ranking import differing, states

if TYPE_CHECKING:
    from search import Row, SearchView

# Rank, trial, state, score, epochs and time, with their spaces.
_FIXED_WIDTH = 56


def ranked(view: "SearchView", *, width: int, history: bool = False) -> RenderableType:
    """Draw the leaderboard with as many of the differing hyperparameters as fit, then the best trial in full."""
    names = differing(view.rows)
    head = Text.assemble((view.name, "bold"), "  ", tables.state(str(view.state)), f"  {states(view.counts)}", style="")
    return Group(head, _table(view, names, width=width, history=history), _winner(view, names))


def _table(view: "SearchView", names: tuple[str, ...], *, width: int, history: bool) -> Table:
    curve = ["history"] if history else []
    room = width - _FIXED_WIDTH - (view.specification.settings.epochs + 2 if history else 0)
    columns = _fitting(view.rows, names, room)
    shown = tables.table("rank", "trial", "state", view.objective.name, "epochs", "time", *curve, words=(1, 2, 6))
    for name in columns:
        shown.add_column(Text(wording.heading(name)), justify="right")
    for row in view.rows:
        cells: list[RenderableType] = [
            wording.value(row.rank),
            row.trial_id,
            tables.state(str(row.state)),
            wording.score(row.score),
            str(row.epochs),
            wording.duration(row.seconds),
        ]
        cells += [wording.sparkline(row.history.get(view.objective.name, []))] if history else []
        cells += [Text(wording.value(row.hyperparameters.get(name))) for name in columns]
        shown.add_row(*cells, style="bold" if row.rank == 1 else "")
    return shown


def _fitting(rows: "tuple[Row, ...]", names: tuple[str, ...], room: int) -> list[str]:
    """Return the first hyperparameters whose columns fit into ``room`` characters."""
    fitting = []
    for name in names:
        values = [wording.value(row.hyperparameters.get(name)) for row in rows]
        room -= 2 + max(len(word) for word in (*wording.heading(name).split(), *values))
        if room < 0:
            break
        fitting.append(name)
    return fitting


def _winner(view: "SearchView", names: tuple[str, ...]) -> RenderableType:
    best = next((row for row in view.rows if row.rank == 1), None)
    failures = [row for row in view.rows if row.reason]
    parts: list[RenderableType] = [Text(f"trial {r.trial_id} {r.state}: {r.reason}", style="yellow") for r in failures]
    if best is None:
        return Group(*parts, Text("no trial has a score yet", style="dim"))
    values = {wording.heading(n): wording.value(best.hyperparameters[n]) for n in names if n in best.hyperparameters}
    title = Text(f"Best: trial {best.trial_id}, {view.objective.name} {wording.score(best.score)}", style="bold")
    return Group(*parts, title, tables.facts(values))
