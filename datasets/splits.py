"""The splits of a dataset: fixed at import, stratified by class, the same for the same images and seed."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from datasets.errors import SourceError


class Split(StrEnum):
    """What a row is for: to train on, to choose by, or to be measured on once."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"

    @property
    def code(self) -> int:
        """The number that stands for the split in the Arrow files: 0, 1, 2 in the order of definition."""
        return list(Split).index(self)


def shares(*, validation: float, test: float) -> dict[Split, float]:
    """Return the share of each split; training gets what validation and test leave."""
    rest = 1 - validation - test
    # 1 - 0.9 - 0.1 is not quite 0 in floats, and must not ask for a training row.
    return {Split.TRAIN: rest if rest > 1e-9 else 0.0, Split.VALIDATION: validation, Split.TEST: test}


def check_counts(
    counts: Sequence[int], classes: Sequence[str], *, validation: float, test: float, noun: str = "image"
) -> None:
    """Check that each class has an image for each split that is not empty; ``counts[i]`` is of ``classes[i]``.

    Raises SourceError naming the first class that has too few.
    """
    asked = [split for split, share in shares(validation=validation, test=test).items() if share > 0]
    for name, count in zip(classes, counts, strict=True):
        if count < len(asked):
            raise SourceError(
                f"class '{name}' has {count} {noun}{'' if count == 1 else 's'}: at least {len(asked)} are needed, "
                f"one each for {', '.join(asked)}; add images of it or take its folder out"
            )


def stratified(
    labels: npt.NDArray[np.int64],
    ids: Sequence[str],
    *,
    classes: Sequence[str],
    validation: float,
    test: float,
    seed: int,
) -> npt.NDArray[np.int8]:
    """Draw a split for each row, class by class.

    A row's place in the draw is a hash of its id and the seed. So the split depends neither on the order of the rows
    nor on the version of a random number generator, and the classes do not influence each other.

    Args:
        labels: int, (n,): indices into ``classes``.
        ids: n distinct names of the rows.
        classes: names of the classes, for the error.
        validation: share of the validation split, 0–1.
        test: share of the test split, 0–1; training gets the rest.
        seed: any integer.

    Returns:
        int8, (n,): codes of Split. Each split with a share above 0 has at least one row of each class.

    Raises:
        SourceError: a class has fewer rows than there are splits to fill.
    """
    counts = np.bincount(labels, minlength=len(classes))
    check_counts(counts.tolist(), classes, validation=validation, test=test)
    digests = (hashlib.sha256(f"{seed}/{name}".encode()).digest() for name in ids)
    drawn = np.argsort(np.array([int.from_bytes(digest[:8]) for digest in digests], np.uint64), kind="stable")
    codes = np.empty(len(ids), np.int8)
    for label in range(len(classes)):
        rows = drawn[labels[drawn] == label]
        sizes = _sizes(len(rows), list(shares(validation=validation, test=test).values()))
        codes[rows] = np.repeat(np.arange(len(sizes), dtype=np.int8), sizes)
    return codes


def _sizes(count: int, parts: Sequence[float]) -> list[int]:
    """Part ``count`` rows by shares: rounded, ≥ 1 where the share is above 0, the largest takes the difference."""
    sizes = [max(1, round(part * count)) if part > 0 else 0 for part in parts]
    while sum(sizes) != count:
        largest = max(range(len(sizes)), key=lambda index: (sizes[index], parts[index]))
        sizes[largest] += 1 if sum(sizes) < count else -1
    return sizes
