"""``galaxy classify`` of a catalogue by workers on a Ray: what of the command line it takes, and what comes of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from ui.cli.display.progress import stages
from ui.cli.options import on_disk
from ui.cli.terminal import Terminal
from ui.predictions.files import SUFFIXES
from ui.predictions.prediction import Prediction
from ui.predictions.tally import Tally

_FILES = tuple(suffix for suffix in SUFFIXES if suffix != ".parquet")
"""What no folder is called by who knows that it is one."""

if TYPE_CHECKING:
    from cluster import CatalogueResult, CatalogueSettings


def check_source(paths: Sequence[str], output: str | None, others: Mapping[str, object]) -> tuple[str, str]:
    """Return the one source and the folder of its answers, as ``--address`` takes them.

    ``others`` are options that go with this process alone. Raises typer.BadParameter.
    """
    if len(paths) != 1:
        raise typer.BadParameter(f"with --address expected one folder, dataset or table, found {len(paths)} paths")
    if output is None:
        raise typer.BadParameter("with --address expected --output DIR, a folder for its answers, found none")
    if output.lower().endswith(_FILES):
        raise typer.BadParameter(
            f"with --address expected --output DIR, a folder of Parquet, found the file {output!r}"
        )
    for name, value in others.items():
        if value is not None:
            raise typer.BadParameter(f"{name} goes without --address alone")
    return paths[0], output


def check_alone(paths: Sequence[str], workers: int | None, cpus: int, gpus: float) -> None:
    """Raise typer.BadParameter for what only workers are given, or reach."""
    for path in paths:
        try:
            on_disk(path)
        except typer.BadParameter as error:
            way = "`--address in-process --output DIR` classifies what is at a URI"
            raise typer.BadParameter(f"{error.message}: {way}") from error
    given = {"--workers": workers is not None, "--cpus-per-worker": cpus != 1, "--gpus-per-worker": gpus != 0}
    for name, is_given in given.items():
        if is_given:
            raise typer.BadParameter(f"{name} goes with --address, which says where the workers are, alone")


def classify_by_workers(
    terminal: Terminal, model: str, source: str, output: str, settings: "CatalogueSettings", address: str
) -> None:
    """Classify it, and write what came of it. Raises as `cluster.classify_catalogue`, and ImageError for no answer."""
    from cluster import classify_catalogue
    from datasets import open_folder
    from trainer import read_manifest
    from ui.cli.display.results import say_interim, written

    with stages(terminal) as begin:
        progress = begin("Classifying", "images")
        result = classify_catalogue(model, source, output, settings, address=address, progress=progress)
    say_interim(terminal, read_manifest(open_folder(model)))
    tally = _tally_of(result)
    tally.require_one()
    terminal.finish(_as_json(result), written(tally, result.output))


def _tally_of(result: "CatalogueResult") -> Tally:
    """Return the counts of a catalogue as those of other answers."""
    counts, first = result.counts, None
    if counts.first_failure is not None:
        path, reason = counts.first_failure
        first = Prediction(path, None, None, (), reason)
    return Tally(
        total=counts.rows,
        classes=counts.classes,
        warnings=counts.warnings,
        seen=counts.seen,
        failed=counts.failed,
        overruled=counts.overruled,
        first_failure=first,
    )


def _as_json(result: "CatalogueResult") -> dict[str, object]:
    """Return what ``galaxy classify --address … --json`` prints."""
    counts = result.counts
    first = counts.first_failure
    return {
        "model": result.model,
        "output": result.output,
        "rows": counts.rows,
        "classes": dict(counts.classes),
        "failed": counts.failed,
        "first_failure": None if first is None else {"path": first[0], "error": first[1]},
        "warnings": dict(counts.warnings),
        "seen": counts.seen,
        "partitions": result.partitions,
        "earlier": result.earlier,
        "seconds": result.seconds,
    }
