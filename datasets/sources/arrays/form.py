"""Arrays: NPY, NPZ or HDF5 files that hold images and their labels, alone or in a folder or archive.

Arrays are known by their names, as ``naming`` has them, and their axes; ``--image-column`` and ``--label-column`` name
others. Labels of an NPY file may lie in another one beside it. An image's id is its row.
"""

import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from datasets.arrow.provenance import Omission
from datasets.errors import ImageError, SourceError
from datasets.images.arrays.brightness import AS_IT_IS
from datasets.images.arrays.stacks import Stack, scaled
from datasets.images.arrays.stored import Stored, arrays_in
from datasets.images.magic import Kind, kind_of
from datasets.images.value_range import ValueRanges
from datasets.sources.arrays.choosing import EXPECTED, ONE_EACH, Part, choose, has_images
from datasets.sources.arrays.naming import IDS, LABELS, LEGEND, Named
from datasets.sources.galaxies import NO_GALAXIES, Galaxies
from datasets.sources.label_tables.columns import NO_COLUMN
from datasets.sources.label_tables.legends import whole
from datasets.sources.labels import Labels, read_labels, without_unknown
from datasets.sources.listing import Evidence, Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.side_columns import Columns, side_columns
from datasets.sources.trees import Tree, is_image, refusal, two_classes
from datasets.wording import few

OVER: frozenset[str] = frozenset()
OPTIONS = frozenset({"image_column", "label_column", "id_column", "value_range"})
_SUFFIXES = (".npy", ".npz", ".h5", ".hdf5", ".hdf", ".he5")
_OTHERS = dict.fromkeys((".pkl", ".pickle", ".joblib", ".pt", ".pth"), "Python objects, which run code when read") | {
    ".mat": "a file of MATLAB's",
    ".rds": "a file of R's",
}
"""What else people keep arrays in, by its suffix, and never is read."""
_MOST = 64
"""Files of arrays in a source of this form; where there are more, each holds an image or something else."""


def recognise(tree: Tree, _options: SourceOptions) -> Evidence | None:
    """Recognise files of arrays by their suffixes or first bytes, and images in them by their axes."""
    names = array_files(tree)
    if (other := _OTHERS.get(tree.path.suffix.lower())) is not None:
        return Evidence(other)
    if not names or len(names) > _MOST:
        return Evidence(few(names)) if names and not _has_pictures(tree) else None
    try:
        arrays = named_arrays(tree, names)
    except ImageError:
        arrays = []
    images = [array for array in arrays if has_images(array.stored)]
    if not images:
        return Evidence(few(names)) if tree.is_file or not _has_pictures(tree) else None
    if _has_pictures(tree) and not any(array.rank(LABELS) < len(LABELS) for array in arrays):
        return None
    return Evidence(few(images, most=3))


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List the images of the arrays; a row without a label is left out, one whose label is no class rejected.

    Raises SourceError where there are no images and labels, more than one array may be either, or what is black and
    white in the images is neither evident nor stated.
    """
    names = array_files(tree)
    if (other := _OTHERS.get(tree.path.suffix.lower())) is not None:
        raise refusal(tree.path, "an NPY, NPZ or HDF5 file", f"{other}: save its arrays")
    if not names:
        raise refusal(tree.path, f"an NPY, NPZ or HDF5 file with {EXPECTED}", few(tree.files))
    if len(names) > _MOST:
        raise refusal(tree.path, EXPECTED, f"{len(names):,} files of arrays, {few(names, most=3)}; {ONE_EACH}")
    try:
        arrays = named_arrays(tree, names)
    except ImageError as error:
        raise refusal(tree.path, EXPECTED, f"a file that cannot be used ({error})") from error
    try:
        return listed(tree, choose(tree.path, arrays, options), options)
    except ImageError as error:
        raise SourceError(f"'{tree.path}' cannot be imported: {error}") from error


def array_files(tree: Tree) -> list[str]:
    """Return the names of the files of arrays in a tree: by their suffixes; one by itself also by its first bytes."""
    named = [name for name in tree.files if name.lower().endswith(_SUFFIXES)]
    if tree.is_file and not named:
        return [name for name in tree.files if kind_of(tree.head(name), name) is not None]
    return named


def named_arrays(tree: Tree, files: Sequence[str]) -> list[Named]:
    """List the arrays of some files with their whole names. Raises ImageError where one cannot be read.

    A file that holds several is left out of their names where there is no other. Beside a single NPY file, those
    that may hold its labels are listed with it.
    """
    arrays = []
    for file in files:
        prefix = str(PurePosixPath(file).with_suffix(""))
        for stored in _arrays(tree, file):
            alone = stored.kind is not Kind.NPY and len(files) == 1
            arrays.append(Named("/".join(filter(None, ["" if alone else prefix, stored.name])), stored))
    if tree.is_file and arrays and arrays[0].stored.kind is Kind.NPY:
        arrays += _labels_beside(tree.path, arrays[0])
    return arrays


def _arrays(tree: Tree, file: str) -> tuple[Stored, ...]:
    try:
        return arrays_in(tree.local(file))
    except ImageError as error:
        raise ImageError(f"{file}: {error}") from error


def listed(tree: Tree, parts: Sequence[Part], options: SourceOptions, legend: Sequence[str] = ()) -> Listing:
    """List the images of some arrays, given the classes' names where the arrays do not have them. Raises ImageError."""
    stacks = scaled(
        [Stack(part.images.stored.mapped(tree.scratch)) for part in parts],
        ValueRanges(options.value_range),
    )
    labels = without_unknown([_labels(part, legend) for part in parts])
    if len({bool(of_part.note) for of_part in labels}) > 1:
        raise ImageError(f"{few([part.labels.name for part in parts])} have names in one split and numbers in another")
    names = {name for of_part in labels for name in of_part.names if name is not None}
    classes = two_classes(tree.path, EXPECTED, names)
    items: list[Item] = []
    rejected = list(tree.rejected)
    sides: list[tuple[Columns, list[str]]] = []
    unlabelled = 0
    ids, galaxies = _galaxies(parts, [name for of_part in labels for name in of_part.names], options)
    for part, stack, of_part, objects in zip(parts, stacks, labels, ids, strict=True):
        prefix = f"{part.images.name}/" if len(parts) > 1 else ""
        rejected += [(f"{prefix}{row:05d}", reason) for row, reason in sorted(of_part.reasons.items())]
        sides.append((_columns(part), [f"{prefix}{row:05d}" for row in range(len(stack))]))
        for row, name in enumerate(of_part.names):
            if name is not None:
                read = partial(stack.image, row)
                items.append(
                    Item(f"{prefix}{row:05d}", classes.index(name), read, part.split, galaxies.of(objects[row]))
                )
            elif row not in of_part.reasons:
                unlabelled += 1
    return Listing(
        classes,
        tuple(items),
        tuple(rejected),
        _omitted(parts, unlabelled),
        labels_from=f"the array{'s' if len(parts) > 1 else ''} {few([part.labels.name for part in parts])}",
        splits_from="the names of the arrays" if any(part.split for part in parts) else "",
        galaxies_from=galaxies.taken,
        notes=tuple(
            dict.fromkeys(
                [*_notes(stacks[0]), *(note for of_part in labels for note in of_part.notes), *galaxies.notes]
            )
        ),
        side=side_columns(sides),
    )


def _omitted(parts: Sequence[Part], unlabelled: int) -> tuple[Omission, ...]:
    """Say which rows and which other arrays of images are left out."""
    rows = Omission("rows without a label", unlabelled, "nothing in their place among the labels")
    others = [
        Omission(f"array {array}", 0, "--image-column takes it")
        if array.split == part.split
        else Omission(f"array {array}", array.stored.shape[0], "no labels of that split")
        for part in parts
        for array in part.others
    ]
    return (*([rows] if unlabelled else []), *others)


def _columns(part: Part) -> Columns:
    """Read what a part has beside images and labels, a value an image: positions, redshifts."""
    arrays = [array for array in part.columns if array.stored.is_text or array.stored.dtype.kind in "biuf"]
    columns = ((array.role, array.stored.column()) for array in arrays)
    return {name: column.astype(column.dtype.newbyteorder("=")) for name, column in columns}


def _labels_beside(path: Path, images: Named) -> list[Named]:
    """Find the NPY files beside one that may hold its labels; those that cannot be read do not."""
    found = []
    for other in sorted(path.parent.glob("*.npy")):
        named = Named(other.stem, images.stored)
        if other != path and named.split == images.split and named.rank((*LABELS, LEGEND, IDS)) <= len(LABELS) + 1:
            with contextlib.suppress(ImageError):
                found += [Named(other.stem, stored) for stored in arrays_in(other)]
    return [array for array in found if not has_images(array.stored)]


def _labels(part: Part, legend: Sequence[str]) -> Labels:
    """Read the labels of a part. Raises ImageError, naming the array, where they are no classes."""
    names = part.labels.stored.names or part.images.stored.names or legend
    if not names and part.legend is not None:
        names = part.legend.stored.column().tolist()
    try:
        return read_labels(part.labels.stored.column(), names)
    except ImageError as error:
        raise ImageError(f"in '{part.labels.name}' {error}; --label-column names another array") from error


def _galaxies(
    parts: Sequence[Part], labels: Sequence[str | None], options: SourceOptions
) -> tuple[list[list[str]], Galaxies]:
    """Return what there is for the galaxy of each row of each part, and what of it names one.

    That is its id, or its position to 0.1 arc seconds where no part has ids.
    """
    column = next((part.ids.role for part in parts if part.ids is not None), None)
    if column is not None:
        ids = [_texts(part.ids, part.images.stored.shape[0]) for part in parts]
    elif options.id_column != NO_COLUMN:
        column, ids = "ra and dec", [_positions(part) for part in parts]
    else:
        return [[""] * part.images.stored.shape[0] for part in parts], NO_GALAXIES
    rows = [(text, part.images.name, part.split) for part, texts in zip(parts, ids, strict=True) for text in texts]
    texts, names, splits = zip(*rows, strict=True)
    asked = options.id_column not in (None, NO_COLUMN)
    return ids, Galaxies(column, texts, names, splits, labels=labels, is_asked=asked)


def _texts(array: Named | None, count: int) -> list[str]:
    return [""] * count if array is None else [whole(str(value)) for value in array.stored.column().tolist()]


def _positions(part: Part) -> list[str]:
    """Return the position of each row, empty where it is none on the sky, as NaN and -999 are."""
    if part.position is None:
        return [""] * part.images.stored.shape[0]
    ra, dec = (array.stored.column().tolist() for array in part.position)
    pairs = zip(ra, dec, strict=True)
    return [f"{ra:.5f} {dec:+.5f}" if abs(ra) <= 360 and abs(dec) <= 90 else "" for ra, dec in pairs]


def _notes(stack: Stack) -> list[str]:
    """Say how pixels were made of the values."""
    notes = []
    if stack.scale != AS_IT_IS or stack.array.dtype != np.uint8:
        notes.append(f"values {stack.scale} of type {stack.array.dtype} became black to white")
    if stack.layout.first:
        notes.append(f"the colours are the second axis of {stack.array.shape}")
    return notes


def _has_pictures(tree: Tree) -> bool:
    """Say whether a tree has files of images, which it then may be about."""
    return any(map(is_image, tree.files))
