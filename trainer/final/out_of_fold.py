"""What configurations' networks answered for images that they were not trained on, and the ensemble that follows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.answering.averaging import weighted_mean
from trainer.final.affording import Candidate, afforded, is_better_turned
from trainer.final.answers import BeginningAnswers
from trainer.final.bundling import Answered
from trainer.final.weighing import ensemble_weights

PLAIN, TURNED, IN_TWO_SIZES = range(3)
"""Ways to view an image: alone; with its mirror image in all turns that a network tells apart; those in two sizes."""
_ENOUGH = 2 / 3
"""Share of the chosen configuration's beginnings that another one needs, to be compared on them."""
_HALF = 0.5
"""Share of an ensemble, by weight, that answers for it at least."""
Answers = Mapping[int, BeginningAnswers]
"""Number of a beginning → what its network answered, all of one configuration."""


@dataclass(frozen=True)
class Part:
    """A configuration in an ensemble: its weight, above 0, of how many networks, and the way they view images."""

    weight: float
    networks: int
    way: int


def comparable(answers: Mapping[str, Answers], chosen: str) -> dict[str, Answers]:
    """Return the configurations that can be compared with the chosen one, each with the beginnings that all have.

    One that has less than two thirds of the chosen one's beginnings would leave too few images to compare on.
    """
    wanted = answers[chosen].keys()
    shared = {name: one.keys() & wanted for name, one in answers.items()}
    enough = {name: numbers for name, numbers in shared.items() if len(numbers) >= _ENOUGH * len(wanted)}
    while not (common := set(wanted).intersection(*enough.values())):  # two of three may leave one and another out
        del enough[min(enough, key=lambda name: len(enough[name]))]
    return {name: {number: answers[name][number] for number in sorted(common)} for name in enough}


def ensemble(
    compared: Mapping[str, Answers], chosen: str, *, answers: Mapping[str, Answers], max_slower: float
) -> dict[str, Part]:
    """Return which configurations to average; the chosen one is among them.

    ``compared`` are those of `comparable`, of all ``answers`` that there are; ``max_slower`` is what the ensemble may
    compute for an image, as a multiple of what one network of the chosen one does with one view; one network alone is
    allowed all its views.
    """
    best = {name: pooled(each, better_way(each)) for name, each in compared.items()}
    true, rows = best[chosen].true, best[chosen].rows
    counts = ensemble_weights(true, [one.probabilities for one in best.values()], rows)
    weights = {name: float(count) for name, count in zip(compared, counts, strict=True)}
    weights[chosen] = weights[chosen] or 1.0
    unit = _operations(answers[chosen])
    views = {name: [max(one.views[way] for one in answers[name].values()) for way in range(3)] for name in compared}
    candidates = {
        name: Candidate(
            weight=weight,
            networks=len(answers[name]),
            cost=_operations(answers[name]) / unit,
            views={count: pooled(compared[name], way).probabilities for way, count in enumerate(views[name])},
        )
        for name, weight in weights.items()
        if weight
    }
    held = afforded(true, candidates, chosen, max_slower=max_slower, rows=rows)
    return {name: Part(weights[name], each.networks, views[name].index(each.views)) for name, each in held.items()}


def better_way(answers: Answers) -> int:
    """Return whether a configuration views images better alone or turned: `PLAIN` or `TURNED`."""
    plain, turned = (pooled(answers, way) for way in (PLAIN, TURNED))
    is_turned = is_better_turned(plain.true, plain.probabilities, turned.probabilities, plain.rows)
    return TURNED if is_turned else PLAIN


def pooled(answers: Answers, way: int) -> Answered:
    """Put together what the networks of a configuration answered, viewing images in one way."""
    each = list(answers.values())
    return Answered(
        np.concatenate([one.rows for one in each]),
        np.concatenate([one.true for one in each]),
        np.concatenate([one.validation[one.views[way]] for one in each]),
    )


def answered(answers: Mapping[str, Answers], parts: Mapping[str, Part]) -> list[int]:
    """Return the beginnings for whose images half of an ensemble answers at least, those with most of it first.

    All its configurations have one in common.
    """
    total = sum(part.weight for part in parts.values())
    there = {
        number: sum(part.weight for name, part in parts.items() if number in answers[name])
        for number in sorted(set().union(*(answers[name] for name in parts)))
    }
    return sorted((number for number, weight in there.items() if weight >= _HALF * total), key=lambda one: -there[one])


def averaged(answers: Mapping[str, Answers], parts: Mapping[str, Part]) -> Answered:
    """Average what was answered by one network of each configuration of an ensemble that has the beginning at all."""
    each: list[Answered] = []
    for number in answered(answers, parts):
        there = {name: part for name, part in parts.items() if number in answers[name]}
        pools = [pooled({number: answers[name][number]}, part.way) for name, part in there.items()]
        average = weighted_mean([one.probabilities for one in pools], [part.weight for part in there.values()])
        each.append(Answered(pools[0].rows, pools[0].true, average))
    return Answered(
        np.concatenate([one.rows for one in each]),
        np.concatenate([one.true for one in each]),
        np.concatenate([one.probabilities for one in each]),
    )


def averaged_of_no_class(
    answers: Mapping[str, Answers], parts: Mapping[str, Part], numbers: npt.NDArray[np.int64]
) -> Answered | None:
    """Do the same for the galaxies of no class of some ``numbers``, (m,): each beginning's networks answer for each.

    None where there are none, or a network was not asked about them.
    """
    each = [[one.unlabelled.get(one.views[part.way]) for one in answers[name].values()] for name, part in parts.items()]
    known = [[one for one in of_part if one is not None and len(one) == len(numbers)] for of_part in each]
    if not len(numbers) or [*map(len, known)] != [*map(len, each)]:
        return None
    average = weighted_mean([np.concatenate(one) for one in known], [part.weight for part in parts.values()])
    return Answered.of_no_class(np.tile(numbers, len(known[0])), average)


def _operations(answers: Answers) -> int:
    return next(iter(answers.values())).operations
