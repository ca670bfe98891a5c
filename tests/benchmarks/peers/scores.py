"""Scores of what contestants had found on a half of the images tested on, all by the same rule of decision.

It is that of `trainer.answering.decision`: fitted on four fifths of the half, applied to the last, by turns. So
networks are compared, not the thresholds that each happens to come with.
"""

from functools import cache, cached_property
from pathlib import Path

import numpy as np
from benchmarks.accuracy.contest.draws import TEST
from benchmarks.peers.images import half_of
from benchmarks.peers.jobs import Job
from benchmarks.peers.judging import Course
from benchmarks.peers.running import ANSWERS, Runner

from datasets import Dataset, Split
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.estimating.macro_f1 import count, macro_f1


class Scored:
    """The courses of all runs that are over, on one half."""

    def __init__(self, work: Path, half: str) -> None:
        self._work, self._half, self._runner = work, half, Runner(work)

    @cached_property
    def _tested(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which images are of the half, bool (n,); of these the classes and the folds, int64 (m,)."""
        dataset = Dataset.open(self._work / TEST)
        rows, ids = dataset.rows(Split.TEST), dataset.ids
        names = [ids[row] for row in rows.tolist()]
        within = half_of(names, self._half)
        return within, dataset.labels[rows][within].astype(np.int64), folds_of(names)[within]

    @cache  # noqa: B019  # there is one of it
    def course(self, job: Job) -> Course:
        """Return what the best network so far scored, from when on; empty while the run is not over."""
        run = self._runner.known(job)
        if not run.is_over:
            return ()
        shares = training_shares(Dataset.open(self._work / job.draw))
        within, true, folds = self._tested
        scores = []
        for found in run.found:
            with np.load(self._runner.place(job) / "found" / found.name / ANSWERS) as answers:
                probabilities = answers["probabilities"][within]
            decided = decided_across_folds(true, probabilities, folds=folds, shares=shares)
            scores.append((found.cpu, float(macro_f1(count(true, decided, len(shares))))))
        return tuple(scores)
