"""What a search shows while Python runs it: below a notebook's cell, or on the terminal, as ``galaxy search`` does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.jupyter import JupyterMixin
from rich.text import Text

from ui.cli.display.live import Pace, Watch, picture, search_display as terminal_display, starting
from ui.cli.terminal import Terminal

if TYPE_CHECKING:
    from search import SearchView


@contextmanager
def search_display() -> Iterator[Watch]:
    """Yield a ``watch`` for `cluster.run_search` and `resume_search`.

    In a notebook it draws the search below the cell, again and again in the same place, where it stays as it was at the
    end. It needs no widgets. Elsewhere it shows what ``galaxy search`` does: a table on a terminal, lines in a log.
    """
    if not Console().is_jupyter:
        with terminal_display(Terminal.of_process()) as watch:
            yield watch
        return
    # There whenever a notebook is; else not needed.
    from IPython.display import display

    shown, pace = display(_Shown(starting()), display_id=True), Pace()
    last: SearchView | None = None

    def draw(view: "SearchView") -> None:
        nonlocal last
        last = view
        shown.update(_Shown(picture(view, pace)))

    try:
        yield draw
    finally:
        shown.update(_Shown(Text() if last is None else picture(last, pace, is_over=True)))


class _Shown(JupyterMixin):
    """Anything that Rich draws, as a notebook takes it: HTML, and text beside it."""

    def __init__(self, drawn: RenderableType) -> None:
        self._drawn = drawn

    def __rich__(self) -> RenderableType:
        return self._drawn
