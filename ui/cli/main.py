"""The ``galaxy`` command: every family of commands, in the order of a journey; wrong use is one line, exit status 2."""

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import FrameType
from typing import Annotated

import typer

from cluster import anything_is_late
from ui.cli.commands import (
    cluster,
    cluster_files,
    counting,
    data,
    fitting,
    leaderboard,
    managing,
    models,
    page,
    searching,
    using,
)
from ui.cli.entry import is_in_a_hurry, remember_words
from ui.cli.grammar import HELP, PlainGroup, sentence_of
from ui.cli.terminal import INTERRUPTED


class GalaxyGroup(PlainGroup):
    """The command group, with Typer's boxed usage errors replaced by one line each."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: object,
    ) -> object:
        """Run the command and leave with its exit status. Raises SystemExit, always, in standalone mode."""
        remember_words(sys.argv[1:] if args is None else args)
        try:
            status = super().main(
                args, prog_name, complete_var, standalone_mode=False, windows_expand_args=windows_expand_args, **extra
            )
        except typer.TyperException as error:
            if not standalone_mode:
                raise
            if error.format_message():  # empty where Typer has shown the help already
                print(f"galaxy: error: {_sentence(error)}", file=sys.stderr)  # noqa: T201
            sys.exit(error.exit_code)
        return sys.exit(status or 0) if standalone_mode else status


def _sentence(error: typer.TyperException) -> str:
    """Return the error with the help that explains it: ``No such option: --trails … (see `galaxy search --help`)``."""
    text = sentence_of(error)
    context = getattr(error, "ctx", None)
    return f"{text[:1].lower()}{text[1:]} (see `{context.command_path if context else 'galaxy'} --help`)"


app = typer.Typer(
    name="galaxy",
    cls=GalaxyGroup,
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog="[bold]Try it[/]  galaxy sample galaxies-jpeg   (each command's -h has an example)",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"galaxy {version('galaxy-tuner')}")
        raise typer.Exit


@app.callback()
def galaxy(
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Find the best convolutional network for classifying galaxy images.

    The journey: sample (or your own images) → import → search → leaderboard →
    train → evaluate → classify; `galaxy ui` shows it in the browser.
    """


for family in (data, searching, fitting, leaderboard, models, using, counting, page, managing, cluster):
    app.registered_commands.extend(family.app.registered_commands)
app.add_typer(cluster_files.app)


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        app(prog_name="galaxy")
    except KeyboardInterrupt:  # between two steps of the command's own end
        sys.exit(INTERRUPTED)
    except SystemExit as ending:
        if (is_in_a_hurry() or anything_is_late()) and isinstance(ending.code, int | None):
            _end(ending.code or 0)  # all has been said
        raise
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End a process that has done its work: a traceback out of the interpreter's last steps would help nobody."""
    _end(INTERRUPTED)


def _end(status: int) -> None:
    """End without the interpreter's last steps."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, AttributeError):  # None where the caller has closed it
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
