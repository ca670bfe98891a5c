"""Commands that use a trained model: ``classify``, ``export``, ``card``."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.cli import completing
from ui.cli.by_workers import check_alone, check_source, classify_by_workers
from ui.cli.catalogue import check_of_tables, classify_catalogue, is_catalogue
from ui.cli.command import command
from ui.cli.display.progress import progress_bar
from ui.cli.options import (
    ADDRESSES,
    Crop,
    Decision,
    MaxError,
    ModelPath,
    Modules,
    check_apart,
    check_unread,
    ends_in,
    low_high,
    on_disk,
)
from ui.cli.terminal import Terminal
from ui.predictions.files import SUFFIXES, About, Add, prediction_file, write_predictions
from ui.predictions.prediction import Prediction
from ui.predictions.tally import Tally
from ui.wording import module_options

if TYPE_CHECKING:
    from datasets import ImageFile
    from trainer import Classification

app = typer.Typer()
_ON_RAY = "By workers"


def _file_or_folder(context: typer.Context, value: str | None) -> str | None:
    """Check the value of --output: a file of a known kind or, with --address, a folder of any name."""
    if context.params.get("address") is not None:
        return value
    if value is not None and not Path(value).suffix:
        raise typer.BadParameter(f"expected a file, {', '.join(SUFFIXES)}, or with --address a folder; found {value}")
    return ends_in(*SUFFIXES)(value)


@command(app, "galaxy classify runs/first/model photo.jpg archive.zip --crop 0.55")
def classify(
    terminal: Terminal,
    model: ModelPath,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…", help="Images, FITS cutouts, folders, archives, tables of paths, arrays, TFRecords."
        ),
    ],
    crop: Crop = None,
    decide: Decision = None,
    max_error: MaxError = None,
    value_range: Annotated[
        str | None,
        typer.Option(
            callback=low_high,
            metavar="LOW,HIGH",
            help="The values of arrays that are black and white, if not the model's own: `0,65535`.",
        ),
    ] = None,
    heatmaps: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Write a picture an image of what its class rests on (about a second each)."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            callback=_file_or_folder,
            metavar="FILE",
            help="Write a row an image, or a table with all its columns: .csv, .json, .parquet, .fits or .vot; "
            "with --address a folder of Parquet.",
        ),
    ] = None,
    prefix: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Stands before the names of our columns: `gt_`.", show_default=False),
    ] = "",
    address: Annotated[
        str | None,
        typer.Option(
            is_eager=True,
            autocompletion=completing.one_of(ADDRESSES),
            help="Classify a folder, dataset or table by workers on a Ray: local, in-process, auto, HOST:PORT.",
            rich_help_panel=_ON_RAY,
            show_default="in this process",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Workers at a time, with a model each.",
            rich_help_panel=_ON_RAY,
            show_default="as many as the nodes carry",
        ),
    ] = None,
    cpus_per_worker: Annotated[
        int, typer.Option(min=1, help="CPUs, and threads, for each.", rich_help_panel=_ON_RAY)
    ] = 1,
    gpus_per_worker: Annotated[
        float, typer.Option(min=0, help="GPUs for each; a fraction shares one.", rich_help_panel=_ON_RAY)
    ] = 0.0,
    module: Modules = None,
) -> None:
    """Say what kind of galaxy is in each image, and how sure the model is.

    A file that cannot be used is reported in its place and the others are classified.
    Answers that are not sure enough, and images not like those of the training, are
    named with a warning.

    One table, with --output as a table: all its columns are kept, and the same command
    goes on where a cut run was.

    With --address a folder of images, an imported dataset, Parquet that holds images, or a
    table of their paths or URIs is classified in partitions by many workers; what is done
    stays, and the same command goes on with the others.
    """
    if address is not None:
        from cluster import CatalogueSettings

        alone = {"--value-range": value_range, "--heatmaps": heatmaps}
        source, folder = check_source(paths, output, alone)
        settings = CatalogueSettings(
            crop=crop,
            decide=decide,
            max_error=max_error,
            prefix=prefix,
            modules=tuple(module or ()),
            workers=workers,
            cpus_per_worker=cpus_per_worker,
            gpus_per_worker=gpus_per_worker,
        )
        classify_by_workers(terminal, model, source, folder, settings, address)
        return
    check_alone(paths, workers, cpus_per_worker, gpus_per_worker)
    check_unread("--output", output, model, *paths)
    check_apart("--heatmaps", heatmaps, *paths)
    check_of_tables(paths, output, prefix, value_range)
    from datasets import ValueRanges, iterate_images, open_folder
    from trainer import Classifier, Decide, import_modules, model_mark
    from ui.cli.display.results import classified, say_interim, written
    from ui.predictions.heatmaps import with_heatmaps

    import_modules(module or ())
    classifier = Classifier.load(model)
    say_interim(terminal, classifier.bundle.manifest)
    point = classifier.point(None if decide is None else Decide(decide))
    uri, about = classifier.bundle.uri, About.of(classifier, point, max_error, prefix)

    def answer(files: "Iterable[ImageFile]", first: int = 0) -> "Iterator[Classification]":
        answers = classifier.classify(files, crop=crop, decide=point, max_error=max_error)
        return answers if heatmaps is None else with_heatmaps(answers, classifier, open_folder(heatmaps), first)

    # All that is printed is written first: stdout stays empty on failure, and memory free of the images.
    with tempfile.TemporaryDirectory(prefix="galaxy-") as scratch:
        printed = Path(scratch) / "answer.json"
        if output is not None and is_catalogue(paths, output):
            mark = model_mark(classifier.bundle.manifest)
            options = {"model": mark, "--crop": crop, "--decide": point, "--max-error": max_error}
            if heatmaps is not None:  # rows that are answered already are drawn no more
                options["--heatmaps"] = str(Path(heatmaps).absolute())
            places = Path(paths[0]), Path(output)
            tally = classify_catalogue(terminal, *places, about, options, answer, printed if terminal.as_json else None)
        else:
            ranges = ValueRanges(value_range, classifier.bundle.manifest.preprocessing.value_range)
            images = partial(iterate_images, paths, ranges=ranges)
            tally = _written(terminal, answer(images()), images, output, printed, about)
        if terminal.as_json:
            terminal.write_file(printed)
        elif output is None:
            terminal.finish({}, classified(tally), next_command=_page(uri, module or ()))
        else:
            terminal.finish({}, written(tally, output))


def _page(model: str, modules: Sequence[str]) -> str | None:
    """Return the command that shows the page with the model; None where that is no search's, as the page's are."""
    from datasets import open_folder
    from search import SearchLayout, is_taken

    folder = open_folder(model)
    layout = SearchLayout(folder.parent)
    is_of_a_search = layout.bundle == folder and is_taken(layout)
    return layout.command("ui", *module_options(modules)) if is_of_a_search else None


def _written(
    terminal: Terminal,
    answers: "Iterable[Classification]",
    images: "Callable[[], Iterable[ImageFile]]",
    output: str | None,
    printed: Path,
    about: About,
) -> Tally:
    """Count the answers, and write them to where they are wanted. Raises ImageError where no image was classified."""
    with ExitStack() as files:
        adds: list[Add] = []
        if output is not None:
            adds.append(files.enter_context(prediction_file(Path(output), about)))
        if terminal.as_json:
            adds.append(files.enter_context(write_predictions(printed, about)))
        tally, total = Tally(), sum(1 for _ in images())  # listed twice rather than kept
        with progress_bar(terminal, "Classifying", unit="images") as progress:
            for answer in answers:
                prediction = Prediction.of(answer)
                for add in (tally.add, *adds):
                    add(prediction)
                progress(tally.total, total)
        tally.require_one()
    return tally


@command(app, "galaxy export runs/first/model --format onnx")
def export(
    terminal: Terminal,
    model: ModelPath,
    format: Annotated[
        Literal["onnx", "litert", "savedmodel"] | None,
        typer.Option(help="What the other program runs.", show_default="as --output is named, else onnx"),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            callback=on_disk,
            metavar="PATH",
            help="Where to write it; nothing may be there yet.",
            show_default="as MODEL, here",
        ),
    ] = None,
    module: Modules = None,
) -> None:
    """Write a model for other programs: images as bytes in, probabilities, novelty and none out.

    Scaling of the pixels, averaging and calibration are part of it; its classes,
    preprocessing and what is sure are recorded in it.
    """
    from trainer import Classifier, ExportFormat, export_model, exported_name, import_modules, named_format
    from ui.cli.display.results import exported, say_interim

    import_modules(module or ())
    classifier = Classifier.load(model)
    named = None if output is None else named_format(output)
    chosen = named or ExportFormat.ONNX if format is None else ExportFormat(format)
    say_interim(terminal, classifier.bundle.manifest)
    path = export_model(classifier, chosen, output or exported_name(classifier, chosen))
    terminal.finish({"path": str(path), "format": chosen.value}, exported(path, classifier.bundle.manifest))


@command(app, "galaxy card runs/first/model > model-card.md")
def card(terminal: Terminal, model: ModelPath) -> None:
    """Print a model's card: intended use, data, scores with intervals, thresholds, limits.

    It is Markdown, made from bundle.json, and stands beside it as model-card.md.
    """
    from datasets import open_folder
    from trainer import model_card, read_manifest

    folder = open_folder(model)
    text = model_card(read_manifest(folder))
    if terminal.as_json:
        terminal.finish({"model": folder.uri, "card": text})
    else:
        terminal.write(text)
