"""Class folders: a directory or archive with one folder a class, named for it, that holds the class's images.

The class folders may lie below wrapping folders, as archives often have them, and below or above folders for the
splits, in any usual spelling or as ``--split-folders`` says: those splits are kept. Whatever a class folder holds, at
any depth, is taken for an image of the class but tables and FITS files, which forms of their own list; hidden files and
what systems leave behind are passed over.
"""

from datasets.arrow.provenance import Omission
from datasets.errors import SourceError
from datasets.images.fits.names import is_fits
from datasets.sources.folders.class_files import ClassFiles, class_files
from datasets.sources.listing import Evidence, Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree
from datasets.wording import few

OVER = frozenset[str]()
OPTIONS = frozenset({"split_folders", "class_level"})


def recognise(tree: Tree, options: SourceOptions) -> Evidence | None:
    """See class folders that hold pictures."""
    try:
        found = class_files(tree, options)
    except SourceError:
        return None
    return evidence(found) if any(not is_fits(file.name) for file in found.files) else None


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List class folders.

    An item's id is its path below the folder that holds the class or split folders. Images outside of any class
    folder are left out; members of an archive whose names lead out of it, or occur twice, are rejected.

    Raises SourceError where there are no two class folders with files, or it may be several ways which they are.
    """
    found = class_files(tree, options)
    files = [file for file in found.files if not is_fits(file.name)]
    items = tuple(Item(file.name, file.label, tree.reader(found.root + file.name), file.split) for file in files)
    fits = len(found.files) - len(files)
    return listed(tree, found, items, left=[Omission("FITS files", fits, "--format fits takes them")] if fits else [])


def evidence(found: ClassFiles) -> Evidence:
    """Say which class folders were seen."""
    return Evidence(f"class folders {few(found.classes)}{f', below {found.splits}' if found.splits else ''}")


def listed(
    tree: Tree,
    found: ClassFiles,
    items: tuple[Item, ...],
    *,
    left: list[Omission],
    rejected: tuple[tuple[str, str], ...] = (),
) -> Listing:
    """Make the listing of class folders from their items, what was ``left`` out and what is ``rejected``."""
    unused = [
        Omission(table.name.removeprefix(f"{tree.path}/"), 0, "a table that is not used: --format table takes labels")
        for table in tree.tables
    ]
    return Listing(
        found.classes,
        items,
        (*tree.rejected, *rejected),
        (*found.omitted, *left, *unused),
        labels_from="the names of the folders",
        splits_from=f"the folders {found.splits}" if found.splits else "",
        notes=found.notes,
    )
