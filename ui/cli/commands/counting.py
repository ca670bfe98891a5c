"""The command that says what is in a classified catalogue: ``count``."""

from typing import Annotated

import typer

from ui.cli.command import command
from ui.cli.display.progress import progress_bar
from ui.cli.options import ModelPath
from ui.cli.terminal import Terminal

app = typer.Typer()


@command(app, "galaxy count runs/first/model catalogue-classified.csv")
def count(
    terminal: Terminal,
    model: ModelPath,
    answers: Annotated[
        str,
        typer.Argument(
            metavar="ANSWERS",
            help="Table or folder, also by URI, that `galaxy classify … --output` wrote, or rows of it chosen by its "
            "other columns, never by the answers.",
        ),
    ],
    prefix: Annotated[str, typer.Option(help="What stands before the names of the answers' columns.")] = "",
) -> None:
    """Say which share of a classified catalogue is of each class, corrected for what the model mistakes.

    With 95 % intervals, beside the share that the model named so. The correction takes for granted that only
    the mix of classes is another one than in training; where the answers say that it is not, that is said.
    """
    from datasets import open_folder
    from trainer import count_classes, read_classified, read_held_out, read_manifest
    from ui.cli.display.counted import counted
    from ui.cli.display.results import say_interim

    folder = open_folder(model)
    manifest = read_manifest(folder)
    say_interim(terminal, manifest)
    held_out = read_held_out(folder, manifest)
    found = read_classified(answers, manifest, prefix=prefix)
    with progress_bar(terminal, "Counting", unit="draws") as progress:
        result = count_classes(held_out, found.probabilities, found.named, manifest.classes, progress=progress)
    about = {"model": folder.uri, "table": answers, "unanswered": found.unanswered}
    terminal.finish({**about, **result.as_json()}, *counted(result, found.unanswered))
