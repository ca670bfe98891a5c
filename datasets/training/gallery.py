"""A picture of a dataset: some images of each class, as they are and as training may see them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.arrow.dataset import Dataset
from datasets.images.contact_sheet import Section, contact_sheet
from datasets.splits import Split
from datasets.storage.folders import Folder, storage_errors
from datasets.storage.whole_files import replace_file
from datasets.training.augmentation import Augmentation
from datasets.training.augmenting import augment


def draw_gallery(
    dataset: Dataset | Folder | str | Path,
    target: str | Path,
    *,
    augmentation: Augmentation | None = None,
    per_class: int = 6,
    seed: int = 1,
) -> Path:
    """Draw images of each class, and below each the same image augmented, into one PNG, which replaces an older one.

    Args:
        target: local path of the PNG; the absolute one is returned.
        augmentation: by default the warp of strength 0.5, and brightness varied by up to 20 %.
        per_class: at most so many images of each class, training ones if the class has any.
        seed: of the choice of images and of the augmentation.

    Raises:
        FormatError: the dataset is none, or damaged.
        StorageError: it cannot be read, or the PNG cannot be written.
    """
    opened = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    generator = np.random.default_rng(seed)
    change = replace(Augmentation.of_strength(0.5), brightness=0.2) if augmentation is None else augmentation
    sections = []
    for name, rows in zip(opened.classes, _chosen(opened, per_class, generator), strict=True):
        images = opened.take(rows)
        augmented = augment(images, change, generator=generator)
        sections.append(Section(f"{name}: as stored, and augmented", [list(images), list(augmented)]))
    path = Path(target).absolute()
    with storage_errors("write", str(path), absent_is_error=True):
        replace_file(path, contact_sheet(sections, opened.image_shape[:2]))
    return path


def _chosen(dataset: Dataset, per_class: int, generator: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Choose rows of each class: of the training split, or of all where that has none."""
    chosen = []
    for label in range(len(dataset.classes)):
        of_class = [rows[dataset.labels[rows] == label] for rows in (dataset.rows(Split.TRAIN), dataset.rows(None))]
        rows = of_class[0] if len(of_class[0]) else of_class[1]
        chosen.append(np.sort(generator.permutation(rows)[:per_class]))
    return chosen
