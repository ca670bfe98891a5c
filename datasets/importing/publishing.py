"""How a complete dataset gets into its place, which must be free."""

import contextlib
from pathlib import Path

from datasets.arrow.description import COLUMNS, FILE, GROUPS, QUARANTINE
from datasets.arrow.shard_files import is_shard
from datasets.errors import SourceError, StorageError
from datasets.storage.folders import Folder


def check_free(folder: Folder) -> None:
    """Raise SourceError where a dataset cannot come to be, because something is there.

    What a killed `publish` has uploaded before the description does no harm.
    """
    remains = folder.local is None and all(
        name in {QUARANTINE, COLUMNS, GROUPS} or is_shard(name) for name in folder.names()
    )
    if folder.exists() and not remains:
        raise SourceError(f"'{folder.uri}' exists already: give a new place for the dataset, or remove it first")


def publish(place: Path, folder: Folder) -> None:
    """Put a complete dataset in its place. Raises OSError or StorageError where something has come to be there.

    On remote storage, two imports to one place at the same time are noticed only when the second ends. If their images
    differ, the checksums then show that the dataset is a mixture.
    """
    if folder.local is not None:
        place.rename(folder.local)
        return
    names = sorted(path.name for path in place.iterdir() if path.name != FILE)
    try:
        for name in names:
            folder.write_whole(name, (place / name).read_bytes())
        there = set(folder.names())
        for left in there - {*names, FILE}:  # by an import that was killed
            folder.delete(left)
        # The description makes a dataset of the files: it comes last.
        if not there.issuperset(names) or not folder.create(FILE, (place / FILE).read_bytes()):
            raise StorageError(f"cannot write '{folder.uri}': another import has written there meanwhile; try again")
    except BaseException:
        _withdraw(folder, names)
        raise


def _withdraw(folder: Folder, names: list[str]) -> None:
    """Remove what was uploaded, as far as the storage lets us, unless it has become a dataset."""
    with contextlib.suppress(StorageError):
        if not folder.exists(FILE):
            for name in names:
                folder.delete(name)
