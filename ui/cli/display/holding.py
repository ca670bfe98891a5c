"""How the terminal shows where a model's answers hold."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from ui import wording
from ui.cli.display.tables import Fitting, table
from ui.report.holding import mix_lines, unknown_lines

if TYPE_CHECKING:
    from trainer import BinScores, Holding

# A table of more classes is no longer read.
_CLASSES = 8


def held(holding: "Holding") -> RenderableType:
    """Draw a table a column, and before it the scores of all images where their mix of classes is another one."""
    parts: list[RenderableType] = []
    if holding.prior is not None:
        parts.append(_table((holding.whole,), "In the mix of --prior", ""))
    for column in holding.columns:
        name = wording.line(column.column)
        parts.append(_table(column.filled, f"By {name}", name))
        parts += [Text(line, style="yellow") for line in unknown_lines(column)]
    parts += [Text(line, style="dim") for line in mix_lines(holding)]
    return Group(*parts)


def _table(bins: "Sequence[BinScores]", title: str, heading: str) -> Fitting:
    classes = [*bins[0].per_class]
    names = classes if len(classes) <= _CLASSES else []
    rows = list[tuple[Text | str, ...]]()
    for one in bins:
        accuracy = wording.interval(one.accuracy, one.accuracy_interval)
        rows.append((Text(one.name, style="bold"), "all: accuracy", f"{one.count:,}", accuracy, ""))
        for name in names:
            each = one.per_class[name]
            shares = (
                wording.interval(each.completeness, each.completeness_interval),
                wording.interval(each.purity, each.purity_interval),
            )
            rows.append(("", wording.line(name), f"{each.support:,}", *shares))
    headings = (heading, "class", "images", "completeness", "purity")
    made = table(headings, rows, words=(0, 1), title=title, elsewhere="--json and --report have them")
    return replace(made, sections={(len(names) + 1) * number - 1 for number in range(1, len(bins))})
