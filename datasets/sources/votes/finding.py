"""What the votes' forms look for in a tree: a table with certain columns, and images by their names."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath

from datasets.errors import ImageError, SourceError
from datasets.images.archives import archive_stem
from datasets.images.companions import COMPANION_FOLDERS
from datasets.images.fits.names import by_galaxy, galaxy_of, is_fits, read_content
from datasets.images.preparing import Content
from datasets.sources.trees import Tree, is_image, refusal
from datasets.tables.reading import Table

Read = Callable[[], Content]
_FITS = re.compile(r"\.(?:fits?|fts)(?:\.\w+)?\Z", re.IGNORECASE)
_BAND = re.compile(r"[-_.]?\*")
_WHOLE = re.compile(r"(?<=\d)\.0\Z", re.ASCII)
"""What programs put behind a whole number in a column in which others are missing."""


def find_table(tree: Tree, *columns: str, expected: str) -> Table:
    """Find the table that has some columns in a source.

    Raises SourceError if none has them, or the first damaged one's.
    """
    if tree.is_file and tree.tables:
        return tree.tables[0]  # reading it says which columns it lacks
    damaged: list[SourceError] = []
    for table in tree.tables:
        try:
            header = table.header()
        except SourceError as error:
            damaged.append(error.with_traceback(None))  # whose frames would keep the source open
            continue
        if set(columns) <= {column.strip().casefold() for column in header}:
            return table
    if damaged:
        raise damaged[0]
    raise refusal(tree.path, expected, f"no table with the column '{columns[0]}'")


def images_by_stem(tree: Tree, bands: Sequence[str]) -> tuple[dict[str, tuple[str, Read]], list[tuple[str, str]]]:
    """Find each image of a tree by its name without folders and suffix, and without the band where it has several.

    ``bands`` are those wanted of FITS files. Returns (path, how to read it) by stem, of a further image of the same
    stem by its path; and (file, reason) of what must not or cannot be told apart, such as these by their stems. Of an
    image and its mask or the like, in a folder of such, it is the mask that is further.
    """
    images: dict[str, tuple[str, Read]] = {}
    rejected = list(tree.rejected)
    tables = {table.name for table in tree.tables}
    fits = by_galaxy(name for name in tree.files if is_fits(name) and f"{tree.path}/{name}" not in tables)
    for name in sorted((*filter(is_image, tree.files), *fits), key=is_companion):
        stem = stem_of(name)
        if stem in images:
            rejected.append((name, f"has the same name as {images[stem][0]}"))
        try:
            images[name if stem in images else stem] = (
                name,
                _fits(tree, fits[name], bands) if name in fits else tree.reader(name),
            )
        except ImageError as error:
            rejected.append((name, str(error)))
    return images, rejected


def stem_of(name: str) -> str:
    """Return what an image's path, or a table's name of it, is without folders, an image's suffix and a ``*``."""
    last = name.strip().replace("\\", "/").rpartition("/")[2]
    if "." not in last and "*" not in last:  # as most are, of millions
        return last
    if is_fits(last):
        return _BAND.sub("", _FITS.sub("", last))
    return PurePosixPath(last).stem if is_image(last) else _WHOLE.sub("", last)


def is_companion(name: str) -> bool:
    """Say whether a path leads to a folder of masks, thumbnails or the like."""
    folders = name.casefold().split("/")[:-1]
    return any(archive_stem(folder) in COMPANION_FOLDERS for folder in folders)


def _fits(tree: Tree, files: Mapping[str, str], bands: Sequence[str]) -> Read:
    return partial(read_content, tree.contents.read, *galaxy_of(files, bands))
