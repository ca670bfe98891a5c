"""A dataset, read: labels and splits at once, pixels when they are asked for."""

from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.arrow.columns import read_columns
from datasets.arrow.description import FILE, DatasetInfo, Preprocessing, parse_document
from datasets.arrow.divisions import further_parts
from datasets.arrow.groups import read_groups
from datasets.arrow.node_cache import copy_on_node
from datasets.arrow.older_groups import older_groups
from datasets.arrow.shard_files import replaced
from datasets.arrow.shards import Shard, joined, request_numbers
from datasets.arrow.unlabelled import Unlabelled
from datasets.errors import FormatError
from datasets.splits import Split
from datasets.storage.folders import Folder, open_folder


class Dataset:
    """An imported set of labelled images, read-only. Rows are numbered from 0 in a fixed order.

    Open one with ``Dataset.open``. Opening reads labels and splits; pixels stay on the disk, are memory-mapped when
    they are first asked for, and are shared by all processes of a machine that read them. It pickles as its location
    and division, and may be used from any thread. A remote one is fetched to the machine's cache the first time
    (`node_cache`) and stays there while it is open.
    """

    def __init__(self, folder: Folder, info: DatasetInfo) -> None:
        self._folder = folder
        self.info = info
        self._copy = copy_on_node(folder, info) if folder.local is None and info.checksums else None
        place = folder if self._copy is None else self._copy.folder
        request_numbers(place, info.shards)
        self._shards = [Shard(place, *each) for each in zip_longest(info.shards, info.checksums)]
        self.labels = joined([shard.labels for shard in self._shards], np.int64)
        """int64, (n,): class of each row, an index into ``classes``."""
        self._own_splits = joined([shard.splits for shard in self._shards], np.int8)
        self._splits = self._own_splits
        self.division = 0
        """Number of the further validation part that is validated on, as in ``divided``; 0 for the dataset's own."""
        self._starts = np.cumsum([0, *(len(shard) for shard in self._shards)])
        if any(shard.image_shape != self.image_shape for shard in self._shards):
            raise FormatError(f"'{folder.uri}' is damaged: expected images of shape {self.image_shape}, found others")
        if self._starts[-1] != info.total:
            raise FormatError(
                f"'{folder.uri}' is damaged: expected {info.total} images as its {FILE} says, found {self._starts[-1]}"
            )
        _check_codes(folder, "labels", self.labels, range(len(info.classes)))
        _check_codes(folder, "splits", self._own_splits, range(-1, len(Split)))  # -1: of no split

    @classmethod
    def open(cls, location: str | Path | Folder) -> Self:
        """Open the dataset in a directory, by path or URI.

        Checksums are compared when a remote one is fetched, not at each opening: see ``verify_dataset``.

        Raises:
            FormatError: it is not a dataset, is damaged, or is of another version.
            StorageError: the location cannot be read, or the cache of a remote one has no room.
        """
        folder = open_folder(location)
        return cls(folder, read_info(folder))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return self.info.classes

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the dataset's content, in hexadecimal."""
        return self.info.fingerprint

    @property
    def preprocessing(self) -> Preprocessing:
        """What was done to the source images."""
        return self.info.preprocessing

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of every image."""
        return (*self.info.image_size, 3)

    @cached_property
    def ids(self) -> list[str]:
        """Name of each row: that of its image in the source, such as its path below the class folders."""
        return [name for shard in self._shards for name in shard.ids]

    @cached_property
    def id_hashes(self) -> npt.NDArray[np.uint64]:
        """Uint64, (n,): the first 64 bits of the SHA-256 of each of the ``ids``, for who is to know rows again.

        Datasets of one fingerprint have the same rows, but maybe in another order.
        """
        digests = (sha256(name.encode()).digest() for shard in self._shards for name in shard.ids)
        return np.array([int.from_bytes(digest[:8]) for digest in digests], np.uint64)

    def names(self, rows: npt.ArrayLike) -> list[str]:
        """Return the ``ids`` of some rows, in the order asked for: of a large dataset a few cost less than all.

        Raises IndexError for a row that the dataset does not have.
        """
        wanted = self._checked(rows)
        found = [""] * len(wanted)
        for shard, here, rows_there in self._by_shard(wanted):
            for place, name in zip(here.tolist(), shard.names(rows_there), strict=True):
                found[place] = name
        return found

    def columns(self) -> pa.Table | None:
        """Return what the source's table says of the images beside their classes: votes, magnitudes, redshifts.

        The column ``id`` has their ``ids``, in any order; not every image needs to have a row. None where there was no
        table. It is no part of the fingerprint. Raises FormatError where it is damaged, or StorageError.
        """
        return read_columns(self._folder, self.info)

    @cached_property
    def unlabelled(self) -> Unlabelled:
        """Galaxies of no class that were imported beside: in no split, and no part of the fingerprint.

        Those of a remote dataset are fetched the first time. Raises as ``open``, and FormatError where the dataset was
        imported anew since.
        """
        if self.info.unlabelled is not None and read_info(self._folder).unlabelled != self.info.unlabelled:
            raise replaced(self._folder)
        return Unlabelled(self._folder, self.info)

    @property
    def divisions(self) -> int:
        """How many further validation parts there are, ≥ 0: see ``divided``.

        As many of the size of the own one as the training rows hold, and each class of three or more galaxies that is
        in it is in each of them. 0 where the source gave the validation rows, which are then what is to be compared on.
        """
        return int(self._parts.max(initial=0))

    def divided(self, number: int) -> Self:
        """Return a view of this dataset that is validated on its ``number``-th further part, from 1.

        The parts have no row in common, nor with the own validation rows, are stratified, and the same for the same
        images wherever they lie. Images of one galaxy are in the same part. A view trains on all other rows that are
        not for tests, the own validation rows among them; all else it shares with the dataset. Numbers beyond
        ``divisions`` begin again at 1; 0, and any number where there are no divisions, is the dataset itself.

        Raises ValueError for a number below 0, and as ``columns`` where the images that belong together are not known.
        """
        if number < 0:
            raise ValueError(f"the number of a division must be ≥ 0, got {number}")
        number = (number - 1) % self.divisions + 1 if number and self.divisions else 0
        if number == self.division:
            return self
        view = object.__new__(type(self))  # a copy would open it again
        vars(view).update(vars(self))
        view.division = number
        if number:
            given, chosen = Split.VALIDATION.code, self._parts == number
            splits = np.where(chosen, given, np.where(self._own_splits == given, Split.TRAIN.code, self._own_splits))
            view._splits = joined([splits], np.int8)
        else:
            view._splits = self._own_splits
        return view

    @cached_property
    def _parts(self) -> npt.NDArray[np.int64]:
        """Further validation part of each row, int64 (n,), from 1; 0 for rows in none."""
        if not self._is_validation_drawn:
            return np.zeros(len(self), np.int64)
        groups = older_groups(self) if self.info.grouped is None else read_groups(self._folder, self.info)
        return further_parts(self.labels, self._own_splits, groups, self.ids)

    @property
    def _is_validation_drawn(self) -> bool:
        if self.info.validation_given is not None:
            return not self.info.validation_given
        # An older version noted no more than where splits are from, if any are; the oldest not even that.
        return self.info.provenance is not None and not self.info.provenance.splits_from

    def rows(self, split: Split | None) -> npt.NDArray[np.int64]:
        """Return the rows of a split, or with None all rows: int64, (m,), ascending."""
        chosen = self._splits >= 0 if split is None else self._splits == split.code
        return np.flatnonzero(chosen).astype(np.int64, copy=False)

    def take(self, rows: npt.ArrayLike) -> npt.NDArray[np.uint8]:
        """Copy the images of some rows, in the order asked for, repeats allowed: uint8, (m, height, width, 3).

        Raises IndexError for a row that the dataset does not have.
        """
        wanted = self._checked(rows)
        images = np.empty((len(wanted), *self.image_shape), np.uint8)
        for shard, here, rows_there in self._by_shard(wanted):
            images[here] = shard.images[rows_there]
        return images

    def _checked(self, rows: npt.ArrayLike) -> npt.NDArray[np.int64]:
        wanted = np.asarray(rows, dtype=np.int64)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < self.info.total):
            raise IndexError(f"rows must be 0 to {self.info.total - 1}, got {wanted.min()} to {wanted.max()}")
        return wanted

    def request(self, rows: npt.NDArray[np.int64]) -> None:
        """Have the system read from the disk what ``take`` will soon be asked for, and do not wait for it."""
        for shard, _, rows_there in self._by_shard(rows):
            shard.request(rows_there)

    def _by_shard(
        self, rows: npt.NDArray[np.int64]
    ) -> Iterator[tuple[Shard, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Yield the shards that hold some of the rows, the places of those in ``rows``, and their rows there."""
        numbers = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(numbers):
            here = np.flatnonzero(numbers == number)
            yield self._shards[number], here, rows[here] - self._starts[number]

    def __len__(self) -> int:
        return self.info.total

    def __repr__(self) -> str:
        return f"Dataset({self._folder.uri!r}, {self.info.total} images, {len(self.classes)} classes)"

    def __reduce__(self) -> tuple[Callable[[Folder, int], "Dataset"], tuple[Folder, int]]:
        return (type(self)._reopened, (self._folder, self.division))

    @classmethod
    def _reopened(cls, folder: Folder, division: int) -> Self:
        return cls.open(folder).divided(division)


def _check_codes(folder: Folder, name: str, codes: npt.NDArray[np.integer], known: range) -> None:
    """Refuse codes that stand for nothing: one below 0 would count from the end."""
    strange = codes[(codes < known.start) | (codes >= known.stop)]
    if len(strange):
        raise FormatError(
            f"'{folder.uri}' is damaged: expected {name} from {known.start} to {known.stop - 1}, found {strange[0]}; "
            "import it again"
        )


def read_info(location: str | Path | Folder) -> DatasetInfo:
    """Read only a dataset's description. Raises as ``Dataset.open``."""
    folder = open_folder(location)
    data = folder.read_or_say(FILE)
    if isinstance(data, str):
        advice = (
            "" if data == "nothing" else "; import it first, or, where it has no labels, let `galaxy classify` answer"
        )
        raise FormatError(
            f"'{folder.uri}' is not a dataset: expected a folder that `galaxy import` made, found {data}{advice}"
        )
    return parse_document(data, path=folder.uri)
