"""The leaderboard as the terminal shows it: a table that fits, and the best trial in full."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from ui import wording
from ui.cli.display import tables
from ui.ranking import (
    are_finals,
    best,
    configuration,
    differing,
    failures,
    headings,
    mean_of,
    said_of_best,
    states,
    trial_name,
)

if TYPE_CHECKING:
    from search import Row, SearchView

# As much of a value, and as many of them, as the best trial is shown with.
_LONGEST, _MOST_VALUES = 200, 40
# More trials than anybody reads in a terminal; drawing thousands would take seconds.
_MOST_ROWS = 100


def ranked(view: "SearchView", *, history: bool = False) -> RenderableType:
    """Draw the best 100 trials with as many of the differing hyperparameters as fit, then the best trial in full."""
    names = headings(differing(view.board))
    training = ("  its best are being trained", "cyan") if view.is_training else ""
    state = tables.state(str(view.state))
    head = Text.assemble((view.name, "bold"), "  ", state, f"  {states(view.counts)}{_time(view)}", training, style="")
    # A finalist is shown, however many rank before it.
    shown = [row for at, row in enumerate(view.board) if at < _MOST_ROWS or row.beginnings]
    left_out = len(view.board) - len(shown)
    reasons = [Text(reason, style="yellow") for reason in failures(view.rows)]
    more = [Text(f"… and {wording.plural(left_out, 'trial')} more: --csv lists them all", style="dim")]
    table = _table(shown, view.objective.name, names, history=history)
    return Group(head, table, *(more if left_out else []), *reasons, _winner(view, names))


def _time(view: "SearchView") -> str:
    limit = view.limit
    return "" if limit is None else f"  {wording.duration(view.spent)} of {wording.duration(limit)}"


def _table(rows: "Sequence[Row]", objective: str, names: Mapping[str, str], *, history: bool) -> tables.Fitting:
    leader = best(rows)

    def column(heading: str, cell: "Callable[[Row], str]", **look: Any) -> tables.Column:
        return tables.Column(heading, [cell(row) for row in rows], **look)

    columns = [
        column("rank", lambda row: wording.value(row.rank)),
        column("trial", trial_name, words=True),
        tables.Column("state", [tables.state(str(row.state)) for row in rows], words=True, last=1),
        column(objective, lambda row: wording.score(row.score)),
    ]
    if are_finals(rows):
        columns.append(column("mean", mean_of, last=1))
        columns.append(column("beginnings", lambda row: str(row.beginnings or ""), last=3))
    columns.append(column("epochs", lambda row: str(row.epochs), last=2))
    columns.append(column("time", lambda row: wording.duration(row.seconds), last=2))
    if history:
        curves = column("history", lambda row: wording.sparkline(row.history.get(objective, [])), words=True, last=1)
        columns.append(curves)
    if any(row.parent is not None for row in rows):
        columns.append(column("parent", lambda row: row.parent or "", words=True, last=3))
    if any(row.attempts > 1 for row in rows):
        columns.append(column("attempts", lambda row: str(row.attempts), last=3))
    columns += [column(heading, _value_of(name), last=4) for name, heading in names.items()]
    styles = ["bold" if row is leader else "" for row in rows]
    return tables.Fitting(columns, styles=styles, elsewhere="--csv has them all")


def _value_of(name: str) -> "Callable[[Row], str]":
    return lambda row: wording.value(row.hyperparameters.get(name))


def _winner(view: "SearchView", names: Mapping[str, str]) -> RenderableType:
    winner = best(view.board)
    if winner is None:
        return Text("no trial has a score yet", style="dim")
    differ = {names[name]: value for name, value in winner.hyperparameters.items() if name in names}
    title = Text(f"Best: {configuration(winner.trial_id)}, {said_of_best(winner, view.objective.name)}", style="bold")
    values = {heading: wording.value(differ[heading], longest=_LONGEST) for heading in [*differ][:_MOST_VALUES]}
    more = Text(f"… and {len(differ) - len(values)} more: --json has them all", style="dim")
    return Group(title, *worth_of(view), tables.facts(values), *([more] if len(differ) > len(values) else []))


def worth_of(view: "SearchView") -> list[Text]:
    """Write what the search was worth, where that is known."""
    worth = None if view.finals is None else view.finals.worth
    return [] if worth is None else [Text(f"{worth.sentence[:1].upper()}{worth.sentence[1:]}.")]
