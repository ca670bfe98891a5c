"""What a model answered for labelled images, without the model: kept, it takes no more room than its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from datasets import Dataset
from trainer import Decide, Scores

if TYPE_CHECKING:  # importing it needs TensorFlow, and who only shows answers must not wait for that
    from trainer import Evaluation

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Answers:
    """Of n images: their ``rows`` in the dataset and ``true`` classes, int64 (n,); by operating point the classes
    ``decided`` for, int64 (n,), the probability of that, float32 (n,), ``confidence``, and the ``scores``.

    ``classes`` are the model's, and ``notes`` say in what the dataset is not as the model's own.
    """

    classes: tuple[str, ...]
    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    decided: Mapping[Decide, npt.NDArray[np.int64]]
    confidence: Mapping[Decide, npt.NDArray[np.float32]]
    scores: Mapping[Decide, Scores]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, evaluation: "Evaluation") -> "Answers":
        """Take what is worth keeping, at each operating point of the model."""
        points = [*evaluation.classifier.bundle.manifest.points()]
        decided = {point: evaluation.decided(point) for point in points}
        numbers = np.arange(len(evaluation.rows))
        return cls(
            evaluation.classifier.classes,
            evaluation.rows,
            evaluation.true,
            decided,
            {point: evaluation.probabilities[numbers, classes] for point, classes in decided.items()},
            {point: evaluation.scores(point) for point in points},
            tuple(evaluation.notes()),
        )

    def mistakes(self, decide: Decide, taken: tuple[str, str] | None = None) -> npt.NDArray[np.int64]:
        """Return the places of the wrong answers, the surest first: int64 (m,).

        ``taken``, the true class and the one named, leaves out all others.
        """
        decided = self.decided[decide]
        chosen = decided != self.true
        if taken is not None:
            true, named = (self.classes.index(name) for name in taken)
            chosen &= (self.true == true) & (decided == named)
        wrong = np.flatnonzero(chosen)
        return wrong[np.argsort(-self.confidence[decide][wrong], kind="stable")]


@dataclass(frozen=True)
class Mistake:
    """An image, uint8 (side, side, 3), called ``id`` and labelled ``label``, that was taken for ``answer``.

    ``confidence`` is the probability of that, 0–1.
    """

    pixels: Pixels
    id: str
    label: str
    answer: str
    confidence: float


def shown_mistakes(answers: Answers, dataset: Dataset, places: npt.NDArray[np.int64], decide: Decide) -> list[Mistake]:
    """Read the images of some wrong answers, given by their places."""
    rows, decided, confidence = answers.rows[places], answers.decided[decide], answers.confidence[decide]
    return [
        Mistake(
            pixels,
            name,
            answers.classes[answers.true[at]],
            answers.classes[decided[at]],
            float(confidence[at]),
        )
        for at, name, pixels in zip(places.tolist(), dataset.names(rows), dataset.take(rows), strict=True)
    ]
