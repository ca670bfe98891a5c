"""Commands that make and measure trained models: ``train``, ``evaluate``."""

from enum import StrEnum
from typing import Annotated

import typer

from ui.cli.display.progress import progress_bar
from ui.cli.options import (
    DEFAULT_STORAGE,
    AsJson,
    DatasetPath,
    Debug,
    DecideChoice,
    Decision,
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
