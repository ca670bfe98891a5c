"""Some of a dataset's images: a page of a class, and what augmentation makes of one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import Augmentation, Dataset, Split, augment

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """An image, uint8 (height, width, 3), and its ``name`` in the source."""

    name: str
    pixels: Pixels


@dataclass(frozen=True)
class Variants:
    """An image of the class ``label`` as it is stored, and as training may see it."""

    label: str
    stored: Picture
    varied: tuple[Pixels, ...]


def rows_of(dataset: Dataset, label: int, split: Split | None) -> npt.NDArray[np.int64]:
    """Return the rows of a class in a split (None: in all): int64 (n,), ascending."""
    rows = dataset.rows(split)
    found: npt.NDArray[np.int64] = rows[dataset.labels[rows] == label]
    return found


def pictures(dataset: Dataset, rows: npt.NDArray[np.int64]) -> list[Picture]:
    """Read some rows."""
    return [Picture(*each) for each in zip(dataset.names(rows), dataset.take(rows), strict=True)]


def variants(
    dataset: Dataset, augmentation: Augmentation, *, label: int | None, seed: int, images: int = 3, each: int = 5
) -> list[Variants]:
    """Choose training images of a class (None: of all), and vary each as training does (`datasets.augment`).

    Which images, and where between its bounds each variant lies, depends on ``seed`` alone: with another magnitude the
    same ones change. Where there is no training image others are taken.
    """
    rows = dataset.rows(Split.TRAIN)
    rows = rows if len(rows) else dataset.rows(None)
    if label is not None:
        rows = rows[dataset.labels[rows] == label]
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:images])
    found = zip(chosen.tolist(), pictures(dataset, chosen), strict=True)
    return [
        Variants(
            dataset.classes[dataset.labels[row]],
            stored,
            tuple(
                augment(
                    np.repeat(stored.pixels[np.newaxis], each, axis=0),
                    augmentation,
                    generator=np.random.default_rng([seed, number]),
                )
            ),
        )
        for number, (row, stored) in enumerate(found)
    ]
