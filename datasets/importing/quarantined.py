"""What can be seen of the files that an import could not use: read again from its source, if that is still there."""

import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.arrow.description import DatasetInfo
from datasets.errors import ImageError
from datasets.images.archives import UNREADABLE, Contents, open_archive
from datasets.images.reading import Directory
from datasets.images.thumbnails import thumbnails
from datasets.images.zips import leaves_archive

_MOST_MEMBERS = 200_000
"""Of a larger source only files that lie where their names say are found."""
_MOST_BYTES = 2**28
"""Files are read until they have so many together: it is a page that draws them."""


def quarantine_pictures(info: DatasetInfo, files: Sequence[str], *, side: int) -> list[npt.NDArray[np.uint8] | None]:
    """Draw some files of a dataset's quarantine, uint8 (height, width, 3), neither longer than ``side`` pixels.

    None of what cannot be seen: no image, a FITS file, a row of an array, or a source that has gone or is remote; and
    of what comes behind 256 MiB of the others.
    """
    source = _source(info)
    if source is None:
        return [None] * len(files)
    found: list[bytes | None] = []
    for file in files:
        is_enough = sum(len(data) for data in found if data is not None) > _MOST_BYTES
        found.append(None if is_enough else _content(source, file))
    drawn = iter(thumbnails([data for data in found if data is not None], side=side))
    return [None if data is None else next(drawn) for data in found]


def _source(info: DatasetInfo) -> Contents | None:
    path = Path(info.source)
    try:
        return Directory(path) if path.is_dir() else open_archive(path) if path.is_file() else None
    except (OSError, zipfile.BadZipFile):
        return None


def _content(source: Contents, file: str) -> bytes | None:
    """Read a file that an import called so: what all names have in common before may be left out of it."""
    if leaves_archive(file):
        return None
    try:
        return source.read(file)
    except ImageError:
        pass
    try:
        members = islice(source.members, _MOST_MEMBERS)
        ending = [name for name, is_folder in members if not is_folder and name.endswith(f"/{file}")]
        return source.read(ending[0]) if len(ending) == 1 else None
    except (ImageError, *UNREADABLE):
        return None
