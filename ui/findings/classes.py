"""Class by class: what the networks of finalists answered for images that they were not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search import Finalist, SearchLayout, SearchSpecification, open_same_dataset
from trainer import read_answers, scores_of, share_with_interval

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Answered:
    """The answers of the beginnings of a finalist together.

    Attributes:
        matrix: (classes, classes) counts; rows true, columns decided for.
        beginnings: How many are in it.
    """

    matrix: Matrix
    beginnings: int

    @property
    def images(self) -> int:
        """Number of answers."""
        return sum(map(sum, self.matrix))


def answered(storage: str, specification: SearchSpecification, finalist: Finalist) -> Answered | None:
    """Add up what the beginnings of a finalist answered, each on the images of its own division; None where no is kept.

    Classes are decided for as the objective does, with one view of each image. Raises LedgerError where the dataset is
    out of reach, by which images are divided, CheckpointError for a damaged file.
    """
    layout = SearchLayout.of(storage, specification.settings.name)
    kept = {one.number: read_answers(layout.beginning(finalist.trial_id, one.number)) for one in finalist.beginnings}
    found = {number: answers for number, answers in kept.items() if answers is not None}
    if not found:
        return None
    dataset = open_same_dataset(specification)
    each = [scores_of(one, dataset, number, specification.objective) for number, one in found.items()]
    total = np.sum([scores.confusion_matrix for scores in each], axis=0)
    return Answered(tuple(map(tuple, total.tolist())), len(found))


def class_table(found: Mapping[str, Answered], classes: Sequence[str]) -> list[dict[str, object]]:
    """Return a row a class: its images, its F1 (0–1), and its recall with Wilson's 95 % interval, for each finalist."""
    return [
        {
            "class": name,
            **{
                f"{shown}: {what}": value
                for shown, one in found.items()
                for what, value in _of_class(one.matrix, number).items()
            },
        }
        for number, name in enumerate(classes)
    ]


def _of_class(matrix: Matrix, number: int) -> dict[str, object]:
    counts = np.array(matrix)
    hits, images, named = int(counts[number, number]), int(counts[number].sum()), int(counts[:, number].sum())
    return {
        "images": images,
        "F1": 2 * hits / (images + named) if images else None,
        "recall (95 %)": share_with_interval(hits, images),
    }
