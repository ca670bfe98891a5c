"""What the chosen finalist is worth against the space's defaults, from what the networks of both have answered."""

from collections.abc import Mapping
from typing import TypeVar

from datasets import Dataset, Split
from trainer.estimating.worth import Worth, worth, worth_of_scores
from trainer.final.answers import BeginningAnswers
from trainer.final.decided import decided
from trainer.objective import DECIDED, Objective

Result = TypeVar("Result")
_MACRO_F1 = "val_macro_f1"


def compare(
    answers: Mapping[str, Mapping[int, BeginningAnswers]],
    dataset: Dataset,
    *,
    defaults: str,
    chosen: str,
    objective: Objective,
) -> Worth | None:
    """Return what ``chosen`` gains over ``defaults``: in macro F1 where that is the objective, else in its scores.

    One network with one view answers, and decides as the objective does. They are compared on the beginnings that both
    have, with a score where the objective is another; None where there is none. Another finalist that lacks one of
    these says nothing of how much finalists differ.

    ``answers`` are those of each finalist's beginnings, by their numbers.
    """
    validated = len(dataset.divided(1).rows(Split.VALIDATION))
    share = validated / (len(dataset) - len(dataset.rows(Split.TEST)))
    if objective.name in DECIDED | {_MACRO_F1} and objective.direction == "max":
        known = _shared(answers, defaults, chosen)
        if not known:
            return None
        return worth(
            [one.true for one in known[defaults].values()],
            {
                name: [decided(one, dataset.divided(number), objective) for number, one in each.items()]
                for name, each in known.items()
            },
            defaults=defaults,
            chosen=chosen,
            classes=len(dataset.classes),
            test_share=share,
            same_images=dataset.divisions <= 1,
        )
    scores = {
        name: {
            number: score
            for number, one in each.items()
            if (score := one.member.metrics.get(objective.name)) is not None
        }
        for name, each in answers.items()
    }
    numbers = {name: [*each.values()] for name, each in _shared(scores, defaults, chosen).items()}
    if not numbers:
        return None
    return worth_of_scores(
        numbers,
        defaults=defaults,
        chosen=chosen,
        objective=objective,
        test_share=share,
        same_images=dataset.divisions <= 1,
    )


def _shared(found: Mapping[str, Mapping[int, Result]], defaults: str, chosen: str) -> dict[str, dict[int, Result]]:
    """Return what there is of the beginnings that both have, of them and of each finalist that has all of these."""
    common = sorted(found.get(defaults, {}).keys() & found.get(chosen, {}).keys())
    complete = {name: each for name, each in found.items() if common and each.keys() >= set(common)}
    return {name: {number: each[number] for number in common} for name, each in complete.items()}
