"""Whether a dataset still is what was imported: its checksums, byte by byte, and its fingerprint.

Two datasets of one fingerprint hold the same, however they are cut into files and wherever they lie.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from datasets.arrow.dataset import Dataset, read_info
from datasets.arrow.description import FILE, QUARANTINE, DatasetInfo, Preprocessing
from datasets.arrow.groups import read_groups
from datasets.arrow.node_cache import copy_on_node
from datasets.arrow.shard_files import damaged, damaged_where_unreadable
from datasets.errors import FormatError
from datasets.images.decoded import pixel_hash
from datasets.splits import Split
from datasets.storage.checksums import Checksum, checksum_of
from datasets.storage.folders import Folder, open_folder, storage_errors

RowKey = tuple[str, int, str, str]
"""(id, label, split, pixel hash in hexadecimal)."""


def fingerprint(classes: Sequence[str], preprocessing: Preprocessing, rows: Iterable[RowKey]) -> str:
    """SHA-256 over classes, preprocessing and the sorted rows, in hexadecimal. Neither sharding nor order matter."""
    later = ("stretch", "value_range")  # datasets from before there were these keep theirs
    known = {key: value for key, value in asdict(preprocessing).items() if key not in later or value is not None}
    digest = hashlib.sha256(_line([list(classes), known]))
    for row in sorted(rows):
        digest.update(_line(row))
    return digest.hexdigest()


def content_fingerprint(dataset: Dataset) -> str:
    """Compute the fingerprint again from all that a dataset holds; a damaged dataset has another than its own."""
    splits = np.empty(len(dataset), object)
    for split in Split:
        splits[dataset.rows(split)] = split.value
    rows = (
        (name, int(label), split, pixel_hash(dataset.take([row])[0]))
        for row, (name, label, split) in enumerate(zip(dataset.ids, dataset.labels, splits, strict=True))
    )
    return fingerprint(dataset.classes, dataset.preprocessing, rows)


def verify_dataset(location: str | Path) -> DatasetInfo:
    """Read a whole dataset where it lies, and this node's copy if it is remote, and return its description.

    A dataset of an older version, which noted no checksums, is verified by its fingerprint alone, and its files that
    are ``DatasetInfo.unchecked`` by no more than that they can be read.

    Raises:
        FormatError: it is damaged; names the damaged file with the expected and the actual checksum, or what its
            description counts otherwise.
        StorageError: it cannot be read.
    """
    folder = open_folder(location)
    info = read_info(folder)
    for name, expected in _files(info):
        with damaged_where_unreadable(folder, name):
            actual = _checksum(folder, name)
        if actual != expected:
            raise damaged(folder, name, expected, actual)
    if folder.local is None:
        for files in info.parts:
            if files.checksums:
                copy_on_node(folder, files, recheck=True)
    dataset = Dataset.open(folder)
    content = content_fingerprint(dataset)
    if content != info.fingerprint:
        raise FormatError(
            f"'{folder.uri}' is damaged: expected the fingerprint {info.fingerprint}, found {content}; import it again"
        )
    for what, stated, counted in _counts(folder, dataset):
        if stated != counted:
            raise FormatError(
                f"'{folder.uri}' is damaged: expected {what} in its {FILE} to be {counted}, found {stated}; "
                "import it again"
            )
    return info


def _counts(folder: Folder, dataset: Dataset) -> Iterator[tuple[str, object, object]]:
    """Yield what a description counts: what it is, as it is stated, and as the files have it. Raises FormatError."""
    info = dataset.info
    of_split = {
        split.value: np.bincount(dataset.labels[dataset.rows(split)], minlength=len(info.classes)).tolist()
        for split in Split
    }
    counted = {split: dict(zip(info.classes, counts, strict=True)) for split, counts in of_split.items()}
    yield "the images by split and class", {split: dict(counts) for split, counts in info.counts.items()}, counted
    columns = dataset.columns()
    if columns is not None:
        yield "the columns", info.columns, tuple(columns.column_names[1:])
    if info.grouped is not None:
        _, sizes = np.unique(read_groups(folder, info), return_counts=True)
        yield "the images of galaxies of several", info.grouped, int(sizes[sizes > 1].sum())
    if QUARANTINE in info.beside:
        rows = csv.reader(io.StringIO(folder.read(QUARANTINE).decode("utf-8", "replace"), newline=""))
        yield "the files that could not be used", info.quarantined, len(list(rows)) - 1


def locate_dataset(location: str | Path) -> DatasetInfo:
    """Return a dataset's description, where all files that it is used by are in their place; none of them is read.

    Raises FormatError for a file that is missing or of another size, StorageError for what cannot be reached.
    """
    folder = open_folder(location)
    info = read_info(folder)
    wanted = {*(name for files in info.parts for name in files.shards), *info.beside} - {QUARANTINE}
    missing = sorted(wanted - {*folder.names()})
    if missing:
        raise FormatError(f"'{folder.uri}' is damaged: expected the file {missing[0]}, found none; import it again")
    if folder.local is not None:
        for name, expected in ((name, expected) for name, expected in _files(info) if name in wanted):
            with storage_errors("look up", folder.local / name):
                size = (folder.local / name).stat().st_size
            if size != expected.size:
                raise FormatError(
                    f"'{folder.uri}' is damaged: expected {name} with {expected.size:,} bytes, found {size:,}; "
                    "import it again"
                )
    return info


def _files(info: DatasetInfo) -> Iterator[tuple[str, Checksum]]:
    """Yield the files whose checksums are known."""
    for files in info.parts:
        yield from zip(files.shards, files.checksums, strict=False)
    yield from info.beside.items()


def _checksum(folder: Folder, name: str) -> Checksum:
    if folder.local is None:
        return checksum_of(folder.read(name))
    with storage_errors("read", folder.local / name):
        return checksum_of(folder.local / name)


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"
