"""Which score of few validation images tells best which of two networks is better on thousands of others.

    PYTHONPATH=tests python -m benchmarks.search.guides FILE --work FOLDER [--half develop] [--images 222]

FILE and FOLDER are those of `benchmarks.search.curves`, whose networks are still in FOLDER: they answer on the images
of the truth, once. Of these so many are drawn again and again, stratified, as validation images, the same for all
networks. The truth of a network is the macro F1 that it decides for on all of them. Pairs of networks of different
configurations whose truth differs by more than half a point are compared; intervals are of bootstraps over
configurations. Methods are chosen on the half that is called ``develop``, as those of `benchmarks.search.methods`.
"""

import argparse
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from benchmarks.results import JsonObject, Results
from benchmarks.search.curves.training import OBJECTIVE
from benchmarks.search.methods.halves import HALVES, is_of

from datasets import Dataset, Split, open_folder
from search import Builder, GalaxyHyperModel, training_options
from trainer import TrainingRun, limit_threads
from trainer.answering.calibration import apply_temperature, fit_temperature
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.answering.predicting import predict
from trainer.answering.soft import soft_macro_f1, steady_macro_f1
from trainer.estimating.macro_f1 import count, macro_f1
from trainer.fitting.epoch import split_batches

_APART = 0.005
_LEAST = 0.75
"""Truth of networks that anybody would choose among."""
_BOOTSTRAPS = 200


@dataclass(frozen=True)
class Answers:
    """What a network of a configuration says, (n, classes), of n images whose classes are ``true``."""

    configuration: int
    true: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    folds: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]

    def of(self, rows: npt.NDArray[np.int64]) -> "Answers":
        """Return those on some of the images."""
        return Answers(self.configuration, self.true[rows], self.probabilities[rows], self.folds[rows], self.shares)

    def decided_f1(self) -> float:
        """Return the macro F1 of the best decisions."""
        decided = decided_across_folds(self.true, self.probabilities, folds=self.folds, shares=self.shares)
        return float(macro_f1(count(self.true, decided, len(self.shares))))

    def soft_f1(self) -> float:
        """Return the macro F1 of calibrated probabilities."""
        return soft_macro_f1(self.true, self.probabilities, folds=self.folds, shares=self.shares)

    def steady_f1(self) -> float:
        """Return the mean of both."""
        rows = np.bincount(self.true, minlength=len(self.shares))
        return steady_macro_f1(self.decided_f1(), self.soft_f1(), rows)

    def accuracy(self) -> float:
        """Return the share of images whose most probable class is theirs."""
        return float((self.probabilities.argmax(axis=1) == self.true).mean())

    def own(self) -> npt.NDArray[np.float64]:
        """Return the probability of each image's own class, calibrated by a temperature on the other folds."""
        own = np.zeros(len(self.true))
        for fold in np.unique(self.folds):
            within = self.folds == fold
            temperature = fit_temperature(self.true[~within], self.probabilities[~within])
            calibrated = apply_temperature(self.probabilities[within], temperature)
            own[within] = calibrated[np.arange(within.sum()), self.true[within]]
        return own


SCORES: Mapping[str, Callable[[Answers], float]] = {
    "val_macro_f1_decided": Answers.decided_f1,
    "val_macro_f1_soft": Answers.soft_f1,
    "val_macro_f1_steady": Answers.steady_f1,
    "val_accuracy": Answers.accuracy,
    "the mean of accuracy and decided": lambda one: (one.accuracy() + one.decided_f1()) / 2,
    "the mean of soft and decided": lambda one: (one.soft_f1() + one.decided_f1()) / 2,
    "log loss, calibrated": lambda one: float(np.log(np.maximum(one.own(), 1e-7)).mean()),
    "the mean probability of the own class": lambda one: float(one.own().mean()),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--images", type=int, nargs="+", default=[222], help="of a validation")
    parser.add_argument("--draws", type=int, default=40)
    options = parser.parse_args()
    limit_threads(1)
    results = Results(options.file, "number", "beginning")
    known = [one for one in results if is_of(options.half, one["number"]) and one["reason"] is None]
    networks = [found for one in known if (found := answers(one, options.work)) is not None]
    truth = np.array([one.decided_f1() for one in networks])
    chosen = [number for number in range(len(networks)) if truth[number] >= _LEAST]
    networks, truth = [networks[number] for number in chosen], truth[chosen]
    count_ = len({one.configuration for one in networks})
    sys.stdout.write(
        f"{len(networks)} networks of {count_} configurations, truth {truth.min():.3f}–{truth.max():.3f}\n"
    )
    for images in options.images:
        sys.stdout.write(f"\n{table(networks, truth, images, options.draws)}")


def answers(result: JsonObject, work: Path) -> Answers | None:
    """Return what a recorded network answers on the images of the truth; None where it is not there any more."""
    number, beginning = result["number"], result["beginning"]
    name = f"{number:04}-{beginning}"
    file, folder = work / "answers" / f"{name}.npz", open_folder(work / "trainings" / name)
    if not file.exists():
        if not folder.exists("last.npz"):
            return None
        dataset = Dataset.open(work / "images").divided(beginning)
        hypermodel = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
        build, options = (
            Builder(hypermodel, result["values"]),
            training_options(result["values"], epochs=len(result["seconds"])),
        )
        run = TrainingRun(build, dataset, options, objective=OBJECTIVE, seed=1, checkpoints=folder)
        batches = split_batches(dataset, Split.TEST)
        true, probabilities = predict(run.last_model(), batches, logits=run.predicts_logits)
        keras.backend.clear_session()
        ids = dataset.ids
        folds = folds_of([ids[row] for row in dataset.rows(Split.TEST).tolist()])
        found = {"true": true, "probabilities": probabilities, "folds": folds, "shares": training_shares(dataset)}
        file.parent.mkdir(exist_ok=True)
        part = file.with_suffix(".part.npz")
        np.savez_compressed(part, **found)
        part.replace(file)
    with np.load(file) as kept:
        return Answers(number, **{key: kept[key] for key in ("true", "probabilities", "folds", "shares")})


def table(networks: Sequence[Answers], truth: npt.NDArray[np.float64], images: int, draws: int) -> str:
    """Return the table: how often the better of two is told, and what is lost where the best by a score is taken."""
    generator, found = np.random.default_rng(1), {name: np.zeros((draws, len(networks))) for name in SCORES}
    true = networks[0].true
    for draw in range(draws):
        rows = _stratified(true, images, generator)
        for at, network in enumerate(networks):
            for name, score in SCORES.items():
                found[name][draw, at] = score(network.of(rows))
    of_which = np.array([one.configuration for one in networks])
    lines = [f"| {images} images | the better one is told | truth lost |", "| --- | --- | --- |"]
    for name, scores in found.items():
        right = [_told(scores, truth, of_which)]
        numbers = np.unique(of_which)
        for _ in range(_BOOTSTRAPS):
            drawn = generator.choice(numbers, len(numbers))
            right.append(_told(scores, truth, of_which, weights={n: int((drawn == n).sum()) for n in numbers}))
        low, high = np.nanpercentile(right[1:], [2.5, 97.5])
        lost = truth.max() - truth[scores.argmax(axis=1)].mean()
        lines.append(f"| {name} | {right[0]:.2f} ({low:.2f}–{high:.2f}) | {lost:.4f} |")
    return "\n".join(lines) + "\n"


def _told(
    scores: npt.NDArray[np.float64],
    truth: npt.NDArray[np.float64],
    of_which: npt.NDArray[np.int64],
    *,
    weights: Mapping[int, int] | None = None,
) -> float:
    """Return how often the better of two networks of different configurations has the higher score; a tie is half."""
    told, total = 0.0, 0.0
    for one, other in itertools.combinations(range(len(truth)), 2):
        first, second = of_which[one], of_which[other]
        if first == second or abs(truth[one] - truth[other]) <= _APART:
            continue
        weight = 1 if weights is None else weights[first] * weights[second]
        differences = (scores[:, one] - scores[:, other]) * np.sign(truth[one] - truth[other])
        told += weight * ((differences > 0).mean() + (differences == 0).mean() / 2)
        total += weight
    return told / total if total else float("nan")


def _stratified(true: npt.NDArray[np.int64], images: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    classes, counts = np.unique(true, return_counts=True)
    wanted = np.maximum(np.round(images * counts / counts.sum()), 1).astype(int)
    drawn = [
        generator.choice(np.flatnonzero(true == label), size, replace=False)
        for label, size in zip(classes, wanted, strict=True)
    ]
    return np.concatenate(drawn)


if __name__ == "__main__":
    main()
