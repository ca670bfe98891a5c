"""What lets a bundle say that it is not sure, or that an image is not like those it knows; learnt on validation."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split
from trainer.errors import OptionsError
from trainer.final.decision import Decide, weighted
from trainer.trust.novelty import LOOKS, Novelty, describe, fit_novelty
from trainer.trust.selective import MAX_ERROR, Answers

UNLIKE = "not like the training images (novelty above 1): what the model says of it means little"
_AT_ONCE = 1024
_FIELDS = ("mean", "precision", "limit")


@dataclass(frozen=True)
class Trust:
    """Answers on validation images at each operating point, and the looks of those images (None: they were too few)."""

    answers: Mapping[Decide, Answers]
    novelty: Novelty | None

    def threshold(self, decide: Decide, max_error: float | None) -> float | None:
        """Return the confidence from which on an answer is sure; see `Answers.threshold`.

        ``max_error`` None asks for MAX_ERROR, and for nothing where that cannot be promised.

        Raises:
            OptionsError: It is given and cannot be promised.
        """
        answers = self.answers[decide]
        found = answers.threshold(MAX_ERROR if max_error is None else max_error)
        if found is None and max_error is not None:
            raise OptionsError(
                f"an error rate of at most {max_error:g} cannot be promised: {len(answers.right):,} validation images "
                f"of which {answers.right.mean():.1%} were classified rightly are too few or too hard; ask for more"
            )
        return found

    def packed(self) -> bytes:
        """Return it as the content of an `.npz` file without pickles."""
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for decide, answers in self.answers.items():
            arrays[f"{decide}.confidence"], arrays[f"{decide}.right"] = answers.confidence, answers.right
        if self.novelty is not None:
            arrays["novelty.looks"] = np.array(LOOKS)
            arrays |= {f"novelty.{name}": np.asarray(getattr(self.novelty, name)) for name in _FIELDS}
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # NumPy's own types are of one keyword
        return stream.getvalue()


def learn_trust(
    dataset: Dataset,
    true: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float32],
    factors: Mapping[str, float],
    *,
    seed: int,
) -> Trust:
    """Learn from validation images: their classes, (n,), calibrated probabilities, (n, classes), and looks."""
    answers = {
        decide: Answers.of(
            true, probabilities, weighted(probabilities, dataset.classes, factors, decide).argmax(axis=1)
        )
        for decide in Decide
    }
    rows = dataset.rows(Split.VALIDATION)
    parts = [describe(dataset.take(rows[start : start + _AT_ONCE])) for start in range(0, len(rows), _AT_ONCE)]
    return Trust(answers, fit_novelty(np.concatenate(parts), seed=seed))


def unpacked(data: bytes) -> Trust:
    """Read what `Trust.packed` made. Raises ValueError, KeyError or OSError for anything else."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        answers = {decide: Answers(arrays[f"{decide}.confidence"], arrays[f"{decide}.right"]) for decide in Decide}
        if "novelty.mean" not in arrays:
            return Trust(answers, None)
        if str(arrays["novelty.looks"]) != LOOKS:
            raise ValueError(f"images described as {arrays['novelty.looks']}, not as {LOOKS}")
        mean, precision, limit = (arrays[f"novelty.{name}"] for name in _FIELDS)
    return Trust(answers, Novelty(mean, precision, float(limit)))


@dataclass(frozen=True)
class Verdict:
    """Of one image: see `trainer.Classification`; ``warnings`` say what is amiss, alike for all images."""

    sure: bool | None
    novelty: float | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Judge:
    """Judges answers of one call: from ``threshold`` on one is sure, else ``doubt`` is said; None: nothing is known."""

    threshold: float | None
    doubt: str
    novelty: Novelty | None

    @classmethod
    def of(cls, trust: Trust | None, decide: Decide, max_error: float | None, uri: str) -> Self:
        """Make one. Raises OptionsError where ``max_error`` is given and the bundle at ``uri`` cannot promise it."""
        if trust is None and max_error is not None:
            raise OptionsError(
                f"{uri!r} can promise no error rate: it was trained before that was kept; train it again"
            )
        threshold = None if trust is None else trust.threshold(decide, max_error)
        rate = MAX_ERROR if max_error is None else max_error
        said = f"from which on at most {100 * rate:g} % of the answers should be wrong"
        doubt = "" if threshold is None else f"not sure: the probability is below {threshold:.3f}, {said}"
        return cls(threshold, doubt, None if trust is None else trust.novelty)

    def judge(
        self, images: npt.NDArray[np.uint8], probabilities: npt.NDArray[np.float32], decided: npt.NDArray[np.int64]
    ) -> list[Verdict]:
        """Judge images, (n, side, side, 3), whose probabilities, (n, classes), led to the classes decided for, (n,)."""
        confidence = probabilities[np.arange(len(decided)), decided]
        sure = (
            [None] * len(images) if self.threshold is None else [bool(found) for found in confidence >= self.threshold]
        )
        novelty = [None] * len(images) if self.novelty is None else [float(found) for found in self.novelty.of(images)]
        return [self._verdict(*found) for found in zip(sure, novelty, strict=True)]

    def _verdict(self, sure: bool | None, novelty: float | None) -> Verdict:
        doubts = [self.doubt] if sure is False else []
        unlike = [UNLIKE] if novelty is not None and novelty > 1 else []
        return Verdict(sure, novelty, (*unlike, *doubts))
