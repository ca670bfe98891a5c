"""The ``galaxy`` command: every family of commands, in the order of a journey."""

from importlib.metadata import version
from typing import Annotated

import typer

from ui.cli.commands import data, leaderboard, models, page, searching, using
from ui.cli.usage import GalaxyGroup

app = typer.Typer(
    name="galaxy",
    cls=GalaxyGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog="[bold]Try it[/]  galaxy sample galaxies-jpeg     (each command's --help has an example too)",
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


for family in (data.app, searching.app, leaderboard.app, models.app, using.app, page.app):
    app.registered_commands.extend(family.registered_commands)


def main() -> None:
    """Run the command line and leave with its exit status."""
    app(prog_name="galaxy")


if __name__ == "__main__":
    main()
