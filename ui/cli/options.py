"""Options and arguments that several commands share, each written once."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from datasets import Option, is_written_table, parse_duration, value_range
from ui.cli import completing
from ui.wording import DEFAULT_STORAGE


def fraction(value: float | None) -> float | None:
    """Check the value of an option. Raises typer.BadParameter unless it is None or a fraction."""
    if value is not None and not 0.0 < value <= 1.0:
        raise typer.BadParameter(f"expected a fraction above 0 and at most 1, found {value:g}")
    return value


def duration(value: str) -> float:
    """Read the value of an option, in seconds. Raises typer.BadParameter for what is no time."""
    try:
        return parse_duration(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def on_disk(value: str | None) -> str | None:
    """Return the value of an option or argument that is a path here, ``~`` expanded as a shell does.

    Raises typer.BadParameter for a URI.
    """
    if value is not None and "://" in value:
        raise typer.BadParameter(f"expected a path on this machine, found a URI of {value.partition('://')[0]}://")
    return None if value is None else os.path.expanduser(value)  # noqa: PTH111 - leaves `~nobody` as it is


def ends_in(*suffixes: str) -> Callable[[str | None], str | None]:
    """Make the check of an option that is a file's name: typer.BadParameter unless it ends in a suffix of these."""

    def check(value: str | None) -> str | None:
        path = on_disk(value)
        if path is not None and Path(path).suffix.lower() not in suffixes:
            raise typer.BadParameter(f"expected a file that ends in {', '.join(suffixes)}, found {value}")
        return path

    return check


def check_unread(option: str, output: str | None, *inputs: str | None) -> None:
    """Raise typer.BadParameter where the file of an option is one of the inputs, or there in a folder of them.

    Links are followed. What is not there, or is at a URI, cannot be written over; and a table that the same command has
    written into a folder before is not among what is read there.
    """
    if output is None or not Path(output).exists():
        return
    for each in inputs:
        read = None if each is None or "://" in each else Path(each)
        if read is None or not read.exists():
            continue
        is_itself = read.samefile(output)
        if is_itself or (Path(output).resolve().is_relative_to(read.resolve()) and not is_written_table(output)):
            what = f"'{each}' itself" if is_itself else f"a file in '{each}'"
            said = f"expected a place apart from what is read, found {what}: '{output}'"
            raise typer.BadParameter(said, param_hint=option)


def check_apart(option: str, place: str | None, *inputs: str | None) -> None:
    """Raise typer.BadParameter where pictures would come into a folder of the inputs, where they are read as images.

    Whether there is anything yet, or not. Links are followed; what is at a URI is another place.
    """
    from datasets import open_folder

    target = None if place is None else open_folder(place).local
    if target is None:
        return
    for each in inputs:
        read = None if each is None or "://" in each else Path(each)
        if read is not None and read.is_dir() and target.resolve().is_relative_to(read.resolve()):
            said = f"expected a place apart from what is read, found one in '{each}', where pictures are read as images"
            raise typer.BadParameter(f"{said}: '{place}'", param_hint=option)


def low_high(value: str | None) -> str | None:
    """Check the value of an option. Raises typer.BadParameter unless it is None or ``LOW,HIGH``."""
    try:
        if value is not None:
            value_range(value)
    except ValueError:
        said = f"expected LOW,HIGH, two numbers such as 0,65535, found {value}"
        raise typer.BadParameter(said) from None
    return value


def flag(name: str, text: str, *, panel: str | None = None) -> object:
    """Make a switch that is off unless given; its help shows no type."""
    return typer.Option(name, metavar="", help=text, rich_help_panel=panel)


ADDRESSES = ("local", "in-process", "auto")
_STORAGE, _PLACE = "Folder that holds the searches, or a URI such as s3://bucket/runs.", "Where it runs"


@dataclass(frozen=True)
class Place:
    """Where a search runs, and where its results are kept."""

    storage: Annotated[str, Option(_STORAGE, _PLACE, metavar="URI")] = DEFAULT_STORAGE
    address: Annotated[str, Option("Ray to run on: local, in-process, auto, HOST:PORT.", _PLACE, values=ADDRESSES)] = (
        "local"
    )


Submit = Annotated[
    bool,
    flag(
        "--submit",
        "Send it to a Ray's head as a job and leave: --address is the dashboard, by default http://127.0.0.1:8265.",
        panel=_PLACE,
    ),
]
NoPreflight = Annotated[
    bool, flag("--no-preflight", "Do not look at a Ray's nodes, as `galaxy doctor` does, before.", panel=_PLACE)
]
AsJson = Annotated[bool, flag("--json", "Print one JSON object on stdout, for programs.", panel="Output")]
Debug = Annotated[bool, flag("--debug", "Show the traceback of an error, for bug reports.", panel="Output")]
Storage = Annotated[str, typer.Option(help=_STORAGE, metavar="URI")]
SearchName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Name of the search, as given to `galaxy search --name`.",
        autocompletion=completing.searches,
    ),
]
DatasetPath = Annotated[
    str,
    typer.Argument(
        metavar="DATASET", help="Dataset that `galaxy import` has written.", autocompletion=completing.datasets
    ),
]
MovedDataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="PLACE", help="Where the search's dataset is now, path or URI, if it has moved."),
]
ModelPath = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="Model that `galaxy train` has written.", autocompletion=completing.models),
]
Modules = Annotated[
    list[str] | None,
    typer.Option(
        "--module",
        metavar="MODULE",
        help="Python module of yours, to be found from here, that registers classes of the model; may be repeated.",
    ),
]
Seed = Annotated[int, typer.Option(min=1, help="Everything random derives from it.")]
Crop = Annotated[
    float | None,
    typer.Option(callback=fraction, metavar="FRACTION", help="Use only this central part of each image, e.g. 0.55."),
]
Decision = Annotated[
    Literal["accuracy", "balanced", "objective"] | None,
    typer.Option(
        help="Name the most probable class, give rare classes a fair chance, or name what the objective is best at.",
        show_default="as the model was made for: objective, or accuracy where it is an older one",
    ),
]

MaxError = Annotated[
    float | None,
    typer.Option(
        callback=fraction,
        metavar="FRACTION",
        help="Say `not sure` often enough that at most so many of the other answers are wrong.",
        show_default="0.02",
    ),
]
