"""What configurations reach on few images: networks trained on draws from a dataset, and tested on what is left of it.

    PYTHONPATH=tests python -m benchmarks.accuracy.few_images GALAXIES --work FOLDER [--rows 500] [--epochs 65]
        [--draws 3] [--try batch_size=32,balance=oversample] [--try first_filters=16]

GALAXIES is a zip of class folders. Drawn are images that the contest (`fit.py`) does not test on, so that what is
learnt here may be built into `galaxy fit`. The defaults are trained always. Printed for each network: accuracy, macro
F1 where the most probable class is decided for and where the best exponent for these very images is (what no rule can
beat), log loss, and seconds of CPU; at the end the means, and of the average of each one's probabilities with the
defaults'. It goes on where it was.
"""

import argparse
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.accuracy.contest.draws import TEST, dealt, different

from datasets import Dataset, ImportOptions, Split, import_dataset, open_folder
from search import Builder, complete, discover, load_hypermodel, training_options
from search.values import Value
from trainer import Objective, limit_threads
from trainer.answering.decision import training_shares
from trainer.answering.expected import rarity
from trainer.answering.predicting import predict
from trainer.estimating.macro_f1 import count, macro_f1
from trainer.fitting.epoch import split_batches
from trainer.fitting.run import TrainingRun

TESTED = 5_000
EXPONENTS = np.linspace(-1.0, 1.5, 51)
Answers = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float64]]
"""Classes of the images tested on, (n,), probabilities, (n, classes), and how rare each class is, (classes,)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder of datasets and answers")
    parser.add_argument("--rows", type=int, default=500, help="of a draw, a tenth of which validates")
    parser.add_argument("--epochs", type=int, default=65)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--try", action="append", default=[], dest="tried", metavar="NAME=VALUE,…")
    options = parser.parse_args()
    limit_threads(1)
    found: dict[str, list[Answers]] = {}
    for number in range(1, options.draws + 1):
        dataset = drawn(options.source, options.work, options.rows, number)
        for text in ("", *options.tried):
            name = f"{options.rows}-{number}-{options.epochs}-{text or 'defaults'}"
            answers, seconds = trained(dataset, text, options.epochs, number, options.work / name)
            found.setdefault(text, []).append(answers)
            _say(f"draw {number}, {text or 'defaults'}", scores(answers), f"{seconds:.0f} s")
    for text, each in found.items():
        _say(f"mean, {text or 'defaults'}", np.mean([scores(one) for one in each], axis=0))
        if text:
            pairs = [_average(one, other) for one, other in zip(each, found[""], strict=True)]
            _say(f"mean, {text} and defaults averaged", np.mean([scores(one) for one in pairs], axis=0))


def drawn(source: Path, work: Path, rows: int, number: int) -> Dataset:
    """Return the dataset of a draw, imported where it is not yet there."""
    target = work / f"{rows}-{number}"
    if not (target / "dataset.json").exists():
        with zipfile.ZipFile(source) as archive:
            names = different(archive)
            free = sorted({*names} - {*dealt(names, 1)[TEST]})
            free = [free[at] for at in np.random.default_rng(number).permutation(len(free))]
            parts = {"validation": free[: rows // 10], "train": free[rows // 10 : rows], "test": free[-TESTED:]}
            for part, images in parts.items():
                for image in images:
                    archive.extract(image, work / f"{target.name}-images" / part)
        import_dataset(work / f"{target.name}-images", target, ImportOptions(image_size=64))
    return Dataset.open(target)


def trained(dataset: Dataset, text: str, epochs: int, seed: int, work: Path) -> tuple[Answers, float]:
    """Return what a network answers to the test images after its last epoch, and the seconds that training took."""
    file = work / "answers.npz"
    if not file.exists():
        hypermodel = load_hypermodel(None, input_shape=dataset.image_shape, num_classes=len(dataset.classes))
        values = complete(discover(hypermodel), read_values(text))
        options, began = training_options(values, epochs=epochs), time.process_time()
        objective, checkpoints = Objective.parse("val_macro_f1"), open_folder(work)
        run = TrainingRun(
            Builder(hypermodel, values), dataset, options, objective=objective, seed=seed, checkpoints=checkpoints
        )
        while not run.finished:
            run.step()
        seconds, model = time.process_time() - began, run.last_model()
        true, probabilities = predict(model, split_batches(dataset, Split.TEST), logits=run.predicts_logits)
        np.savez_compressed(file, true=true, probabilities=probabilities.astype(np.float32), seconds=seconds)
    with np.load(file) as kept:
        return (kept["true"], kept["probabilities"], rarity(training_shares(dataset))), float(kept["seconds"])


def read_values(text: str) -> Mapping[str, Value]:
    """Read ``name=value,name=value``; numbers are numbers."""
    pairs = dict(one.split("=", 1) for one in text.split(",") if one)
    return {name: _number(value) for name, value in pairs.items()}


def _number(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def scores(answers: Answers) -> tuple[float, float, float, float]:
    """Return accuracy, macro F1 of the most probable class, that of the best exponent, and log loss."""
    true, probabilities, rare = answers
    logs = np.log(np.maximum(probabilities.astype(np.float64), 1e-12))
    each = [
        float(macro_f1(count(true, (logs + exponent * rare).argmax(axis=1), len(rare)))) for exponent in (0, *EXPONENTS)
    ]
    loss = -logs[np.arange(len(true)), true].mean()
    return float((logs.argmax(axis=1) == true).mean()), each[0], max(each), float(loss)


def _average(one: Answers, other: Answers) -> Answers:
    return one[0], (one[1] + other[1]) / 2, one[2]


def _say(name: str, numbers: npt.ArrayLike, more: str = "") -> None:
    accuracy, plain, best, loss = np.asarray(numbers)
    sys.stdout.write(f"{name}: accuracy {accuracy:.3f}, F1 {plain:.3f}, best {best:.3f}, log loss {loss:.3f} {more}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
