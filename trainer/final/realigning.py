"""What beginnings have answered, put to a dataset: images are known again by their names, whatever their rows are now.

The same images may be imported again, from a table that was sorted otherwise: that is the same dataset, with the same
fingerprint and the same divisions, but its rows have other numbers. Galaxies of no class are outside all that.
"""

import hashlib
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Folder, Split
from trainer.final.answers import BeginningAnswers, read_answers

Hashes = npt.NDArray[np.uint64]


def images_of(dataset: Dataset, number: int) -> Hashes:
    """Return the hashes of the names of the validation images of a division, then of the test images: (n + m,)."""
    divided = dataset.divided(number)
    rows = np.concatenate([divided.rows(Split.VALIDATION), divided.rows(Split.TEST)])
    return np.asarray(dataset.id_hashes[rows], np.uint64)


def none_of(dataset: Dataset) -> str:
    """Return what names a dataset's galaxies of no class, their images and order; nothing where it has none."""
    known = dataset.info.unlabelled
    if known is None:
        return ""
    return hashlib.sha256(" ".join(one.sha256 for one in known.checksums).encode()).hexdigest()


def answers_to(work: Folder, dataset: Dataset, *, number: int, epochs: int) -> BeginningAnswers | None:
    """Return what the beginning of a number in ``work`` answered, by the rows that the dataset has now.

    None where it has not come to the end of so many epochs, or answered for other images. What it answered for galaxies
    of no class is left out where the dataset has others now.

    Raises CheckpointError for a damaged file.
    """
    kept = read_answers(work, epochs=epochs)
    return None if kept is None else realigned(kept, dataset, number=number)


def realigned(kept: BeginningAnswers, dataset: Dataset, *, number: int) -> BeginningAnswers | None:
    """Return answers of the beginning of a number by the rows that a dataset has now; see `answers_to`."""
    rows, now, count = dataset.divided(number).rows(Split.VALIDATION), images_of(dataset, number), len(kept.rows)
    if not len(kept.images):  # of an earlier version: rows that are of the same numbers and classes are the same ones
        is_same = np.array_equal(kept.rows, rows) and np.array_equal(kept.true, dataset.labels[rows])
        return replace(kept, images=now) if is_same and _answered_test(kept, len(now) - len(rows)) else None
    validation, test = _places(kept.images[:count], now[: len(rows)]), _places(kept.images[count:], now[len(rows) :])
    if validation is None or test is None:
        return None
    is_same = kept.of_none == none_of(dataset)
    return replace(
        kept,
        rows=rows,
        true=dataset.labels[rows],
        validation={views: each[validation] for views, each in kept.validation.items()},
        test={views: each[test] for views, each in kept.test.items()},
        images=now,
        unlabelled=kept.unlabelled if is_same else {},
        of_none=kept.of_none if is_same else "",
    )


def _answered_test(kept: BeginningAnswers, count: int) -> bool:
    return all(len(each) == count for each in kept.test.values())


def _places(kept: Hashes, now: Hashes) -> npt.NDArray[np.int64] | None:
    """Return where each of ``now`` is among ``kept``; None where they are not the same ones."""
    order = np.argsort(kept)
    if not np.array_equal(kept[order], np.sort(now)):
        return None
    return np.asarray(order[np.searchsorted(kept[order], now)], np.int64)
