"""Commands about trained models: ``train``, ``evaluate``, ``classify``, ``export``."""

from enum import StrEnum
from typing import Annotated

import typer

from ui.cli.display.progress import progress_bar
from ui.cli.options import (
    DEFAULT_STORAGE,
    AsJson,
    Crop,
    DatasetPath,
    Debug,
    ModelPath,
    SearchName,
    Storage,
    command_line,
)
from ui.cli.terminal import session

app = typer.Typer()


class SplitChoice(StrEnum):
    """Which rows of a dataset to evaluate on."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    ALL = "all"


class DecideChoice(StrEnum):
    """Which class is named."""

    ACCURACY = "accuracy"
    BALANCED = "balanced"


class FormatChoice(StrEnum):
    """What other programs run."""

    ONNX = "onnx"
    LITERT = "litert"
    SAVEDMODEL = "savedmodel"


Decision = Annotated[
    DecideChoice, typer.Option(help="Name the most probable class, or give rare classes a fair chance.")
]


@app.command(epilog="[bold]Example[/]  galaxy train first --top 1")
def train(
    name: SearchName,
    storage: Storage = DEFAULT_STORAGE,
    top: Annotated[int, typer.Option(min=1, help="How many of the best trials to train and average.")] = 1,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Longest training, in epochs.", show_default="as in the search")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train the winner of a search fully, calibrate and test it.

    Writes the model to NAME/model in the storage folder. Run it again after an interruption: it goes on.
    """
    with session(as_json=as_json, debug=debug) as terminal:
        from cluster import train_winners
        from ui.cli.display.results import trained

        with progress_bar(terminal, "Training", unit="batches") as progress:
            result = train_winners(name, storage=storage, top=top, epochs=epochs, progress=progress)
        terminal.finish(
            result.as_json(), trained(result), next_command=command_line("evaluate", result.model, "DATASET")
        )


@app.command(epilog="[bold]Example[/]  galaxy evaluate runs/first/model galaxies --split test")
def evaluate(
    model: ModelPath,
    dataset: DatasetPath,
    split: Annotated[SplitChoice, typer.Option(help="Rows of the dataset to use.")] = SplitChoice.TEST,
    decide: Decision = DecideChoice.ACCURACY,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Measure a model on a dataset: accuracy, precision, recall and F1, confusion matrix, calibration error."""
    with session(as_json=as_json, debug=debug) as terminal:
        from datasets import Dataset, Split
        from trainer import Classifier, Decide
        from trainer import evaluate as measure
        from ui.cli.display.results import evaluated

        rows = None if split is SplitChoice.ALL else Split(split.value)
        opened = Dataset.open(dataset)
        classifier = Classifier.load(model)
        with progress_bar(terminal, "Evaluating", unit="images") as progress:
            scores = measure(classifier, opened, rows, decide=Decide(decide.value), progress=progress)
        terminal.finish(
            {"model": classifier.bundle.uri, "dataset": opened.info.path, "split": split.value, **scores.as_json()},
            evaluated(scores),
            next_command=command_line("classify", model, "IMAGE.jpg"),
        )


@app.command(epilog="[bold]Example[/]  galaxy classify runs/first/model photo.jpg more-photos/ archive.zip --crop 0.55")
def classify(
    model: ModelPath,
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Images, folders of images, zip archives.")],
    crop: Crop = None,
    decide: Decision = DecideChoice.ACCURACY,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say what kind of galaxy is in each image, and how sure the model is.

    A file that cannot be used is reported in its place and the others are classified.
    """
    with session(as_json=as_json, debug=debug) as terminal:
        from datasets import iterate_images
        from trainer import Classifier, Decide
        from ui.cli.display.results import classified
        from ui.predictions import Prediction, require_one

        files = list(iterate_images(paths))
        classifier = Classifier.load(model)
        predictions: list[Prediction] = []
        with progress_bar(terminal, "Classifying", unit="images") as progress:
            for found in classifier.classify(files, crop=crop, decide=Decide(decide.value)):
                predictions.append(Prediction.of(found))
                progress(len(predictions), len(files))
        require_one(predictions)
        terminal.finish(
            {"model": classifier.bundle.uri, "images": [found.as_json() for found in predictions]},
            classified(predictions),
            next_command=command_line("ui"),
        )


@app.command(epilog="[bold]Example[/]  galaxy export runs/first/model --format onnx")
def export(
    model: ModelPath,
    format: Annotated[FormatChoice, typer.Option(help="What the other program runs.")] = FormatChoice.ONNX,
    output: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Where to write it; nothing may be there yet.", show_default="as MODEL, here"),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write a model for other programs: images as bytes in, probabilities out.

    Scaling of the pixels, averaging and calibration are part of it; its classes and
    preprocessing are recorded in it.
    """
    with session(as_json=as_json, debug=debug) as terminal:
        from trainer import Classifier, ExportFormat, export_model, exported_name
        from ui.cli.display.results import exported

        classifier = Classifier.load(model)
        chosen = ExportFormat(format.value)
        path = export_model(classifier, chosen, output or exported_name(classifier, chosen))
        terminal.finish({"path": str(path), "format": chosen.value}, exported(path, classifier.bundle.manifest))
