"""Which arrays of a source are images, labels, the classes' names and the galaxies' ids, or what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import ImageError, SourceError
from datasets.images.arrays.layout import layout_of
from datasets.images.arrays.stored import Stored
from datasets.sources.arrays.naming import IDS, IMAGES, LABELS, LEGEND, Named
from datasets.sources.labels import can_be_labels
from datasets.sources.options import SourceOptions
from datasets.sources.trees import refusal
from datasets.splits import Split
from datasets.wording import few

EXPECTED = "an array of images (n, height, width) or (n, height, width, 3) and one of n labels"


ONE_EACH = "put images that are arrays each into one array, or save them as PNG in a folder a class"
"""The way out of an array for each image."""
_FEW = 2
_LOOKED_FOR = "looked for arrays such as labels, y or ans, not in tables"


@dataclass(frozen=True)
class Part:
    """The arrays of one split, or of all images.

    ``legend`` lists the classes' names where an array does, ``columns`` have a value an image; ``others`` are
    images that are not taken.
    """

    images: Named
    labels: Named
    legend: Named | None
    ids: Named | None
    position: tuple[Named, Named] | None
    columns: tuple[Named, ...]
    others: tuple[Named, ...]

    @property
    def split(self) -> Split | None:
        """The split that their names state."""
        return self.images.split


def has_images(array: Stored) -> bool:
    """Say whether an array may be a stack of images."""
    try:
        layout_of(array.shape)
    except ImageError:
        return False
    return array.dtype.kind in "biuf" and array.shape[0] > 1


def choose(path: Path, arrays: Sequence[Named], options: SourceOptions) -> list[Part]:
    """Choose the arrays of each split. Raises SourceError where some are missing, or more than one may be meant."""
    images = sorted(_images(path, arrays, options), key=lambda array: 0 if array.split is None else array.split.code)
    return [_part(path, of_split, arrays, options) for of_split in images]


def _images(path: Path, arrays: Sequence[Named], options: SourceOptions) -> list[Named]:
    found = [array for array in arrays if has_images(array.stored)]
    if options.image_column is not None:
        found = _called(path, options.image_column, found, "image")
    if not found:
        raise refusal(path, EXPECTED, _without_images(arrays))
    if (
        len(found) > 1
        and options.label_column is None
        and not any(array.rank(LABELS) < len(LABELS) for array in arrays)
    ):
        raise refusal(path, EXPECTED, f"{few(found)} and no labels: {_LOOKED_FOR}")
    best = min(array.rank(IMAGES) for array in found)
    meant = [array for array in found if array.rank(IMAGES) == best]
    splits = {array.split for array in meant}
    if len(splits) < len(meant) or (None in splits and len(splits) > 1):
        raise _several(path, "the images", "--image-column", meant)
    return meant


def _part(path: Path, images: Named, arrays: Sequence[Named], options: SourceOptions) -> Part:
    count = images.stored.shape[0]
    of_split = [array for array in arrays if array is not images and array.split == images.split]
    rows = [array for array in of_split if array.stored.shape[:1] == (count,)]
    columns = [array for array in rows if len(array.stored.shape) == 1]
    legends = [
        array
        for array in arrays
        if array.rank((LEGEND,)) == 0 and array.stored.is_text and array.stored.shape[0] < count
    ]
    ids = [array for array in columns if array.role in IDS]
    if options.id_column is not None:
        ids = _called(path, options.id_column, columns, "id")
    by_role = {array.role: array for array in columns}
    labels = _labels(path, images, of_split, options)
    return Part(
        images,
        labels,
        legends[0] if len(legends) == 1 else None,
        ids[0] if len(ids) == 1 else None,
        (by_role["ra"], by_role["dec"]) if {"ra", "dec"} <= by_role.keys() else None,
        tuple(array for array in by_role.values() if array is not labels),
        tuple(array for array in of_split if array is not labels and has_images(array.stored)),
    )


def _labels(path: Path, images: Named, arrays: Sequence[Named], options: SourceOptions) -> Named:
    count = images.stored.shape[0]
    fitting = [array for array in arrays if can_be_labels(array.stored.shape, count)]
    if options.label_column is not None:
        found = _called(path, options.label_column, fitting, "label")
    else:
        named = [array for array in fitting if array.rank(LABELS) < len(LABELS)]
        best = min((array.rank(LABELS) for array in named), default=0)
        found = [array for array in named if array.rank(LABELS) == best]
    together = [array for array in found if array.beside == images.beside] or found
    if len(together) == 1:
        return together[0]
    if together:
        raise _several(path, f"the labels of '{images.name}'", "--label-column", together)
    others = [array for array in arrays if array.rank(LABELS) < len(LABELS) and len(array.stored.shape) <= 2]
    if others and not fitting:
        raise refusal(path, f"{count:,} labels for the {count:,} images in '{images.name}'", few(others))
    way_out = f"; name one with --label-column, of {few(fitting)}" if fitting else ""
    raise refusal(path, EXPECTED, f"{images} and no labels: {_LOOKED_FOR}{way_out}")


def _called(path: Path, name: str, arrays: Sequence[Named], what: str) -> list[Named]:
    found = [array for array in arrays if array.is_called(name)]
    if not found:
        raise refusal(path, f"an array '{name}' (--{what}-column)", few(arrays))
    return found


def _several(path: Path, what: str, option: str, arrays: Sequence[Named]) -> SourceError:
    commands = few([f"{option} {array.name}" for array in arrays], most=3)
    return SourceError(f"'{path}' cannot be imported: several arrays may be {what}: say which with {commands}")


def _without_images(arrays: Sequence[Named]) -> str:
    """Say what there is instead of images, and why what is called so is none."""
    called = [array for array in arrays if array.rank(IMAGES) < len(IMAGES) and len(array.stored.shape) > 1]
    if len(called) > 1 or sum(len(array.stored.shape) in (2, 3) for array in arrays) > _FEW:
        return f"{few(arrays, most=3)}; {ONE_EACH}"
    if len(called) != 1:
        return few(arrays)
    try:
        layout_of(called[0].stored.shape)
    except ImageError as error:
        return f"'{called[0].name}': {error}"
    return f"'{called[0].name}' of {called[0].stored.dtype}, {called[0].stored.shape}"
