"""What a bundle learns of galaxies of no class, and how well it tells them: on validation images, and test images."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split
from trainer.answering.decision import Decide, decided
from trainer.answering.none_of_these import NO_LIMIT, Learnt, learn_none
from trainer.answering.predicting import Predictions
from trainer.bundles.manifest import NoneRecord
from trainer.bundles.of_none import auroc, confusion, named_so

Numbers = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float32]


MOST = 500
"""Galaxies of no class that are learnt from: of more the few numbers of the rule are no better."""


def shown(dataset: Dataset) -> Numbers:
    """Return the numbers of those galaxies of no class that are learnt from, evenly drawn: int64, (n,), n ≤ `MOST`."""
    there = len(dataset.unlabelled)
    return np.arange(0, there, max(1, -(-there // MOST)), dtype=np.int64)


@dataclass(frozen=True)
class OfNone:
    """What was learnt, ``learnt``, with each image once; of the galaxies of no class also the ``probabilities``."""

    learnt: Learnt
    probabilities: Probabilities

    def record(
        self, dataset: Dataset, calibrated: Mapping[Split, Predictions], factors: Mapping[str, float]
    ) -> NoneRecord:
        """Describe it at the operating point of ``factors``; ``calibrated`` are the answers of each split."""

        def named(probabilities: Probabilities) -> Numbers:
            return decided(probabilities, dataset.classes, factors, Decide.OBJECTIVE)

        known, none = self.learnt.known, self.learnt.none
        kept = {}
        for split, (true, probabilities) in calibrated.items():
            values = known if split is Split.VALIDATION else self.learnt.rule.of(probabilities)
            stays = values <= 1
            kept[split.value] = confusion(true[stays], named(probabilities[stays]), len(dataset.classes))
        area = auroc(known, none)
        assert area is not None, "there are some of both"
        return NoneRecord(
            images=len(known),
            shown=len(none),
            caught=int((none > 1).sum()),
            auroc=area,
            named=named_so(named(self.probabilities), none, dataset.classes),
            kept=kept,
            share=_share(dataset),
            unlimited=tuple(
                name for name, limit in zip(dataset.classes, self.learnt.rule.limits, strict=True) if limit >= NO_LIMIT
            ),
        )


def learn_of_none(
    known: tuple[Numbers, Probabilities], none: tuple[Numbers, Probabilities], *, seed: int
) -> OfNone | None:
    """Learn what tells galaxies of no class: see `learn_none`. Both are rows, (n,), and calibrated probabilities.

    A row that is there more than once is learnt from as often, and judged by its first answer.
    """
    learnt = learn_none(known[1], none[1], known_groups=known[0], none_groups=none[0], seed=seed)
    if learnt is None:
        return None
    first_known, first_none = (np.unique(rows, return_index=True)[1] for rows, _ in (known, none))
    once = replace(learnt, known=learnt.known[first_known], none=learnt.none[first_none])
    return OfNone(once, none[1][first_none])


def _share(dataset: Dataset) -> float | None:
    """Return the share of galaxies of no class in the dataset's source, where it has votes for all of them."""
    left_out = 0 if dataset.info.unlabelled is None else dataset.info.unlabelled.left_out
    return left_out / (left_out + len(dataset)) if left_out else None
