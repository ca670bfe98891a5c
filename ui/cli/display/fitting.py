"""What ``galaxy fit`` shows: the search while that runs, then its finalists."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live

from ui.cli.display import finals, live
from ui.cli.display.finals import WatchFinals
from ui.cli.terminal import Terminal


@contextmanager
def fit_display(terminal: Terminal) -> Iterator[tuple[live.Watch, WatchFinals]]:
    """Yield what shows a search and what shows its finalists, each whenever it is called, from any thread."""
    if not terminal.is_watched:
        with live.search_display(terminal) as search, finals.finals_display(terminal) as training:
            yield search, training
        return
    pace = live.Pace()
    # One picture for both: a terminal has room for one that is drawn again and again.
    with Live(live.starting(), console=terminal.err, transient=True, refresh_per_second=4) as shown:
        yield (
            lambda view: shown.update(live.picture(view, pace)),
            lambda standing: shown.update(finals.picture(standing)),
        )
