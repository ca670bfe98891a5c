"""``galaxy classify`` of a table that is written again with its answers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from datasets import TABLE_SUFFIXES, ImageFile, is_table_file, memory_of_table
from ui import wording
from ui.cli.display.progress import progress_bar
from ui.cli.terminal import Terminal
from ui.predictions.files import About, Add, write_predictions
from ui.predictions.prediction import Prediction
from ui.predictions.tally import Tally

if TYPE_CHECKING:
    from trainer import Catalogue, Classification


def is_catalogue(paths: list[str], output: str | None) -> bool:
    """Say whether what is to be classified is one table, to be written again as a table."""
    suffix = None if output is None else Path(output).suffix.lower()
    return len(paths) == 1 and suffix in TABLE_SUFFIXES and is_table_file(Path(paths[0]))


def check_of_tables(paths: list[str], output: str | None, prefix: str, value_range: str | None) -> None:
    """Raise typer.BadParameter for what no table that is written has, or no table that is read."""
    if prefix and (output is None or Path(output).suffix.lower() not in TABLE_SUFFIXES):
        said = f"it is of a table's columns: expected --output FILE with it, {', '.join(TABLE_SUFFIXES)}"
        raise typer.BadParameter(said, param_hint="--prefix")
    tables = [path for path in paths if value_range is not None and is_table_file(Path(path))]
    if tables:
        said = f"it is of arrays, and the images of a table have a scale of their own: leave it out for '{tables[0]}'"
        raise typer.BadParameter(said, param_hint="--value-range")


def classify_catalogue(
    terminal: Terminal,
    table: Path,
    target: Path,
    about: About,
    options: Mapping[str, object],
    answer: "Callable[[Iterator[ImageFile], int], Iterator[Classification]]",
    printed: Path | None,
) -> Tally:
    """Classify the images of a table's rows and write the table with the answers; go on where a cut run was.

    ``options`` are those that answers depend on, by what the user calls them. JSON of all answers is written to
    ``printed``, unless that is None. Returns the counts. Raises as `trainer.Catalogue` does, and ImageError where there
    are rows and none could be classified.
    """
    from trainer import Catalogue

    needed = memory_of_table(table)
    if needed is not None:
        terminal.note(f"a VOTable is read as a whole: about {wording.size(needed)} of memory for '{table}'")
    tally = Tally()
    with ExitStack() as stack:
        kept = stack.enter_context(_said_if_cut(terminal))
        catalogue = stack.enter_context(Catalogue.opened(table, target, about.table, about.said, options))
        kept.append(catalogue)
        adds: list[Add] = [tally.add]
        if printed is not None:
            adds.append(stack.enter_context(write_predictions(printed, about)))
        if catalogue.done:
            said = f"{catalogue.done:,} of {catalogue.total:,} rows were answered before"
            terminal.note(f"{said}: going on with the others")
        with progress_bar(terminal, "Classifying", unit="rows") as progress:
            for batch in catalogue.answered(answer):
                for prediction in Prediction.in_batch(batch, about.classes):
                    for add in adds:
                        add(prediction)
                progress(tally.total, catalogue.total)
        if not tally.classes and catalogue.total:
            catalogue.forget()  # what is mended then is to be tried again
            tally.require_one()
        for note in catalogue.write():
            terminal.note(note)
    return tally


@contextmanager
def _said_if_cut(terminal: Terminal) -> "Iterator[list[Catalogue]]":
    """Yield a list for the catalogue that is open; say what is kept of its answers where it is cut."""
    opened: list[Catalogue] = []
    try:
        yield opened
    except BaseException:
        if opened and opened[0].done:
            done, total = opened[0].done, opened[0].total
            terminal.note(f"{done:,} of {total:,} rows are answered and kept: the same command goes on with the others")
        raise
