"""What the chosen finalist is worth against the space's defaults, from what the networks of both have answered."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.estimating.worth import Worth, worth, worth_of_scores
from trainer.final.answers import BeginningAnswers
from trainer.objective import Objective

_MACRO_F1, _DECIDED = "val_macro_f1", "val_macro_f1_decided"


def compare(
    answers: Mapping[str, Sequence[BeginningAnswers]],
    dataset: Dataset,
    *,
    defaults: str,
    chosen: str,
    objective: Objective,
) -> Worth | None:
    """Return what ``chosen`` gains over ``defaults``: in macro F1 where that is the objective, else in its scores.

    One network with one view answers, and decides as the objective does. None where one of the two has no answers, or
    an objective of the user's own was no number.

    ``answers`` are those of each finalist's beginnings of numbers 1, 2 and so on, as far as it has had them.
    """
    if not answers.get(defaults) or not answers.get(chosen):
        return None
    known = {name: each for name, each in answers.items() if each}
    validated = len(dataset.divided(1).rows(Split.VALIDATION))
    share = validated / (len(dataset) - len(dataset.rows(Split.TEST)))
    if objective.name in (_MACRO_F1, _DECIDED) and objective.direction == "max":
        longest = max(known.values(), key=len)
        return worth(
            [one.true for one in longest],
            {
                name: [_decided(one, dataset.divided(number), objective) for number, one in enumerate(each, 1)]
                for name, each in known.items()
            },
            defaults=defaults,
            chosen=chosen,
            classes=len(dataset.classes),
            test_share=share,
            same_images=dataset.divisions == 0,
        )
    scores = {name: [one.member.metrics.get(objective.name) for one in each] for name, each in known.items()}
    numbers = {name: [score for score in each if score is not None] for name, each in scores.items()}
    complete = {name: each for name, each in numbers.items() if len(each) == len(scores[name])}
    if not {defaults, chosen} <= complete.keys():
        return None
    return worth_of_scores(complete, defaults=defaults, chosen=chosen, objective=objective, test_share=share)


def _decided(one: BeginningAnswers, divided: Dataset, objective: Objective) -> npt.NDArray[np.int64]:
    probabilities = one.validation[one.views[0]]
    if objective.name == _MACRO_F1:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    ids = divided.ids
    folds = folds_of([ids[row] for row in one.rows])
    return decided_across_folds(one.true, probabilities, folds=folds, shares=training_shares(divided))
