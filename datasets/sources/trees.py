"""The files of a source, whether it is a folder or a zip."""

import contextlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from datasets.errors import SourceError
from datasets.images.preparing import SUFFIXES
from datasets.images.reading import is_hidden, read_below, walk
from datasets.images.zips import Archive, leaves_archive
from datasets.tables.reading import Table, is_table

Entries = list[tuple[str, bool]]
"""(path relative to the source with ``/``, whether it is a folder)."""
Read = Callable[[], bytes]
_opened: ContextVar["dict[Path, Tree] | None"] = ContextVar("opened", default=None)


@dataclass(frozen=True)
class Tree:
    """A folder or a zip, listed.

    Attributes:
        path: where it is.
        entries: what is in it, without what is hidden or harmful.
        read: returns a file whole, or raises ImageError with the reason; may be called from any thread, and pickles.
        reader: returns what reads a file likewise, sooner where there are many to read in other processes.
        open: opens a file, of any size, to be read as a stream; may raise OSError or zipfile.BadZipFile.
        rejected: (file, reason) of the members of a zip that must not be read.
    """

    path: Path
    entries: Entries
    read: Callable[[str], bytes] = field(repr=False)
    reader: Callable[[str], Read] = field(repr=False)
    open: Callable[[str], IO[bytes]] = field(repr=False)
    rejected: tuple[tuple[str, str], ...] = ()

    @property
    def files(self) -> list[str]:
        """Names of the files, sorted."""
        return sorted(name for name, is_folder in self.entries if not is_folder)


def refusal(source: Path, expected: str, found: str) -> SourceError:
    """Make the error that says why a source cannot be imported."""
    return SourceError(f"'{source}' cannot be imported: expected {expected}, found {found}")


@contextmanager
def opened_once() -> Iterator[None]:
    """Meanwhile, ``open_tree`` lists a source once, however often it is asked: a large zip takes long."""
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
            read = partial(read_below, source)
            return Tree(source, list(walk(source)), read, partial(partial, read), partial(_open, source))
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
    found = []
    for name in tree.files:
        if name.lower().endswith(".zip"):
            with contextlib.suppress(OSError, zipfile.BadZipFile):
                found.append(_zip_tree(tree.path / name))
    return found


def images_by_stem(tree: Tree) -> tuple[dict[str, tuple[str, Read]], list[tuple[str, str]]]:
    """Find each image of a tree, also in the zips that lie in it, by its name without folders and suffix.

    Returns (path, how to read it) by stem, and (file, reason) of what must not or cannot be told apart.
    """
    found: dict[str, tuple[str, Read]] = {}
    rejected = list(tree.rejected)
    for name, read in _images(tree, rejected):
        stem = PurePosixPath(name).stem
        if stem in found:
            rejected.append((name, f"has the same name as {found[stem][0]}"))
        else:
            found[stem] = (name, read)
    return found, rejected


def tables_in(tree: Tree) -> Iterator[tuple[Tree, Table]]:
    """Yield the tables in the first two levels of a folder or zip, and in the zips that lie in a folder.

    Deeper ones are not what a source is about. Each comes with the folder or zip that it lies in.
    """
    for part in (tree, *inner_trees(tree)):
        names = [name for name in part.files if is_table(name) and name.count("/") <= 1]
        yield from ((part, Table(f"{part.path}/{name}", partial(part.open, name))) for name in names)


def _images(tree: Tree, rejected: list[tuple[str, str]]) -> Iterator[tuple[str, Read]]:
    yield from ((name, tree.reader(name)) for name in tree.files if is_image(name))
    for inner in inner_trees(tree):
        place = inner.path.relative_to(tree.path).as_posix()
        rejected += [(f"{place}/{member}", reason) for member, reason in inner.rejected]
        members = (member for member in inner.files if is_image(member))
        yield from ((f"{place}/{member}", inner.reader(member)) for member in members)


def _zip_tree(source: Path) -> Tree:
    archive = Archive(source)
    leaving = {name for name, _ in archive.members if leaves_archive(name)}
    times = Counter(name for name, is_folder in archive.members if not is_folder)
    rejected = [(name, "path leaves the archive") for name in times if name in leaving]
    rejected += [(name, "more than one member of this name") for name, n in times.items() if n > 1]
    harmful = leaving.union(name for name, _ in rejected)
    entries = [(name.rstrip("/"), is_folder) for name, is_folder in archive.members if name not in harmful]
    visible = [entry for entry in entries if not is_hidden(entry[0])]
    return Tree(source, visible, archive.read, archive.reader, archive.open, tuple(rejected))


def _open(folder: Path, name: str) -> IO[bytes]:
    return (folder / name).open("rb")
