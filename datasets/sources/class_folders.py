"""Class folders: a directory or zip with one folder a class, named for it, that holds the class's images.

The class folders may lie below one wrapping folder, as zips often have it, and below folders for the splits
(``train``, ``validation``, ``test`` in any usual spelling): those splits are kept. Whatever a class folder holds, at
any depth, is taken for an image of the class; only hidden files and what systems leave behind are passed over.
"""

from dataclasses import dataclass
from pathlib import Path

from datasets.classes import ordered
from datasets.sources.listing import Item, Listing
from datasets.sources.trees import Entries, Tree, is_image, open_tree, refusal
from datasets.splits import Split, split_named

EXPECTED = "a folder or zip with a folder of images for each class"


@dataclass(frozen=True)
class ClassFile:
    """A file in a class folder: its path below ``ClassFiles.root``, its class and the split that it is put in."""

    name: str
    label: int
    split: Split | None


@dataclass(frozen=True)
class ClassFiles:
    """The files in class folders, sorted by class and name; ``loose`` is the number of images outside of any.

    ``root`` is the path in ``tree`` of the folder that holds class or split folders, with a ``/`` behind; or empty.
    """

    tree: Tree
    root: str
    classes: tuple[str, ...]
    files: tuple[ClassFile, ...]
    loose: int


def list_class_folders(source: Path) -> Listing:
    """List a directory or zip of class folders.

    An item's id is its path below the folder that holds the class or split folders. Images outside of any class
    folder are counted as left out; members of a zip whose names lead out of it, or occur twice, are rejected.

    Raises SourceError where there are no two class folders with files, or the source cannot be read.
    """
    folders = class_files(source, expected=EXPECTED)
    reader = folders.tree.contents.reader
    items = (Item(file.name, file.label, reader(folders.root + file.name), file.split) for file in folders.files)
    return Listing(folders.classes, tuple(items), folders.tree.rejected, folders.loose)


def class_files(source: Path, *, expected: str) -> ClassFiles:
    """Find the files in class folders. Raises SourceError, saying what is ``expected``, where there are none."""
    tree = open_tree(source, expected=expected)
    if not tree.entries:
        raise refusal(source, expected, "nothing in it")
    root, names = _below_root(tree.entries)
    splits = _split_folders(names)
    depth = 1 if splits else 0
    places = [(name.split("/"), name, is_folder) for name, is_folder in names]
    folders = {parts[depth] for parts, _, is_folder in places if len(parts) > depth + (not is_folder)}
    classes = ordered(folders)
    loose = sum(not folder and len(parts) <= depth + 1 and is_image(name) for parts, name, folder in places)
    labels = {name: label for label, name in enumerate(classes)}
    files = [
        ClassFile(name, labels[parts[depth]], splits.get(parts[0]))
        for parts, name, is_folder in places
        if not is_folder and len(parts) > depth + 1
    ]
    if not files:
        raise refusal(source, expected, f"{loose} images outside of any folder" if loose else "no file in any folder")
    if len(classes) < 2:
        raise refusal(source, expected, f"only the class '{classes[0]}', and two are needed to tell apart")
    return ClassFiles(tree, root, classes, tuple(sorted(files, key=lambda file: (file.label, file.name))), loose)


def _split_folders(names: Entries) -> dict[str, Split]:
    """Map the top folders to splits, if they are folders of splits: all named so, with folders in each."""
    tops = {name.split("/")[0] for name, is_folder in names if is_folder or "/" in name}
    named = {top: split for top in tops if (split := split_named(top)) is not None}
    holding = {name.split("/")[0] for name, is_folder in names if name.count("/") >= (1 if is_folder else 2)}
    return named if tops == named.keys() == holding else {}


def _below_root(entries: Entries) -> tuple[str, Entries]:
    """Find the folder that holds the class or split folders: return its path with a ``/`` behind, and what is below.

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
    return any(not folder and "/" not in name and is_image(name) for name, folder in entries)
