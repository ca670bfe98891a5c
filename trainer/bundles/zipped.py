"""A bundle as one zip, to be taken elsewhere: unpacked it is a bundle again."""

import shutil
import zipfile
from typing import IO

from datasets import Folder
from trainer.bundles.manifest import CARD, FILE, parse_manifest

_LOCAL, _CENTRAL, _END = 30, 46, 22
"""Bytes of a zip's records: before each file, for each in its index, and at its end (APPNOTE 6.3.10, section 4.3)."""
_DATE = (1980, 1, 1, 0, 0, 0)


def zipped_size(folder: Folder, name: str) -> int:
    """Return the bytes of the zip that `write_zip` makes; no model is read for it. Raises as that."""
    members = _members(folder, folder.read(FILE))
    names = sum(2 * len(f"{name}/{member}".encode()) for member in members)
    return sum(members.values()) + len(members) * (_LOCAL + _CENTRAL) + names + _END


def write_zip(folder: Folder, target: IO[bytes], name: str) -> None:
    """Write a bundle's files into a zip, in a folder called ``name``, one after another and as they are.

    Models are zips already. Nothing but what the manifest names is in it, and the card.

    Raises:
        BundleError: The folder holds no bundle of this version.
        StorageError: A file cannot be read.
        FileNotFoundError: It has gone: the bundle was replaced twice meanwhile.
    """
    document = folder.read(FILE)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for member, size in _members(folder, document).items():
            entry = zipfile.ZipInfo(f"{name}/{member}", _DATE)
            entry.file_size = size
            with archive.open(entry, "w") as to:
                if member == FILE:
                    to.write(document)
                elif folder.local is None:
                    to.write(folder.read(member))
                else:
                    with (folder.local / member).open("rb") as source:
                        shutil.copyfileobj(source, to)


def _members(folder: Folder, document: bytes) -> dict[str, int]:
    """Return the name of each file that a `bundle.json` names, and of itself, and its number of bytes."""
    sizes = {FILE: len(document)}
    sizes |= {name: folder.size(name) for name in parse_manifest(document, folder.uri).named_files}
    return sizes | ({CARD: folder.size(CARD)} if folder.exists(CARD) else {})
