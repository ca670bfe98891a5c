"""The groups of a dataset that an older version imported, which noted none: found once, kept in the node's cache."""

import contextlib
from hashlib import sha256
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.arrow.description import DatasetInfo
from datasets.arrow.groups import numbered, pack_groups, together, unpack_groups
from datasets.arrow.row_hashes import Images, row_hashes
from datasets.errors import StorageError
from datasets.images.image_columns import ID_COLUMNS, known
from datasets.storage.building import cache_folder
from datasets.storage.checksums import content_key
from datasets.storage.folders import Folder
from datasets.tables.values import MISSING


class Older(Images, Protocol):
    """What is asked of a Dataset."""

    info: DatasetInfo

    @property
    def ids(self) -> list[str]:
        """Name of each row."""

    def columns(self) -> pa.Table | None:
        """Return what the source's table says of the images."""


def older_groups(dataset: Older) -> npt.NDArray[np.int64]:
    """Return the group of each row, int64 (n,): of equal pixels, or of one galaxy where the source's table names it.

    Where the cache cannot be used they are found again the next time.
    """
    info = dataset.info
    shards = content_key(info.checksums) if info.checksums else info.fingerprint
    named = sha256("\n".join(_objects(info)).encode()).hexdigest()  # the same images may come with another table
    name = f"{shards}-{named[:12]}.npy"
    with contextlib.suppress(StorageError, FileNotFoundError, ValueError, EOFError):
        return unpack_groups(_kept().read(name), info.total)
    numbers = _found(dataset)
    with contextlib.suppress(StorageError):
        _kept().write_whole(name, pack_groups(numbers)[1])
    return numbers


def _kept() -> Folder:
    return Folder(str(cache_folder() / "groups"))


def _objects(info: DatasetInfo) -> list[str]:
    """Return the columns that name the galaxy. One that was called ``id`` has a sign behind, which does not matter."""
    return known(info.columns, ID_COLUMNS)


def _found(dataset: Older) -> npt.NDArray[np.int64]:
    hashes = row_hashes(dataset, np.arange(dataset.info.total)).tolist()
    sets = together((key, row) for row, key in enumerate(hashes))
    places = {name: row for row, name in enumerate(dataset.ids)}
    objects = _objects(dataset.info)
    columns = dataset.columns() if objects else None
    for column in objects:
        assert columns is not None  # as there are names of its columns
        named = zip(columns.column("id").to_pylist(), columns.column(column).to_pylist(), strict=True)
        galaxies = ((name, "" if galaxy is None else str(galaxy).strip()) for name, galaxy in named)
        sets += together(
            (galaxy, places[name]) for name, galaxy in galaxies if galaxy not in MISSING and name in places
        )
    return numbered(sets, dataset.info.total)
