"""``galaxy leaderboard``: the ranking of a search once, again and again while it runs, or as CSV or JSON."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from datasets import harmless
from ui.cli.command import command
from ui.cli.display.leaderboard import ranked
from ui.cli.display.live import search_display
from ui.cli.options import SearchName, Storage, flag
from ui.cli.terminal import Terminal
from ui.ranking import history_csv, leaderboard_csv
from ui.wording import DEFAULT_STORAGE, command_line, module_options

if TYPE_CHECKING:
    from search import SearchView

app = typer.Typer()
_SECONDS_BETWEEN_LOOKS = 2.0


@command(app, "galaxy leaderboard first --watch")
def leaderboard(
    terminal: Terminal,
    name: SearchName,
    storage: Storage = DEFAULT_STORAGE,
    watch: Annotated[bool, flag("--watch", "Keep showing it until the search ends.")] = False,
    csv: Annotated[bool, flag("--csv", "Print a CSV table on stdout, for spreadsheets.")] = False,
    history: Annotated[bool, flag("--history", "Add each trial's metrics of every epoch.")] = False,
) -> None:
    """Rank the trials of a search, best first.

    Works while the search runs, from any machine that reaches the storage folder.
    """
    if csv and terminal.as_json:
        raise typer.BadParameter("choose one of --csv and --json", param_hint="--csv")
    _show(terminal, name, storage, watch=watch, csv=csv, history=history)


@command(app, "galaxy watch first")
def watch(terminal: Terminal, name: SearchName, storage: Storage = DEFAULT_STORAGE) -> None:
    """Follow a search until it ends: the same as `galaxy leaderboard --watch`."""
    _show(terminal, name, storage, watch=True)


def _show(
    terminal: Terminal, name: str, storage: str, *, watch: bool, csv: bool = False, history: bool = False
) -> None:
    from search import read_search

    view = _watched(terminal, storage, name, history) if watch else read_search(storage, name, history=history)
    if csv:
        terminal.write(history_csv(view.rows) if history else leaderboard_csv(view.board, text=harmless))
        return
    if terminal.as_json:  # either is work where there are thousands of trials
        terminal.finish(view.as_json(history=history))
        return
    shown = ranked(view, history=history)
    terminal.finish({}, shown, next_command=next_after(view, storage))


def next_after(view: "SearchView", storage: str, address: str = "local") -> str | None:
    """Return the command that makes sense once this view has been read; None where Python alone goes on.

    ``address`` is where the search ran, as far as that is known.
    """
    if view.is_live:
        return command_line("leaderboard", view.name, "--watch", storage=storage)
    if view.specification.settings.is_by_value:
        return None
    if str(view.state) in ("interrupted", "stopped", "failed"):
        return command_line("resume", view.name, storage=storage, address=address)
    if view.best is None:
        return command_line("searches", storage=storage)
    return _with_model(view, storage) or command_line("train", view.name, storage=storage, address=address)


def _with_model(view: "SearchView", storage: str) -> str | None:
    """Return the command that asks its model, where that was made after the last of its trials; else None."""
    from datasets import StorageError, open_folder
    from search import bundle_location
    from trainer import BundleError, read_manifest

    try:
        place = bundle_location(storage, view.name)
        manifest = read_manifest(open_folder(place))
    except (BundleError, StorageError):  # advice is not worth an error
        return None
    ends = [datetime.fromisoformat(row.ended) for row in view.rows if row.ended is not None]
    if manifest.interim or manifest.made < max(ends).timestamp():
        return None
    return command_line("classify", place, "IMAGE.jpg", *module_options(manifest.modules))


def _watched(terminal: Terminal, storage: str, name: str, history: bool) -> "SearchView":
    """Show the search until nothing of it runs, in a log each trial that ends; return the last view.

    From the second look on a storage that is away is waited for, as the search itself waits for it. Between a fit's
    search and the training of its finalists nothing runs for a moment: what was seen to run is looked at once more.
    """
    from datasets import patient
    from search import read_search

    with search_display(terminal, ranked) as show:
        before = view = read_search(storage, name, history=history)
        with patient():
            while True:
                show(view)
                if not view.is_live and not (before.is_live and view.is_open):
                    return view
                time.sleep(_SECONDS_BETWEEN_LOOKS)
                before, view = view, read_search(storage, name, history=history)
