"""Galaxies of no class that were imported beside a dataset, read."""

from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from datasets.arrow.description import DatasetInfo
from datasets.arrow.node_cache import copy_on_node
from datasets.arrow.shards import Shard
from datasets.errors import FormatError
from datasets.storage.folders import Folder


class Unlabelled:
    """Images of galaxies that belong to none of a dataset's classes, numbered from 0 in a fixed order; read-only.

    There may be none. Raises FormatError where a file is missing or damaged, StorageError where it cannot be read.
    """

    def __init__(self, folder: Folder, info: DatasetInfo) -> None:
        known, self._shape = info.unlabelled, (*info.image_size, 3)
        self._shards: list[Shard] = []
        if known is not None:
            self._copy = copy_on_node(folder, known) if folder.local is None else None  # kept while this is
            place = folder if self._copy is None else self._copy.folder
            self._shards = [Shard(place, *each) for each in zip_longest(known.shards, known.checksums)]
        self._starts = np.cumsum([0, *map(len, self._shards)])
        expected = 0 if known is None else known.total
        if any(shard.image_shape != self._shape for shard in self._shards) or self._starts[-1] != expected:
            raise FormatError(
                f"'{folder.uri}' is damaged: expected {expected} unlabelled images of shape {self._shape}, found "
                f"{self._starts[-1]} of {', '.join(str(shard.image_shape) for shard in self._shards)}; import it again"
            )

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def ids(self) -> list[str]:
        """Name of each image in its source."""
        return [name for shard in self._shards for name in shard.ids]

    def take(self, rows: npt.ArrayLike) -> npt.NDArray[np.uint8]:
        """Copy some images, in the order asked for: uint8, (m, height, width, 3).

        Raises IndexError for a number that there is not.
        """
        wanted = np.asarray(rows, np.int64)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < len(self)):
            raise IndexError(f"numbers must be 0 to {len(self) - 1}, got {wanted.min()} to {wanted.max()}")
        images = np.empty((len(wanted), *self._shape), np.uint8)
        numbers = np.searchsorted(self._starts, wanted, side="right") - 1
        for number in np.unique(numbers):
            here = np.flatnonzero(numbers == number)
            images[here] = self._shards[number].images[wanted[here] - self._starts[number]]
        return images
