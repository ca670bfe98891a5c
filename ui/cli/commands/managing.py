"""Commands about searches as a whole: ``delete``, ``rename``."""

import sys
from typing import Annotated

import typer

from ui import wording
from ui.cli.command import command
from ui.cli.options import SearchName, Storage, flag
from ui.cli.terminal import FAILED, Terminal
from ui.ranking import states
from ui.wording import DEFAULT_STORAGE, command_line

app = typer.Typer()
Yes = Annotated[bool, flag("--yes", "Do not ask.")]


@command(app, "galaxy delete first")
def delete(terminal: Terminal, name: SearchName, storage: Storage = DEFAULT_STORAGE, yes: Yes = False) -> None:
    """Delete a search for good: its trials, its checkpoints, its model.

    Asks first. Refused while something of it runs. What was cut off goes on with the same command.
    """
    from search import delete_search

    _ask(terminal, name, storage, f"Delete search {name!r} for good", yes=yes)
    delete_search(storage, name)
    terminal.finish(
        {"search": name, "deleted": True},
        f"Deleted search {name!r}",
        next_command=command_line("searches", storage=storage),
    )


@command(app, "galaxy rename first best-of-march")
def rename(
    terminal: Terminal,
    name: SearchName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its name from now on.")],
    storage: Storage = DEFAULT_STORAGE,
    yes: Yes = False,
) -> None:
    """Give a search another name; all that it has moves with it.

    Asks first. Refused while something of it runs. An object store copies it all, which may take
    a while; what was cut off goes on with the same command.
    """
    from search import rename_search

    _ask(terminal, name, storage, f"Rename search {name!r} to {new!r}", yes=yes)
    rename_search(storage, name, new)
    next_command = command_line("leaderboard", new, storage=storage)
    terminal.finish({"search": new, "renamed_from": name}, f"Search {name!r} is {new!r} now", next_command=next_command)


def _ask(terminal: Terminal, name: str, storage: str, question: str, *, yes: bool) -> None:
    """Return where the user agrees, or there is nothing to agree to; else end the command with status 1."""
    from search import SearchLayout, is_taken

    if yes or not is_taken(SearchLayout.of(storage, name)):
        return
    if not _is_somebody_there():
        raise typer.BadParameter("nobody can be asked here: give --yes to go on without", param_hint="--yes")
    if not _agrees(terminal, wording.line(f"{question} ({_held(name, storage)})?")):
        terminal.note("galaxy: nothing was changed")
        raise typer.Exit(FAILED)


def _agrees(terminal: Terminal, question: str) -> bool:
    """Ask; Ctrl-D, which is no answer, is a no. Raises KeyboardInterrupt for Ctrl-C, of which Typer makes the same."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort as abort:
        terminal.err.print()  # what comes next is said below the question
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        return False


def _is_somebody_there() -> bool:
    return sys.stdin.isatty()


def _held(name: str, storage: str) -> str:
    """Say what there is of a search and where it is, or why it cannot be read."""
    from datasets import GalaxyTunerError
    from search import SearchLayout, read_search

    try:
        view = read_search(storage, name, history=False)
    except GalaxyTunerError as error:
        return str(error)
    layout = SearchLayout.of(storage, name)
    return f"{states(view.counts)}{', a model' if layout.bundle.exists() else ''}; {layout.root.uri}"
