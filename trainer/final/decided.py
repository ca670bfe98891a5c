"""What the network of a beginning decides for, and how good that is class by class: from its answers, without Keras."""

import numpy as np
import numpy.typing as npt

from datasets import Dataset
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.final.answers import BeginningAnswers
from trainer.objective import DECIDED, Objective
from trainer.scores import Scores, score_predictions


def decided(one: BeginningAnswers, divided: Dataset, objective: Objective) -> npt.NDArray[np.int64]:
    """Return the classes, (n,), that one view of each validation image is decided for, as the objective decides.

    ``divided`` is the dataset in the division of the beginning.
    """
    probabilities = one.validation[one.views[0]]
    if objective.name not in DECIDED:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    ids = divided.ids
    folds = folds_of([ids[row] for row in one.rows])
    return decided_across_folds(one.true, probabilities, folds=folds, shares=training_shares(divided))


def scores_of(one: BeginningAnswers, dataset: Dataset, number: int, objective: Objective) -> Scores:
    """Score the answers of the beginning of a number for the validation images of its division, one view of each."""
    classes = decided(one, dataset.divided(number), objective)
    return score_predictions(one.true, one.validation[one.views[0]], dataset.classes, decided=classes)
