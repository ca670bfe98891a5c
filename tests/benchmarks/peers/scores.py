"""Scores of what contestants had found on each half of the images tested on, all by the same rule of decision.

It is that of `trainer.answering.decision`: fitted on four fifths of the half, applied to the last, by turns. So
networks are compared, not the thresholds that each happens to come with.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.peers.images import HALVES, half_of

from datasets import Dataset, Split
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.estimating.macro_f1 import count, macro_f1

_DIGITS = 5


def scores_of(answers: Sequence[Path], draw: Path, tested: Path) -> dict[str, list[float]]:
    """Return the macro F1 by half and in the order of ``answers``, each the probabilities of a network.

    ``draw`` is the dataset that they were trained on, whose classes' shares the rule takes off.
    """
    shares, dataset = training_shares(Dataset.open(draw)), Dataset.open(tested)
    rows, ids = dataset.rows(Split.TEST), dataset.ids
    names = [ids[row] for row in rows.tolist()]
    labels, folds, scores = dataset.labels[rows].astype(np.int64), folds_of(names), {}
    for half in HALVES:
        within = half_of(names, half)
        true = labels[within]
        scores[half] = []
        for file in answers:
            with np.load(file) as found:
                probabilities = found["probabilities"][within]
            decided = decided_across_folds(true, probabilities, folds=folds[within], shares=shares)
            scores[half].append(round(float(macro_f1(count(true, decided, len(shares)))), _DIGITS))
    return scores
