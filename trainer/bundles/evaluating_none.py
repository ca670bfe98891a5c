"""How well a model tells a dataset's galaxies of no class, and how often it takes others for such."""

import numpy as np
import numpy.typing as npt

from datasets import Dataset, row_hashes
from trainer.answering.decision import Decide
from trainer.bundles.classifier import Classifier
from trainer.bundles.hashes import known_among
from trainer.bundles.of_none import ToldOfNone, auroc, confusion, named_so

_MOST, _AT_ONCE = 5000, 64


def answers_of_none(classifier: Classifier, dataset: Dataset) -> npt.NDArray[np.float32]:
    """Return the probabilities, (m, classes), of galaxies of no class that a dataset keeps, evenly drawn 5,000 at most.

    Those that the model was shown are left out. There are none where the model does not tell such.
    """
    bundle, there = classifier.bundle, len(dataset.unlabelled)
    numbers = np.arange(0, there, max(1, -(-there // _MOST)), dtype=np.int64)
    if bundle.trust is None or bundle.trust.none is None:
        numbers = numbers[:0]
    if bundle.seen is not None and len(numbers):
        numbers = numbers[~known_among(row_hashes(dataset.unlabelled, numbers), bundle.seen)]
    starts = range(0, len(numbers), _AT_ONCE)
    parts = [classifier.probabilities(dataset.unlabelled.take(numbers[at : at + _AT_ONCE])) for at in starts]
    return np.concatenate([np.zeros((0, len(classifier.classes)), np.float32), *parts])


def told_of_none(
    classifier: Classifier,
    true: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float32],
    of_none: npt.NDArray[np.float32],
    decide: Decide | None,
) -> ToldOfNone | None:
    """Return how images were told, of classes ``true``, (n,), and galaxies of no class, by their probabilities.

    None where the model was never shown galaxies of no class.
    """
    trust, classes = classifier.bundle.trust, classifier.classes
    if trust is None or trust.none is None:
        return None
    values, caught = trust.none.of(probabilities), trust.none.of(of_none)
    named, stays = classifier.decide(probabilities, decide), values <= 1
    return ToldOfNone(
        classes=classes,
        matrix=confusion(true, named, len(classes)),
        kept=confusion(true[stays], named[stays], len(classes)),
        shown=len(caught),
        caught=int((caught > 1).sum()),
        auroc=auroc(values, caught),
        named=named_so(classifier.decide(of_none, decide), caught, classes),
    )
