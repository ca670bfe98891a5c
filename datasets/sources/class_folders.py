"""Class folders: a directory or zip with one folder a class, named for it, that holds the class's images.

The class folders may lie below one wrapping folder, as zips often have it. Whatever a class folder holds, at any
depth, is taken for an image of the class; only hidden files and what systems leave behind are passed over.
"""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path, PurePosixPath

from datasets.archives import Archive, is_hidden, leaves_archive, read_file, walk
from datasets.classes import ordered
from datasets.errors import SourceError
from datasets.images import SUFFIXES
from datasets.sources.listing import Item, Listing

Entries = list[tuple[str, bool]]
"""(path relative to the source with ``/``, whether it is a folder)."""


def list_class_folders(source: Path) -> Listing:
    """List a directory or zip of class folders.

    An item's id is its path below the folder that holds the class folders. Images outside of any class folder are
    counted as left out; members of a zip whose names lead out of it, or occur twice, are rejected.

    Raises:
        SourceError: there are no two class folders with files, or the source cannot be read.
    """
    try:
        if source.is_dir():
            return _listing(source, list(walk(source)), lambda name: read_file(source / name))
        if source.is_file():
            return _list_zip(source)
    except OSError as error:
        raise _refusal(source, f"something that cannot be read ({error.strerror or error})") from error
    raise _refusal(source, "nothing at that path")


def _list_zip(source: Path) -> Listing:
    try:
        archive = Archive(source)
    except zipfile.BadZipFile as error:
        raise _refusal(source, f"a file that is not a zip, or a damaged one ({error})") from error
    times = Counter(name for name, is_folder in archive.members if not is_folder)
    rejected = [(name, "path leaves the archive") for name in times if leaves_archive(name)]
    rejected += [(name, "more than one member of this name") for name, n in times.items() if n > 1]
    harmful = {name for name, _ in rejected}
    entries = [
        (name.rstrip("/"), folder)
        for name, folder in archive.members
        if name not in harmful and not leaves_archive(name)
    ]
    visible = [entry for entry in entries if not is_hidden(entry[0])]
    return _listing(source, visible, archive.read, rejected)


def _listing(
    source: Path, entries: Entries, read: Callable[[str], bytes], rejected: Iterable[tuple[str, str]] = ()
) -> Listing:
    if not entries:
        raise _refusal(source, "nothing in it")
    root, names = _below_root(entries)
    classes = ordered({name.split("/")[0] for name, is_folder in names if is_folder or "/" in name})
    files = [name for name, is_folder in names if not is_folder]
    loose = [name for name in files if "/" not in name and _is_image(name)]
    labels = {name: label for label, name in enumerate(classes)}
    labelled = sorted((labels[name.split("/")[0]], name) for name in files if "/" in name)
    if not labelled:
        raise _refusal(source, f"{len(loose)} images outside of any folder" if loose else "no file in any folder")
    if len(classes) < 2:
        raise _refusal(source, f"only the class '{classes[0]}', and two are needed to tell apart")
    items = (Item(name, label, partial(read, root + name)) for label, name in labelled)
    return Listing(classes, tuple(items), tuple(rejected), len(loose))


def _below_root(entries: Entries) -> tuple[str, Entries]:
    """Find the folder that holds the class folders: return its path with a ``/`` behind, and what is below it.

    While there is but one folder and only folders in it, it is a wrapping one.
    """
    root, names = "", entries
    while True:
        tops = {name.split("/")[0] for name, is_folder in names if is_folder or "/" in name}
        if len(tops) != 1:
            return root, names
        prefix = f"{next(iter(tops))}/"
        below = [(name.removeprefix(prefix), folder) for name, folder in names if name.startswith(prefix)]
        if not any(folder or "/" in name for name, folder in below) or _has_images(below):
            return root, names
        root, names = root + prefix, below


def _has_images(entries: Entries) -> bool:
    """Say whether an image lies directly in the folder that the entries are relative to."""
    return any(not folder and "/" not in name and _is_image(name) for name, folder in entries)


def _is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def _refusal(source: Path, found: str) -> SourceError:
    return SourceError(
        f"'{source}' cannot be imported: expected a folder or zip with a folder of images for each class, found {found}"
    )
