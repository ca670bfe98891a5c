"""A picture of a dataset: some images of each class, as they are and as training may see them."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from datasets.arrow.dataset import Dataset
from datasets.lettering import font
from datasets.splits import Split
from datasets.storage.folders import Folder, storage_errors
from datasets.storage.whole_files import replace_file
from datasets.training.augmentation import Augmentation
from datasets.training.augmenting import augment

_GAP, _TEXT, _SIDE = 4, 18, 96
_PAPER, _INK = (20, 20, 24), (235, 235, 235)
Pixels = npt.NDArray[np.uint8]


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
    strips = []
    for rows in _chosen(opened, per_class, generator):
        images = opened.take(rows)
        strips.append((images, augment(images, change, generator=generator)))
    stream = io.BytesIO()
    _sheet(opened.classes, strips, per_class, opened.image_shape).save(stream, format="PNG")
    path = Path(target).absolute()
    with storage_errors("write", str(path), absent_is_error=True):
        replace_file(path, stream.getvalue())
    return path


def _chosen(dataset: Dataset, per_class: int, generator: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Choose rows of each class: of the training split, or of all where that has none."""
    chosen = []
    for label in range(len(dataset.classes)):
        of_class = [rows[dataset.labels[rows] == label] for rows in (dataset.rows(Split.TRAIN), dataset.rows(None))]
        rows = of_class[0] if len(of_class[0]) else of_class[1]
        chosen.append(np.sort(generator.permutation(rows)[:per_class]))
    return chosen


def _sheet(
    classes: Sequence[str], strips: Sequence[tuple[Pixels, Pixels]], per_class: int, shape: tuple[int, int, int]
) -> Image.Image:
    """Lay the images out: a line of text, a row as they are and a row augmented for each class."""
    scale = max(1, _SIDE // max(shape[:2]))
    height, width = shape[0] * scale + _GAP, shape[1] * scale + _GAP
    block = _TEXT + 2 * height + _GAP
    sheet = Image.new("RGB", (max(per_class * width + _GAP, 320), len(classes) * block + _GAP), _PAPER)
    pen, letters = ImageDraw.Draw(sheet), font(13)
    for number, (name, rows) in enumerate(zip(classes, strips, strict=True)):
        top = _GAP + number * block
        pen.text((_GAP, top), f"{name}: as stored, and augmented", _INK, letters)
        for line, images in enumerate(rows):
            for column, pixels in enumerate(images):
                tile = Image.fromarray(pixels).resize((width - _GAP, height - _GAP), Image.Resampling.NEAREST)
                sheet.paste(tile, (_GAP + column * width, top + _TEXT + line * height))
    return sheet
