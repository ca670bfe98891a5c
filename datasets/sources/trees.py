"""The files of a source, whether it is a folder or a zip."""

import contextlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from datasets.classes import ordered
from datasets.errors import SourceError
from datasets.images.preparing import SUFFIXES
from datasets.images.reading import Directory, is_hidden
from datasets.images.zips import Archive, leaves_archive
from datasets.tables.kinds import is_table
from datasets.tables.reading import Table

Entries = list[tuple[str, bool]]
"""(path relative to the source with ``/``, whether it is a folder)."""
Read = Callable[[], bytes]
_opened: ContextVar["dict[Path, Tree] | None"] = ContextVar("opened", default=None)


@dataclass(frozen=True)
class Tree:
    """A folder or a zip, listed: what reads its files, and its entries, without what is hidden or harmful.

    ``rejected`` is (file, reason) of the members of a zip that must not be read.
    """

    contents: Directory | Archive
    entries: Entries
    rejected: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.contents.path

    @property
    def files(self) -> list[str]:
        """Names of the files, sorted."""
        return sorted(name for name, is_folder in self.entries if not is_folder)


def refusal(source: Path, expected: str, actual: str) -> SourceError:
    """Make the error that says why a source cannot be imported."""
    return SourceError(f"'{source}' cannot be imported: expected {expected}, found {actual}")


def two_classes(source: Path, expected: str, names: set[str]) -> tuple[str, ...]:
    """Order the classes that a source has images of. Raises SourceError where they are less than two."""
    if len(names) < 2:
        raise refusal(source, expected, f"images of {len(names)} classes, and two are needed to tell apart")
    return ordered(names)


@contextmanager
def opened_once() -> Iterator[None]:
    """List a source only once in the block, however often ``open_tree`` is called: a large zip takes long."""
    token = _opened.set({})
    try:
        yield
    finally:
        _opened.reset(token)


def open_tree(source: Path, *, expected: str) -> Tree:
    """List a directory or zip. Raises SourceError, saying what is ``expected``, where that is impossible."""
    opened = _opened.get()
    if opened is None:
        return _listed(source, expected)
    if source not in opened:
        opened[source] = _listed(source, expected)
    return opened[source]


def _listed(source: Path, expected: str) -> Tree:
    try:
        if source.is_dir():
            directory = Directory(source)
            return Tree(directory, list(directory.members))
        if source.is_file():
            return _zip_tree(source)
    except OSError as error:
        raise refusal(source, expected, f"something that cannot be read ({error.strerror or error})") from error
    except zipfile.BadZipFile as error:
        raise refusal(source, expected, f"a file that is not a zip, or a damaged one ({error})") from error
    raise refusal(source, expected, "nothing at that path")


def is_image(name: str) -> bool:
    """Say whether a file's name has the suffix of an image."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def inner_trees(tree: Tree) -> list[Tree]:
    """List the zips that lie in a folder, as downloads often come. One that cannot be read holds nothing."""
    if not tree.path.is_dir():
        return []
    zips = []
    for name in tree.files:
        if name.lower().endswith(".zip"):
            with contextlib.suppress(OSError, zipfile.BadZipFile):
                zips.append(_zip_tree(tree.path / name))
    return zips


def images_by_stem(tree: Tree) -> tuple[dict[str, tuple[str, Read]], list[tuple[str, str]]]:
    """Find each image of a tree, also in the zips that lie in it, by its name without folders and suffix.

    Returns (path, how to read it) by stem, and (file, reason) of what must not or cannot be told apart.
    """
    images: dict[str, tuple[str, Read]] = {}
    rejected: list[tuple[str, str]] = []
    for part in (tree, *inner_trees(tree)):
        place = "" if part is tree else f"{part.path.relative_to(tree.path).as_posix()}/"
        rejected += [(f"{place}{name}", reason) for name, reason in part.rejected]
        for name in filter(is_image, part.files):
            stem = PurePosixPath(name).stem
            if stem in images:
                rejected.append((f"{place}{name}", f"has the same name as {images[stem][0]}"))
            else:
                images[stem] = (f"{place}{name}", part.contents.reader(name))
    return images, rejected


def tables_in(tree: Tree) -> Iterator[tuple[Tree, Table]]:
    """Yield the tables in the first two levels of a folder or zip, and in the zips that lie in a folder.

    Deeper ones are not what a source is about. Each comes with the folder or zip that it lies in.
    """
    for part in (tree, *inner_trees(tree)):
        names = [name for name in part.files if is_table(name) and name.count("/") <= 1]
        yield from ((part, Table(f"{part.path}/{name}", partial(part.contents.open, name))) for name in names)


def find_table(tree: Tree, *columns: str, expected: str) -> tuple[Tree, Table]:
    """Find the table that has some columns in a source, and the folder or zip that it lies in.

    Raises SourceError if none has them, or the first damaged one's.
    """
    damaged: list[SourceError] = []
    for home, table in tables_in(tree):
        try:
            header = table.header()
        except SourceError as error:
            damaged.append(error)
            continue
        if set(columns) <= {column.strip().casefold() for column in header}:
            return home, table
    if damaged:
        raise damaged[0]
    raise refusal(tree.path, expected, f"no table with the column '{columns[0]}'")


def _zip_tree(source: Path) -> Tree:
    archive = Archive(source)
    leaving = {name for name, _ in archive.members if leaves_archive(name)}
    times = Counter(name for name, is_folder in archive.members if not is_folder)
    rejected = [(name, "path leaves the archive") for name in times if name in leaving]
    rejected += [(name, "more than one member of this name") for name, n in times.items() if n > 1]
    harmful = leaving.union(name for name, _ in rejected)
    entries = [(name.rstrip("/"), is_folder) for name, is_folder in archive.members if name not in harmful]
    visible = [entry for entry in entries if not is_hidden(entry[0])]
    return Tree(archive, visible, tuple(rejected))
