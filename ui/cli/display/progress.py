"""Progress bars on stderr: how far, how fast, how much longer. Quiet where stderr is no terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as bars
from rich.text import Text

from datasets import Progress
from ui.cli.terminal import Terminal


class RateColumn(bars.ProgressColumn):
    """Shows the speed as ``123 images/s``."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: bars.Task) -> Text:
        """Draw the column; empty until there is a speed."""
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:,.0f} {self._unit}/s" if speed >= 10 else f"{speed:,.1f} {self._unit}/s", style="cyan")


@contextmanager
def progress_bar(terminal: Terminal, doing: str, *, unit: str) -> Iterator[Progress]:
    """Show a bar named ``doing`` and yield what moves it: ``advance(done, total or None)``, from any thread."""
    columns = (
        bars.SpinnerColumn(),
        bars.TextColumn("{task.description}"),
        bars.BarColumn(bar_width=32),
        bars.MofNCompleteColumn(),
        RateColumn(unit),
        bars.TimeRemainingColumn(compact=True),
        bars.TextColumn("left", style="dim"),
    )
    with bars.Progress(*columns, console=terminal.err, transient=True, disable=not terminal.is_watched) as shown:
        task = shown.add_task(doing, total=None)

        def advance(done: int, total: int | None) -> None:
            shown.update(task, completed=done, total=total)

        yield advance
