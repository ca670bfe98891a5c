"""Evaluating a classifier on a dataset."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Progress, Split, class_mapping, silent
from trainer.answering.decision import Decide
from trainer.bundles.classifier import Classifier
from trainer.errors import ModelMismatchError, SplitError
from trainer.scores import Scores, score_predictions

_AT_ONCE = 64


@dataclass(frozen=True)
class Evaluation:
    """What a classifier answers on labelled images: enough for the scores of each operating point.

    ``rows``, int64 (n,), are the dataset's; ``true``, int64 (n,), class numbers of the classifier; ``probabilities``,
    float32 (n, classes), are calibrated.
    """

    classifier: Classifier
    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]

    def decided(self, decide: Decide) -> npt.NDArray[np.int64]:
        """Return the class numbers decided for, int64 (n,)."""
        return self.classifier.decide(self.probabilities, decide)

    def scores(self, decide: Decide = Decide.ACCURACY) -> Scores:
        """Score the decisions at an operating point."""
        return score_predictions(self.true, self.probabilities, self.classifier.classes, decided=self.decided(decide))


def answers_on(
    classifier: Classifier, dataset: Dataset, split: Split | None = None, *, progress: Progress = silent
) -> Evaluation:
    """Ask a classifier about a split of a dataset (None: all of it). Classes are matched by name.

    Raises:
        ModelMismatchError: Its classes, image size or crop are not those of the bundle.
        SplitError: It has no such images.
    """
    mapping = _fitting_classes(classifier, dataset)
    rows = dataset.rows(split)
    if len(rows) == 0:
        raise SplitError(f"{dataset.info.path!r} has no images to evaluate on in the split {split or 'all'}")
    probabilities: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(rows), _AT_ONCE):
        probabilities.append(classifier.probabilities(dataset.take(rows[start : start + _AT_ONCE])))
        progress(min(start + _AT_ONCE, len(rows)), len(rows))
    return Evaluation(classifier, rows, mapping[dataset.labels[rows]], np.concatenate(probabilities))


def evaluate(
    classifier: Classifier,
    dataset: Dataset,
    split: Split | None = None,
    *,
    decide: Decide = Decide.ACCURACY,
    progress: Progress = silent,
) -> Scores:
    """Score a classifier on a split of a dataset (None: all of it). Raises as `answers_on`."""
    return answers_on(classifier, dataset, split, progress=progress).scores(decide)


def _fitting_classes(classifier: Classifier, dataset: Dataset) -> npt.NDArray[np.int64]:
    """Return the number in the bundle of each class of the dataset, if the dataset fits."""
    bundle, path = classifier.bundle, dataset.info.path
    ours, theirs = bundle.manifest.preprocessing, dataset.preprocessing
    if ours.image_size != theirs.image_size or not math.isclose(ours.crop, theirs.crop):
        raise ModelMismatchError(
            f"{path!r} does not fit the model {bundle.uri!r}: expected image size {ours.image_size} and crop "
            f"{ours.crop:g}, found {theirs.image_size} and {theirs.crop:g}; import it with those"
        )
    mapping = class_mapping(dataset.classes, classifier.classes)
    if mapping is None:
        raise ModelMismatchError(
            f"{path!r} does not fit the model {bundle.uri!r}: expected the classes {', '.join(classifier.classes)}; "
            f"found {', '.join(dataset.classes)}"
        )
    return np.array(mapping, np.int64)
