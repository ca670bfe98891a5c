"""Progress on stderr: how far, how fast, how much longer. Bars on a terminal; in a log nothing, or lines."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import progress as bars
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from datasets import Progress, Stage
from ui import wording
from ui.cli.terminal import Terminal

# A log has a line for each tenth of the work, but not one soon after another, nor none for long.
_SHARE, _SOON_SECONDS, _LONG_SECONDS = 0.1, 5.0, 60.0
# Characters of a spinner with its gap, of a bar, and of the least one that is worth its room.
_SPINNER, _BAR, _LEAST_BAR = 2, 32, 8


class Line(bars.ProgressColumn):
    """Shows what is done, a bar, how far, how fast and how long still, as much of it as fits; no number is cut."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def render(self, task: bars.Task) -> Text:
        """Draw it."""
        room = self._console.width - _SPINNER
        numbers = _numbers(task)
        while len(numbers) > 1 and cell_len("  ".join(numbers)) > room:
            numbers.pop()
        said = "  ".join(numbers)
        room -= cell_len(said) + 2
        doing = (
            task.description if cell_len(task.description) <= room else set_cell_size(task.description, max(0, room))
        )
        bar_width = min(_BAR, room - cell_len(doing) - 2)
        bar = wording.bar(task.completed / task.total, bar_width) if task.total and bar_width >= _LEAST_BAR else ""
        return Text.assemble(
            *([doing, "  "] if doing else []), (bar, "green on grey23"), "  " if bar else "", (said, "cyan")
        )


def _numbers(task: bars.Task) -> list[str]:
    """Return how far it is, how long it will take still and how fast it goes, as far as that is known."""
    done, left, speed = f"{task.completed:,.0f}", task.time_remaining, task.finished_speed or task.speed
    numbers = [f"{done}/{task.total:,.0f}" if task.total else done]
    numbers += [f"{wording.duration(left)} left"] if left is not None else []
    return [*numbers, *([_rate(speed, task.fields["unit"])] if speed else [])]


@contextmanager
def progress_bar(terminal: Terminal, doing: str, *, unit: str) -> Iterator[Progress]:
    """Show a bar named ``doing`` and yield what moves it: ``advance(done, total or None)``, from any thread.

    Quiet where stderr is no terminal.
    """
    with _bars(terminal) as begin:
        yield begin(doing, unit)


@contextmanager
def stages(terminal: Terminal) -> Iterator[Stage]:
    """Yield what shows one kind of work after another: a bar each, or lines in a log. From any thread."""
    if terminal.is_watched:
        with _bars(terminal) as begin:
            yield begin
    else:
        yield lambda doing, unit: Log(terminal.note, doing, unit)


@contextmanager
def _bars(terminal: Terminal) -> Iterator[Stage]:
    columns = (bars.SpinnerColumn(), Line(terminal.err))
    with bars.Progress(*columns, console=terminal.err, transient=True, disable=not terminal.is_watched) as shown:

        def begin(doing: str, unit: str) -> Progress:
            task = shown.add_task(doing, total=None, unit=unit)

            def show() -> None:
                for each in shown.task_ids:
                    shown.update(each, visible=each == task)

            def advance(done: int, total: int | None) -> None:
                shown.update(task, completed=done, total=total)
                if not shown.tasks[shown.task_ids.index(task)].visible:  # another kind of work was under way meanwhile
                    show()

            show()
            return advance

        yield begin


class Log:
    """Says of one kind of work that it begins, then how far it is, how fast, and how long it will take."""

    def __init__(
        self, note: Callable[[str], None], doing: str, unit: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._note, self._doing, self._unit, self._clock = note, doing, unit, clock
        self._lock = threading.Lock()
        # At the first report: what was done before, as by an earlier command, says nothing of the pace.
        self._first: tuple[int, float] | None = None
        self._said: tuple[int, float] = (0, clock())
        note(f"{doing} …")

    def __call__(self, done: int, total: int | None) -> None:
        """Take in how far it is."""
        with self._lock:
            now = self._clock()
            if self._first is None:
                self._first = self._said = (done, now)
                return
            new, passed = done - self._said[0], now - self._said[1]
            is_much = total is not None and new >= _SHARE * total
            if new <= 0 or not (passed >= _LONG_SECONDS or (is_much and passed >= _SOON_SECONDS)):
                return
            self._said = (done, now)
            rate = (done - self._first[0]) / (now - self._first[1])
        self._note(
            f"{self._doing}: {_far(done, total, self._unit)}, {_rate(rate, self._unit)}{_left(done, total, rate)}"
        )


def _far(done: int, total: int | None, unit: str) -> str:
    return f"{done:,} {unit}" if not total else f"{done:,} of {total:,} {unit} ({100 * done / total:.0f} %)"


def _left(done: int, total: int | None, rate: float) -> str:
    return "" if total is None or rate <= 0 else f", {wording.duration((total - done) / rate)} left"


def _rate(speed: float, unit: str) -> str:
    return f"{speed:,.0f} {unit}/s" if speed >= 10 else f"{speed:,.1f} {unit}/s"
