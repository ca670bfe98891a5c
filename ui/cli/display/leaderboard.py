"""The leaderboard as the terminal shows it: a table that fits, and the best trial in full."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
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

# Between two columns of a table, and at its edges.
_GAP = 3
# As much of a value, and as many of them, as the best trial is shown with.
_LONGEST, _MOST_VALUES = 200, 40
# More trials than anybody reads in a terminal; drawing thousands would take seconds.
_MOST_ROWS = 100


def ranked(view: "SearchView", *, width: int, history: bool = False) -> RenderableType:
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
    table = _table(shown, view.objective.name, names, width=width, history=history)
    return Group(head, table, *(more if left_out else []), *reasons, _winner(view, names))


def _time(view: "SearchView") -> str:
    limit = view.limit
    return "" if limit is None else f"  {wording.duration(view.spent)} of {wording.duration(limit)}"


def _table(rows: "Sequence[Row]", objective: str, names: Mapping[str, str], *, width: int, history: bool) -> Table:
    # Pairs: an objective may be called like another column.
    columns: list[tuple[str, Callable[[Row], str]]] = [
        ("rank", lambda row: wording.value(row.rank)),
        ("trial", trial_name),
        ("state", lambda row: str(row.state)),
        (objective, lambda row: wording.score(row.score)),
        *_finals(rows),
        ("epochs", lambda row: str(row.epochs)),
        ("time", lambda row: wording.duration(row.seconds)),
    ]
    if history:
        columns.append(("history", lambda row: wording.sparkline(row.history.get(objective, []))))
    if any(row.parent is not None for row in rows):
        columns.append(("parent", lambda row: row.parent or ""))
    if any(row.attempts > 1 for row in rows):
        columns.append(("attempts", lambda row: str(row.attempts)))
    first = [heading for heading, _ in columns]
    no_numbers = [at for at, heading in enumerate(first) if at in (1, 2) or heading in ("history", "parent")]
    shown = tables.table(*first, words=no_numbers)
    for column in shown.columns:
        column.no_wrap = True
    cells = [[cell(row) for _, cell in columns] for row in rows]
    fitting = _fitting(rows, names, width - sum(_GAP + max(map(len, each)) for each in zip(first, *cells, strict=True)))
    for name, needed in fitting.items():
        shown.add_column(Text(names[name]), justify="right", min_width=needed)
    leader = best(rows)
    for row, words in zip(rows, cells, strict=True):
        words += [wording.value(row.hyperparameters.get(name)) for name in fitting]
        texts = [tables.state(word) if column == 2 else Text(word) for column, word in enumerate(words)]
        shown.add_row(*texts, style="bold" if row is leader else "")
    return shown


def _finals(rows: "Sequence[Row]") -> "list[tuple[str, Callable[[Row], str]]]":
    """Return the columns that say what the further beginnings of finalists came to."""
    if not are_finals(rows):
        return []
    return [("mean", mean_of), ("beginnings", lambda row: str(row.beginnings or ""))]


def _fitting(rows: "Sequence[Row]", names: Mapping[str, str], room: int) -> dict[str, int]:
    """Return the first hyperparameters whose columns fit into ``room`` characters, with the width of each."""
    fitting = {}
    for name, heading in names.items():
        values = [wording.value(row.hyperparameters.get(name)) for row in rows]
        needed = max(cell_len(word) for word in (*heading.split(), *values))
        room -= _GAP + needed
        if room < 0:
            break
        fitting[name] = needed
    return fitting


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
