"""Which rows of a dataset show the same galaxy, and so must stay together in any division of them."""

import hashlib
import io
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from datasets.arrow.description import GROUPS, DatasetInfo
from datasets.arrow.shard_files import read_beside
from datasets.errors import FormatError, first_line
from datasets.storage.folders import Folder


def together(keyed: Iterable[tuple[Hashable, int]]) -> list[list[int]]:
    """Gather the row numbers of equal keys, where there are several; of the many single ones only a number is kept."""
    first: dict[Hashable, int] = {}
    gathered: dict[Hashable, list[int]] = {}
    for key, number in keyed:
        if key in first:
            gathered.setdefault(key, [first[key]]).append(number)
        else:
            first[key] = number
    return list(gathered.values())


def numbered(sets: Iterable[Sequence[int]], count: int) -> npt.NDArray[np.int64]:
    """Return a number for each of ``count`` rows, int64, equal for rows of one set, over any chain of sets."""
    pairs = [(members[0], member) for members in sets for member in members]
    if not pairs:
        return np.arange(count)
    from scipy.sparse import coo_array  # takes long to import
    from scipy.sparse.csgraph import connected_components

    ends = np.array(pairs, np.int64).reshape(-1, 2).T
    links = coo_array((np.ones(len(pairs)), ends), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def pack_groups(numbers: npt.NDArray[np.int64]) -> tuple[int, bytes]:
    """Return how many rows share their number, int64 (n,), with another, and what a dataset keeps of them."""
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(counts[places] > 1)
    stream = io.BytesIO()
    np.save(stream, np.column_stack([shared, numbers[shared]]).astype(np.int64))
    return len(shared), stream.getvalue()


def unpack_groups(data: bytes, count: int) -> npt.NDArray[np.int64]:
    """Return the group of each of ``count`` rows, int64: the first row of it. Raises ValueError where it is damaged."""
    pairs = np.load(io.BytesIO(data), allow_pickle=False)
    if pairs.dtype != np.int64 or pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"int64 (m, 2) is needed, but got {pairs.dtype} {pairs.shape}")
    rows, groups = pairs.T
    if len(rows) and not (rows.min() >= 0 and rows.max() < count):
        raise ValueError(f"rows must be 0 to {count - 1}, got {rows.min()} to {rows.max()}")
    numbers = np.arange(count)
    _, first, places = np.unique(groups, return_index=True, return_inverse=True)
    numbers[rows] = rows[first][places]
    return numbers


def read_groups(folder: Folder, info: DatasetInfo) -> npt.NDArray[np.int64]:
    """Return the group of each row, int64 (n,), of a dataset that notes how many there are.

    Raises FormatError where its list of them is damaged, or StorageError.
    """
    if not info.grouped and GROUPS not in info.beside:
        return np.arange(info.total)
    try:
        return unpack_groups(read_beside(folder, GROUPS, info.beside), info.total)
    except (FileNotFoundError, ValueError, EOFError) as error:
        raise FormatError(
            f"'{folder.uri}' is damaged: expected the images that belong together in {GROUPS}, found "
            f"{first_line(error)}; import it again"
        ) from error


@dataclass(frozen=True)
class Groups:
    """Rows that must stay together.

    Attributes:
        numbers: int64, (n,): group of each row, counted from 0.
        labels: int64, (groups,): the class that most of a group's rows have; of several the first.
        sizes: int64, (groups,): number of its rows.
        order: int64, (groups,): the groups by the hash of the salt and the first of its rows' ids.
    """

    numbers: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]

    @classmethod
    def of(
        cls, labels: npt.NDArray[np.int64], ids: Sequence[str], groups: npt.NDArray[np.int64], salt: int | str
    ) -> Self:
        """Number the groups and find out what a draw needs of them."""
        _, numbers = np.unique(groups, return_inverse=True)
        sizes = np.bincount(numbers)
        pairs, times = np.unique(np.column_stack([numbers, labels]), axis=0, return_counts=True)
        commonest = pairs[np.lexsort((pairs[:, 1], -times, pairs[:, 0]))]
        _, first = np.unique(commonest[:, 0], return_index=True)
        digests = (hashlib.sha256(f"{salt}/{name}".encode()).digest() for name in ids)
        keys = np.array([int.from_bytes(digest[:8]) for digest in digests], np.uint64)
        lowest = np.full(len(sizes), np.iinfo(np.uint64).max, np.uint64)
        np.minimum.at(lowest, numbers, keys)
        return cls(numbers, commonest[first, 1], sizes, np.argsort(lowest, kind="stable"))
