"""Which arrays of a source are images, labels, the classes' names and the galaxies' ids, or what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from datasets.errors import ImageError, SourceError
from datasets.images.arrays.layout import SIDE, layout_of
from datasets.images.arrays.stored import Stored
from datasets.sources.arrays.naming import BESIDE, IMAGES, LABELS, LEGEND, Named
from datasets.sources.galaxies import galaxy_column
from datasets.sources.label_tables.columns import NO_COLUMN
from datasets.sources.labels import can_be_labels
from datasets.sources.options import SourceOptions
from datasets.sources.trees import refusal
from datasets.splits import Split
from datasets.wording import few

EXPECTED = "an array of images (n, height, width) or (n, height, width, 3) and one of n labels"


ONE_EACH = "put images that are arrays each into one array, or save them as PNG in a folder a class"
"""The way out of an array for each image."""
_LOOKED_FOR = "looked for arrays such as labels, y or ans, not in tables"


@dataclass(frozen=True)
class Part:
    """The arrays of one split, or of all images.

    ``legend`` lists the classes' names where an array does, ``columns`` have a value an image; ``others`` are
    images that are not taken, with those of splits without labels.
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
    found = sorted(_images(path, arrays, options), key=lambda array: 0 if array.split is None else array.split.code)
    images = [array for array in found if options.label_column or _has_labels(array, arrays)] or found
    unlabelled = tuple(array for array in found if array not in images)
    most = max(array.stored.shape[0] for array in images)
    legends = [array for array in arrays if array.rank((LEGEND,)) == 0 and array.stored.is_text]
    legends = [array for array in legends if array.stored.shape[0] < most]
    splits = {array.split for array in found}
    alone = [array for array in arrays if array.rank(LABELS) < len(LABELS) and array.split not in {None, *splits}]
    if alone:
        raise refusal(path, EXPECTED, f"{few(alone)}, and no images of that split beside {few(images)}")
    first, *more = (_part(path, of_split, arrays, legends, options) for of_split in images)
    return [replace(first, others=(*first.others, *unlabelled)), *more]


def _has_labels(images: Named, arrays: Sequence[Named]) -> bool:
    """Say whether an array of the split of some images is called as labels are."""
    return any(array.split == images.split and array.rank(LABELS) < len(LABELS) for array in arrays)


def _images(path: Path, arrays: Sequence[Named], options: SourceOptions) -> list[Named]:
    """Choose the arrays of images: of those that may be some by their axes, one a split has the best name."""
    found = [array for array in arrays if _may_be_images(array)]
    if options.image_column is not None:
        found = _called(path, options.image_column, found, "image")
    if not found:
        pictures = [array for array in arrays if len(array.stored.shape) == 2 and array.rank(IMAGES) < len(IMAGES)]
        raise refusal(path, EXPECTED, f"{few(arrays, most=3)}; {ONE_EACH}" if len(pictures) > 1 else few(arrays))
    labelled = options.label_column is not None or any(array.rank(LABELS) < len(LABELS) for array in arrays)
    if len(found) > 1 and not labelled:
        odd = [array for array in found if not has_images(array.stored)]
        found_instead = f"{few(found, most=3)}; {ONE_EACH}" if odd else f"{few(found)} and no labels: {_LOOKED_FOR}"
        raise refusal(path, EXPECTED, found_instead)
    best = min(array.rank(IMAGES) for array in found)
    meant = [array for array in found if array.rank(IMAGES) == best]
    for array in meant:
        if not has_images(array.stored):
            raise refusal(path, EXPECTED, _why_none(array))
    splits = {array.split for array in meant}
    if len(splits) < len(meant) or (None in splits and len(splits) > 1):
        raise _several(path, "the images", "--image-column", meant)
    return meant


def _may_be_images(array: Named) -> bool:
    """Say whether an array is meant to be images, whatever its axes are: three or more, or long rows and the name."""
    shape = array.stored.shape
    if len(shape) == 2:
        return shape[1] >= SIDE * SIDE and array.rank(IMAGES) < len(IMAGES) <= array.rank((LABELS[0], LABELS[1]))
    return len(shape) >= 3 and array.rank((BESIDE,)) > 0


def _part(path: Path, images: Named, arrays: Sequence[Named], legends: Sequence[Named], options: SourceOptions) -> Part:
    count = images.stored.shape[0]
    of_split = [array for array in arrays if array is not images and array.split == images.split]
    rows = [array for array in of_split if array.stored.shape[:1] == (count,)]
    columns = [array for array in rows if len(array.stored.shape) == 1]
    by_role = {array.role: array for array in columns}
    usual = galaxy_column(by_role, options)
    ids = [by_role[usual]] if usual is not None else []
    if options.id_column not in (None, NO_COLUMN):
        ids = _called(path, options.id_column, columns, "id")
    labels = _labels(path, images, of_split, options)
    return Part(
        images,
        labels,
        _legend(path, legends, images),
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


def _legend(path: Path, legends: Sequence[Named], images: Named) -> Named | None:
    """Choose the array of the classes' names: of the split, else of all."""
    own = [array for array in legends if array.split == images.split]
    found = own or [array for array in legends if array.split is None]
    if len(found) > 1:
        raise refusal(path, "one array with the names of the classes", few(found))
    return found[0] if found else None


def _called(path: Path, name: str, arrays: Sequence[Named], what: str) -> list[Named]:
    found = [array for array in arrays if array.is_called(name)]
    if not found:
        raise refusal(path, f"an array '{name}' (--{what}-column)", few(arrays))
    return found


def _several(path: Path, what: str, option: str, arrays: Sequence[Named]) -> SourceError:
    commands = few([f"{option} {array.name}" for array in arrays], most=3)
    return SourceError(f"'{path}' cannot be imported: several arrays may be {what}: say which with {commands}")


def _why_none(array: Named) -> str:
    """Say why an array that is meant to be images is none."""
    try:
        layout_of(array.stored.shape)
    except ImageError as error:
        return f"'{array.name}': {error}"
    return f"'{array.name}' of {array.stored.dtype}, {array.stored.shape}"
