"""Class by class: what a trial, or the beginnings of a finalist, answered for images that it was not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search import Finalist, Record, SearchLayout, SearchSpecification, open_same_dataset
from trainer import answers_to, read_confusion, scores_of, share_with_interval
from ui import wording


@dataclass(frozen=True)
class Answered:
    """The answers of a configuration.

    Attributes:
        classes: The names.
        confusion_matrix: (classes, classes) counts; rows true, columns decided for as the objective does.
        source: What answered, for the reader.
    """

    classes: tuple[str, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    source: str

    @property
    def images(self) -> int:
        """Number of answers."""
        return sum(map(sum, self.confusion_matrix))


def by_trial(storage: str, specification: SearchSpecification, record: Record) -> Answered | None:
    """Return the answers of a trial's best epoch on the validation images; None where they are not kept."""
    layout = SearchLayout.of(storage, specification.settings.name)
    kept, classes = read_confusion(layout.checkpoints(record.trial_id)), specification.classes
    if kept is None or kept.epoch != record.best_epoch or len(kept.matrix) != len(classes):
        return None
    source = f"its epoch {kept.epoch} on the validation images, by which that was found to be the best"
    return Answered(classes, kept.matrix, source)


def by_beginnings(storage: str, specification: SearchSpecification, finalist: Finalist, epochs: int) -> Answered | None:
    """Add up what the beginnings of a finalist, of so many epochs, answered, each on the images of its own division.

    None where no answers to the images of the dataset are kept. One view of each image is decided for. Raises
    LedgerError where the dataset, by which images are divided, is out of reach, CheckpointError for a damaged file.
    """
    layout = SearchLayout.of(storage, specification.settings.name)
    works = {one.number: layout.beginning(finalist.trial_id, one.number) for one in finalist.beginnings}
    works = {number: work for number, work in works.items() if work.exists()}
    if not works:
        return None
    dataset = open_same_dataset(specification)
    kept = {number: answers_to(work, dataset, number=number, epochs=epochs) for number, work in works.items()}
    found = {number: answers for number, answers in kept.items() if answers is not None}
    if not found:
        return None
    each = [scores_of(one, dataset, number, specification.objective) for number, one in found.items()]
    total = np.sum([scores.confusion_matrix for scores in each], axis=0)
    source = f"its {wording.plural(len(found), 'beginning')}, each on images that it was not trained on, by which "
    return Answered(specification.classes, tuple(map(tuple, total.tolist())), f"{source}finalists are compared")


def class_table(found: Mapping[str, Answered], classes: Sequence[str]) -> list[dict[str, object]]:
    """Return a row a class: its images, its F1 (0–1), and its recall with Wilson's 95 % interval, for each trial."""
    return [
        {
            "class": name,
            **{
                f"{shown}: {what}": value
                for shown, one in found.items()
                for what, value in _of_class(one, number).items()
            },
        }
        for number, name in enumerate(classes)
    ]


def _of_class(one: Answered, number: int) -> dict[str, object]:
    counts = np.array(one.confusion_matrix)
    hits, images, named = int(counts[number, number]), int(counts[number].sum()), int(counts[:, number].sum())
    return {
        "images": images,
        "F1": 2 * hits / (images + named) if images else None,
        "recall (95 %)": share_with_interval(hits, images),
    }
