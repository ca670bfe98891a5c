"""The look of everything the command line shows: one table style, one style for facts, one colour a state.

A table draws as many of its columns as fit, whole: no number is ever cut. Those that do not fit are named below it.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from ui import wording

STATE_STYLES = {
    "pending": "dim",
    "running": "cyan",
    "completed": "green",
    "finished": "green",
    "stopped": "blue",
    "infeasible": "yellow",
    "interrupted": "yellow",
    "failed": "red",
    "damaged": "red",
}
# Between two columns of a table, and at both its edges together.
_GAP, _EDGES = 3, 2
# What words are folded to, at the narrowest, and as much of them as is worth leaving out what can be missed.
_FOLDED, _COMFORTABLE = 12, 25
_TOKENS = re.compile(r"[^\s_]*_+|[^\s_]+\s*|\s+")


@dataclass(frozen=True)
class Column:
    """A column of a table that fits.

    ``words`` stand at the left, numbers at the right; words that ``fold`` go on in a further line, numbers never do.
    Of several that do not fit together those of the highest ``last`` are left out first, then those farther right.
    """

    heading: str
    cells: Sequence[Text | str]
    words: bool = False
    folds: bool = False
    last: int = 0

    @property
    def natural(self) -> int:
        """The width at which nothing is broken."""
        return max(cell_len(self.heading), self._of_cells)

    @property
    def least(self) -> int:
        """The width below which it is left out: a heading is broken between its words, no cell is but of words."""
        tokens = [cell_len(token.rstrip()) for token in _TOKENS.findall(self.heading)]
        return max([min(self._of_cells, _FOLDED) if self.folds else self._of_cells, *tokens])

    @property
    def _of_cells(self) -> int:
        return max((cell_len(line) for cell in self.cells for line in str(cell).split("\n")), default=0)


@dataclass(frozen=True)
class Fitting:
    """A table that draws, wherever it is drawn, as many of its columns as fit there; below it the others' names.

    ``elsewhere`` says where those are. ``styles`` are the rows', one each, or none; after the rows in ``sections``
    there is a line. Beside a cell of several lines the others stand at its ``top``, or else in its middle.
    """

    columns: Sequence[Column]
    title: str | None = None
    styles: Sequence[str] = ()
    sections: Collection[int] = ()
    top: bool = False
    elsewhere: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it as wide as ``options`` allow."""
        widths = _widths(self.columns, options.max_width)
        yield self._table(widths)
        left_out = [each.heading for at, each in enumerate(self.columns) if at not in widths and each.heading]
        if left_out:
            said = f"left out, for want of width: {', '.join(wording.beginning(left_out))}"
            yield Text(said + (f" ({self.elsewhere})" if self.elsewhere else ""), style="dim")

    def is_whole(self, width: int) -> bool:
        """Whether all columns fit into ``width`` characters."""
        return len(_widths(self.columns, width)) == len(self.columns)

    def _table(self, widths: Mapping[int, int]) -> Table:
        made = Table(box=box.SIMPLE_HEAD, title=self.title, title_justify="left", title_style="bold", pad_edge=False)
        shown = [self.columns[at] for at in widths]
        for column, width in zip(shown, widths.values(), strict=True):
            made.add_column(
                Text(_broken(column.heading, width), overflow="fold"),
                justify="left" if column.words else "right",
                vertical="top" if self.top else "middle",
                width=width,
                overflow="fold",
            )
        for at, cells in enumerate(zip(*(column.cells for column in shown), strict=True)):
            made.add_row(
                *map(_text, cells), style=self.styles[at] if self.styles else "", end_section=at in self.sections
            )
        return made


def _widths(columns: Sequence[Column], room: int) -> dict[int, int]:
    """Return the width of each column that fits into ``room`` characters, by its place, in the order of places."""
    widths: dict[int, int] = {}
    room += _GAP - _EDGES

    def take(places: Iterable[int]) -> None:
        nonlocal room
        for at in places:
            needed = columns[at].least if widths else min(columns[at].least, max(1, room - _GAP))
            if needed + _GAP <= room:
                widths[at] = needed
                room -= needed + _GAP

    def widen(places: Iterable[int], most: int | None = None) -> None:
        nonlocal room
        for at in places:
            wanted = columns[at].natural if most is None else min(columns[at].natural, most)
            more = max(0, min(room, wanted - widths[at]))
            widths[at] += more
            room -= more

    order = sorted(range(len(columns)), key=lambda at: (columns[at].last, at))
    take(at for at in order if not columns[at].last)
    widen([at for at in widths if columns[at].folds], _COMFORTABLE)
    take(at for at in order if columns[at].last)
    # What is left over goes to headings, then to words that would be folded.
    widen(sorted(widths, key=lambda at: (columns[at].folds, columns[at].last, at)))
    return dict(sorted(widths.items()))


def _broken(heading: str, width: int) -> str:
    """Return a heading with as many line breaks between its words as ``width`` asks for."""
    lines = [""]
    for token in _TOKENS.findall(heading):
        if lines[-1] and cell_len((lines[-1] + token).rstrip()) > width:
            lines.append("")
        lines[-1] += token
    return "\n".join(line.rstrip() for line in lines)


def _text(cell: Text | str) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[Text | str]],
    *,
    words: Collection[int] = (0,),
    whole: Collection[int] = (),
    last: Mapping[int, int] = MappingProxyType({}),
    title: str | None = None,
    styles: Sequence[str] = (),
    top: bool = False,
    elsewhere: str = "",
) -> Fitting:
    """Make a table of rows: the columns at the positions ``words`` hold words, the others numbers.

    Words may be folded but those at ``whole``; ``last`` are those of columns that have one.
    """
    columns = [
        Column(heading, [row[at] for row in rows], at in words, at in words and at not in whole, last.get(at, 0))
        for at, heading in enumerate(headings)
    ]
    return Fitting(columns, title=title, styles=styles, top=top, elsewhere=elsewhere)


def facts(values: Mapping[str, str]) -> Text:
    """Make a list of names and values, one a line."""
    width = max((cell_len(name) for name in values), default=0)
    lines = [Text.assemble((set_cell_size(name, width), "dim"), "  ", value) for name, value in values.items()]
    return Text("\n").join(lines)


def state(name: str) -> Text:
    """Write a state in its colour."""
    return Text(name, style=STATE_STYLES.get(name, ""))
