"""What ``galaxy search`` shows while it runs: a live table on a terminal, else one line for each trial that ends."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from ui import ranking, wording
from ui.cli.display import tables
from ui.cli.terminal import Terminal

if TYPE_CHECKING:
    from search import Record, SearchView

_MOST_REASONS = 3
Watch = Callable[["SearchView"], None]
Draw = Callable[["SearchView"], RenderableType]


class Pace:
    """How fast trials end, counted from the first look at the search."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._ended_before = 0

    def per_minute(self, view: "SearchView") -> float | None:
        """Return the trials ended per minute since the first call, None until one has ended."""
        ended = ranking.ended(view.rows)
        if self._since is None:
            self._since, self._ended_before = self._clock(), ended
        minutes = (self._clock() - self._since) / 60
        return (ended - self._ended_before) / minutes if ended > self._ended_before and minutes > 0 else None

    def left(self, view: "SearchView") -> float | None:
        """Return the seconds until all planned trials have ended at this pace, or the time is up; None if unknown."""
        rate, planned = self.per_minute(view), view.specification.settings.trials
        if rate is None or planned is None:
            return view.left
        seconds = 60 * max(0, planned - ranking.ended(view.rows)) / rate
        return seconds if view.left is None else min(seconds, view.left)


def picture(view: "SearchView", pace: Pace, *, is_over: bool = False) -> RenderableType:
    """Draw the search as it stands: how far, the running trials, why some failed, the best so far.

    Of one that ``is_over`` it says in which states the trials are instead of what they do.
    """
    head = Text.assemble(
        (f"{view.name}  ", "bold"),
        (wording.bar(ranking.done(view), 24), "green on grey23"),
        f"  {_trials(view)}",
        (f"  {_speed(view, pace)}", "cyan"),
    )
    now = Text(ranking.states(view.counts), style="dim") if is_over else _running(view)
    return Group(head, now, *_reasons(view), _best(view))


def _trials(view: "SearchView") -> str:
    ended, planned = ranking.ended(view.rows), view.specification.settings.trials
    return wording.plural(ended, "trial") if planned is None else f"{ended} of {wording.plural(planned, 'trial')}"


def _speed(view: "SearchView", pace: Pace) -> str:
    rate, left = pace.per_minute(view), pace.left(view)
    speed = [] if rate is None else [f"{rate:.1f} trials/min"]
    return ", ".join(speed if left is None else [*speed, f"{wording.duration(left)} left"])


def _running(view: "SearchView") -> RenderableType:
    # A trial is pending until it reports its first epoch, which may be long after it has started.
    running = [row for row in view.rows if not row.state.is_ended()]
    rows = []
    for record in sorted(running, key=lambda record: record.trial_id):
        epochs = record.until or view.specification.settings.epochs
        bar = wording.bar(record.epochs / epochs, 12)
        best = wording.value(record.best_epoch)
        rows.append((record.trial_id, f"{record.epochs}/{epochs}", bar, wording.score(record.score), best))
    if rows:
        headings = ("trial", "epoch", "", view.objective.name, "best epoch")
        return tables.table(headings, rows, words=(0, 2), whole=(0, 2), last={2: 1})
    return Text("all trials have ended" if ranking.done(view) >= 1 else "starting the next trial …", style="dim")


def _reasons(view: "SearchView") -> list[Text]:
    """Write what trials wait for, and the last few reasons for which others failed, a line each: it stays small."""
    waiting = ranking.failures([row for row in view.rows if not row.state.is_ended()])[:_MOST_REASONS]
    ended = sorted((row for row in view.rows if row.state.is_ended()), key=lambda row: row.ended or "")
    shown = [*waiting, *ranking.failures(ended)[-_MOST_REASONS:]]
    return [Text(reason, style="yellow", no_wrap=True, overflow="ellipsis") for reason in shown]


def _best(view: "SearchView") -> Text:
    best = ranking.best(view.board)
    if best is None:
        return Text("best so far: none yet", style="dim")
    score = ranking.mean_of(best) if best.chosen else wording.score(best.score)
    return Text.assemble("best so far: ", (score, "bold green"), f" by {ranking.configuration(best.trial_id)}")


def ended_line(view: "SearchView", record: "Record", *, number: int) -> str:
    """Write one ended trial, the ``number``-th, as a line of a log."""
    best = ranking.best(view.rows)
    planned = view.specification.settings.trials
    words = [
        f"[{number if planned is None else f'{number}/{planned}'}] trial {record.trial_id} {record.state}:",
        f"{view.objective.name} {wording.score(record.score)}",
        f"after {wording.plural(record.epochs, 'epoch')} in {wording.duration(record.seconds)}",
    ]
    if record.attempts > 1:
        words.append(f"at attempt {record.attempts}")
    if record.reason:
        words.append(f"({wording.line(record.reason)})")
    if best is not None:
        words.append(f"· best {wording.score(best.score)} by {best.trial_id}")
    return " ".join(words)


def starting() -> Text:
    """Write what a search does before it has trials."""
    return Text("checking the model, starting workers …", style="dim")


@contextmanager
def search_display(terminal: Terminal, draw: Draw | None = None) -> Iterator[Watch]:
    """Yield a function that shows a search each time it is called with a new view of it, from any thread.

    On a terminal it is what ``draw`` returns, else its `picture`; in a log, a line for each trial that ends.
    """
    if not terminal.is_watched:
        yield _log(terminal)
        return
    drawn = draw or partial(picture, pace=Pace())
    first = Text() if draw else starting()
    with Live(first, console=terminal.err, transient=True, refresh_per_second=4) as live:
        yield lambda view: live.update(drawn(view))


def _log(terminal: Terminal) -> Watch:
    """Return a function that writes a line for each trial that has ended since its last call, from any thread.

    One that has begun to wait has a line, too.
    """
    said: set[str] = set()
    waiting: set[str] = set()
    lock, pace = threading.Lock(), Pace()

    def watch(view: "SearchView") -> None:
        with lock:
            speed = _speed(view, pace)
            for row in sorted(view.rows, key=lambda row: (row.ended or "", row.trial_id)):
                if row.state.is_ended() and row.trial_id not in said:
                    said.add(row.trial_id)
                    terminal.note(ended_line(view, row, number=len(said)) + (f" · {speed}" if speed else ""))
                elif row.reason and row.trial_id not in waiting | said:
                    terminal.note(f"trial {row.trial_id} {row.reason}")
            waiting.clear()
            waiting.update(row.trial_id for row in view.rows if row.reason and not row.state.is_ended())

    return watch
