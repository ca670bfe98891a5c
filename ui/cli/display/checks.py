"""What was checked on machines, as the terminal shows it: a line for what is well everywhere, one for each fault."""

from collections.abc import Sequence
from itertools import groupby
from math import inf

from rich.console import RenderableType
from rich.text import Text

from cluster import Check
from datasets import few
from ui.cli.display.tables import table

_MOST_NAMED = 3


def checked(checks: Sequence[Check]) -> RenderableType:
    """Draw what was found of each check, in the order in which they were made; below a fault what to do about it.

    Nodes of which the same is to be said share a line. Of those that are well, the one with the least margin speaks.
    """
    by_check: dict[str, list[Check]] = {}
    for check in checks:
        by_check.setdefault(check.check, []).append(check)
    count = len({check.node for check in checks})
    one_node = count == 1
    rows = []
    for name, made in by_check.items():
        for ok, found, nodes in _lines(made):
            mark = Text("✓", style="green") if ok else Text("✗", style="bold red")
            rows.append((mark, Text(name), *([] if one_node else [Text(_named(nodes, of=count))]), found))
    headings = ("", "check", *([] if one_node else ["nodes"]), "found")
    return table(headings, rows, words=range(4), top=True)


def _lines(made: Sequence[Check]) -> list[tuple[bool, Text, list[str]]]:
    """Return whether it is well, what to say, and of which nodes; faults first, as they are what is looked for."""
    lines = []
    faults = sorted((each for each in made if not each.ok), key=_said)
    for (found, advice), alike in groupby(faults, key=_said):
        text = Text(found)
        if advice:
            text.append(f"\n→ {advice}", style="yellow")
        lines.append((False, text, [each.node for each in alike]))
    if well := [each for each in made if each.ok]:
        least = min(well, key=lambda each: inf if each.margin is None else each.margin)
        differ = len({each.found for each in well}) > 1
        said = f"{least.found}  ({least.node})" if differ else least.found
        lines.append((True, Text(said), [each.node for each in well]))
    return lines


def _said(check: Check) -> tuple[str, str]:
    return check.found, check.advice or ""


def _named(nodes: Sequence[str], *, of: int) -> str:
    if len(nodes) == of > 1:
        return f"all {of}"
    return few(nodes, most=_MOST_NAMED) if len(nodes) <= _MOST_NAMED else f"{len(nodes)} of {of}"
