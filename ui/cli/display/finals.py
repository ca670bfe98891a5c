"""What is shown while finalists are trained: a live table on a terminal, else one line for each beginning that ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from ui import wording
from ui.cli.display import tables
from ui.cli.display.live import starting
from ui.cli.terminal import Terminal
from ui.ranking import CHOSEN, configuration, with_spread

if TYPE_CHECKING:
    from search import EndedBeginning, Finalist, Finals, FinalsStanding

_BAR = 12
WatchFinals = Callable[["FinalsStanding"], None]


def picture(standing: "FinalsStanding") -> RenderableType:
    """Draw the finals as they stand: the plan, each finalist's beginnings and mean, what is trained, the time left."""
    head = Text.assemble((f"{standing.name}  ", "bold"), _plan(standing.finals), (f"  {_left(standing)}", "cyan"))
    headings = ("finalist", "beginnings", f"mean {standing.objective.name}", "under way")
    rows, styles = [], []
    for one in standing.finals.finalists:
        if one.is_active or one.beginnings:
            mark = f" {CHOSEN}" if one.trial_id == standing.finals.chosen else ""
            under_way = "dropped" if one.dropped is not None else _bars(standing, one)
            mean = with_spread(one.mean, one.spread)
            rows.append((one.trial_id + mark, str(len(one.beginnings)), mean, under_way))
            styles.append("dim" if one.dropped is not None else "bold" if mark else "")
    worth = standing.finals.worth
    shown = tables.table(headings, rows, words=(0, 3), whole=(0,), styles=styles)
    return Group(head, shown, *([] if worth is None else [Text(worth.sentence)]))


def _plan(finals: "Finals") -> str:
    active = sum(one.is_active for one in finals.finalists)
    if not finals.planned:
        return wording.plural(active, "finalist")
    return (
        f"{wording.plural(active, 'finalist')}, {wording.plural(finals.planned, 'beginning')} of "
        f"{wording.plural(finals.epochs, 'epoch')} each"
    )


def _left(standing: "FinalsStanding") -> str:
    return "writing the model" if standing.is_last_step else f"{wording.duration(standing.left)} left"


def _bars(standing: "FinalsStanding", one: "Finalist") -> str:
    shares = [share for (trial_id, _), share in standing.under_way.items() if trial_id == one.trial_id]
    return "  ".join(f"{wording.bar(share, _BAR)} {100 * share:.0f} %" for share in shares)


def ended_line(standing: "FinalsStanding", one: "Finalist", beginning: "EndedBeginning") -> str:
    """Write one beginning that has ended as a line of a log."""
    words = [
        f"{configuration(one.trial_id)}, beginning {beginning.number}:",
        f"{standing.objective.name} {wording.score(beginning.score)} in {wording.duration(beginning.seconds)}",
        f"· mean {with_spread(one.mean, one.spread)} of {len(one.scores)}",
    ]
    if standing.finals.chosen is not None:
        words.append(f"· best {standing.finals.chosen}")
    return " ".join([*words, f"· {_left(standing)}"])


@contextmanager
def finals_display(terminal: Terminal) -> Iterator[WatchFinals]:
    """Yield a function that shows finals each time it is called, from any thread.

    On a terminal it is a `picture`; in a log, the plan, then a line for each beginning that ends and each finalist that
    is dropped.
    """
    if not terminal.is_watched:
        yield _log(terminal)
        return
    with Live(starting(), console=terminal.err, transient=True, refresh_per_second=4) as live:
        yield lambda standing: live.update(picture(standing))


def _log(terminal: Terminal) -> WatchFinals:
    """Return a function that writes what is new since its last call."""
    said: set[tuple[object, ...]] = set()
    is_first = True

    def news(standing: "FinalsStanding") -> Iterator[tuple[tuple[object, ...], str]]:
        finals = standing.finals
        if finals.planned:
            yield ("plan", finals.planned, finals.epochs), f"{_plan(finals)}, {_left(standing)}"
        for one in finals.finalists:
            for beginning in one.beginnings:
                yield ("ended", one.trial_id, beginning.number, finals.epochs), ended_line(standing, one, beginning)
            if one.dropped is not None:
                yield ("dropped", one.trial_id), f"{configuration(one.trial_id)} is dropped: {one.dropped}"
        if standing.is_last_step:
            yield ("last",), "calibrating, testing and writing the model"

    def watch(standing: "FinalsStanding") -> None:
        nonlocal is_first
        for key, line in news(standing):
            # Of a command that goes on what an earlier one has said is not said again.
            if key not in said and (not is_first or key[0] == "plan"):
                terminal.note(line)
            said.add(key)
        is_first = False

    return watch
