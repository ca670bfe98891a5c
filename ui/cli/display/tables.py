"""The look of everything the command line shows: one table style, one style for facts, one colour a state."""

from collections.abc import Collection, Mapping

from rich import box
from rich.align import VerticalAlignMethod
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

STATE_STYLES = {
    "pending": "dim",
    "running": "cyan",
    "completed": "green",
    "finished": "green",
    "stopped": "blue",
    "infeasible": "yellow",
    "interrupted": "yellow",
    "failed": "red",
}


def table(*headings: str, words: Collection[int] = (0,), title: str | None = None, top: bool = False) -> Table:
    """Make an empty table: the columns at the positions ``words`` hold words and bars, the others numbers.

    Beside a cell of several lines the others stand at its ``top``, or else in its middle.
    """
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    vertical: VerticalAlignMethod = "top" if top else "middle"
    for position, name in enumerate(headings):
        made.add_column(Text(name), justify="left" if position in words else "right", vertical=vertical)
    return made


def facts(values: Mapping[str, str]) -> Text:
    """Make a list of names and values, one a line."""
    width = max((cell_len(name) for name in values), default=0)
    lines = [Text.assemble((set_cell_size(name, width), "dim"), "  ", value) for name, value in values.items()]
    return Text("\n").join(lines)


def state(name: str) -> Text:
    """Write a state in its colour."""
    return Text(name, style=STATE_STYLES.get(name, ""))
