"""What a bundle knows of its limits, learnt on validation images: when it is sure, and which images it knows."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import Dataset
from trainer.answering.decision import Decide, decided
from trainer.answering.none_of_these import Learnt, NoneOfThese
from trainer.answering.novelty import LOOKS, Novelty, describe, fit_novelty
from trainer.answering.selective import MAX_ERROR, Answers
from trainer.errors import OptionsError

_AT_ONCE = 1024
_FIELDS = ("mean", "precision", "limit")


@dataclass(frozen=True)
class Trust:
    """Answers on validation images at each operating point, and how they look (None: there were too few to say).

    Older ones have none at `Decide.OBJECTIVE`. ``none`` tells galaxies of no class; None where no model was shown such.
    """

    answers: Mapping[Decide, Answers]
    novelty: Novelty | None
    none: NoneOfThese | None = None

    def threshold(self, decide: Decide, max_error: float | None) -> float | None:
        """Return the confidence from which on an answer is sure; see `Answers.threshold`.

        ``max_error`` None asks for MAX_ERROR, and for nothing where that cannot be promised.

        Raises OptionsError where it is given and cannot be promised.
        """
        answers = self.answers[decide]
        threshold = answers.threshold(MAX_ERROR if max_error is None else max_error)
        if threshold is None and max_error is not None:
            raise OptionsError(
                f"an error rate of at most {max_error:g} cannot be promised: {len(answers.right):,} validation images "
                f"of which {answers.right.mean():.1%} were classified rightly are too few or too hard; ask for more"
            )
        return threshold

    def packed(self) -> bytes:
        """Return it as the content of an `.npz` file without pickles."""
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for decide, answers in self.answers.items():
            arrays[f"{decide}.confidence"], arrays[f"{decide}.right"] = answers.confidence, answers.right
        if self.novelty is not None:
            arrays["novelty.looks"] = np.array(LOOKS)
            arrays |= {f"novelty.{name}": np.asarray(getattr(self.novelty, name)) for name in _FIELDS}
        if self.none is not None:
            arrays |= {"none.weights": self.none.weights, "none.limits": self.none.limits}
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # NumPy's own types are of one keyword
        return stream.getvalue()


def learn_trust(
    dataset: Dataset,
    rows: npt.NDArray[np.int64],
    true: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float32],
    factors: Mapping[Decide, Mapping[str, float]],
    *,
    none: Learnt | None = None,
    seed: int,
) -> Trust:
    """Learn from images that were not trained on: their rows and classes, (n,), and probabilities, (n, classes).

    The latter are calibrated; of the images themselves their looks are learnt. ``factors`` has those of each operating
    point, class by class. ``none`` is what was learnt of galaxies of no class from the same images: an answer on one
    that is taken for such is never sure, so it has no part in what is promised of those that are.
    """
    answers = {
        decide: Answers.of(true, probabilities, decided(probabilities, dataset.classes, each, decide))
        for decide, each in factors.items()
    }
    if none is not None:
        answers = {decide: each.without(none.known > 1) for decide, each in answers.items()}
    parts = [describe(dataset.take(rows[start : start + _AT_ONCE])) for start in range(0, len(rows), _AT_ONCE)]
    return Trust(answers, fit_novelty(np.concatenate(parts), seed=seed), None if none is None else none.rule)


def unpacked(data: bytes) -> Trust:
    """Read what `Trust.packed` made. Raises ValueError, KeyError or OSError for anything else."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        answers = {
            decide: Answers(arrays[f"{decide}.confidence"], arrays[f"{decide}.right"])
            for decide in Decide
            if decide != Decide.OBJECTIVE or f"{decide}.right" in arrays
        }
        none = NoneOfThese(arrays["none.weights"], arrays["none.limits"]) if "none.weights" in arrays else None
        if "novelty.mean" not in arrays:
            return Trust(answers, None, none)
        if str(arrays["novelty.looks"]) != LOOKS:
            raise ValueError(f"images described as {arrays['novelty.looks']}, not as {LOOKS}")
        mean, precision, limit = (arrays[f"novelty.{name}"] for name in _FIELDS)
    return Trust(answers, Novelty(mean, precision, float(limit)), none)
