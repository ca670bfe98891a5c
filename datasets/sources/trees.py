"""A source, opened and listed once: a folder, an archive or a single file; archives in it are as folders."""

import posixpath
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import IO

from datasets.arrow.description import FILE, FORMAT
from datasets.arrow.provenance import Omission
from datasets.classes import ordered
from datasets.errors import SourceError, first_line
from datasets.images.archives import (
    DEEPEST,
    UNREADABLE,
    Contents,
    archive_stem,
    is_archive,
    local_file,
    open_archive,
)
from datasets.images.preparing import SUFFIXES
from datasets.images.reading import Directory, is_hidden
from datasets.images.scratch import Scratch
from datasets.images.zips import Archive, leaves_archive
from datasets.tables.kinds import is_table, may_be_table
from datasets.tables.reading import Table
from datasets.wording import few

Entries = tuple[tuple[str, bool], ...]
"""(path relative to the source with ``/``, whether it is a folder)."""
EXPECTED = "a folder, archive, table or file of labelled images"
_FEW = 20


@dataclass(frozen=True)
class Homes:
    """The folder of a source and the archives in it, by their places with a ``/`` behind: what reads its files.

    It pickles, and files are then read in other processes.
    """

    by_place: Mapping[str, Contents]

    def find(self, name: str) -> tuple[Contents, str]:
        """Return the folder or archive that a file lies in, and its name there."""
        place = len(name)
        while (place := name.rfind("/", 0, place)) >= 0:
            if (contents := self.by_place.get(name[: place + 1])) is not None:
                return contents, name[place + 1 :]
        return self.by_place[""], name

    def read(self, name: str) -> bytes:
        """Return a file whole. Raises ImageError with the reason where that is impossible or dangerous."""
        contents, inner = self.find(name)
        return contents.read(inner)

    def open(self, name: str) -> IO[bytes]:
        """Open a file to be read as a stream, whatever its size."""
        contents, inner = self.find(name)
        return contents.open(inner)

    def size(self, name: str) -> int:
        """Return the number of bytes of a file."""
        contents, inner = self.find(name)
        return contents.size(inner)


@dataclass(frozen=True, eq=False)
class Tree:
    """A source's files.

    Attributes:
        path: what the user gave.
        is_file: whether it is a single file, and no archive: it is then the only one.
        entries: what is in it, without what is hidden or harmful. An archive in it is a folder of its own name.
        rejected: (file, reason) of members of archives that must not be read.
        omitted: what is in it and not in the entries.
        damaged: (archive, reason) of archives in it that cannot be read.
        contents: reads its files.
        findings: what was found in it, by what was looked for: forms look for the same, and large trees take long.
        scratch: has what is unpacked of it, as long as this is.
    """

    path: Path
    is_file: bool
    entries: Entries
    rejected: tuple[tuple[str, str], ...] = ()
    omitted: tuple[Omission, ...] = ()
    damaged: tuple[tuple[str, str], ...] = ()
    contents: Homes = field(default_factory=lambda: Homes({}), repr=False)
    scratch: Scratch = field(default_factory=Scratch, repr=False)
    findings: dict[object, object] = field(default_factory=dict, repr=False)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Names of the files, sorted."""
        return tuple(sorted(name for name, is_folder in self.entries if not is_folder))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables in the first two levels below the folder that all images and tables lie in, archives not counted.

        Deeper ones are not what a source is about.
        """
        ends = [next(filter(_is_content, names), "") for names in (self.files, reversed(self.files))]
        wrapping = self._depth(posixpath.commonprefix(ends))
        names = [name for name in self.files if self._depth(name) <= 1 + wrapping]
        sure = [name for name in names if is_table(name)]
        unsure = [name for name in names if may_be_table(name)]
        # Many are cutouts in FITS, or notes to images, and each would have to be opened.
        told = unsure if len(unsure) <= _FEW else ()
        return tuple(
            map(self.table, sorted([*sure, *(name for name in told if is_table(name, partial(self.head, name)))]))
        )

    def reader(self, name: str) -> Callable[[], bytes]:
        """Return what reads a file whole, which pickles; it raises ImageError with the reason where that cannot be."""
        contents, inner = self.contents.find(name)
        return contents.reader(inner)

    def head(self, name: str, size: int = 16) -> bytes:
        """Return the first bytes of a file; none where it cannot be read."""
        try:
            with self.contents.open(name) as stream:
                return stream.read(size)
        except UNREADABLE:
            return b""

    def table(self, name: str) -> Table:
        """Return the table in a file."""
        return Table(
            f"{self.path if self.is_file else f'{self.path}/{name}'}", partial(self.contents.open, name)
        )  # not of this: no cycle

    def local(self, name: str) -> Path:
        """Return a local file with a file's content, which is there as long as this is.

        Raises SourceError where it must be unpacked and there is no room for it.
        """
        contents, inner = self.contents.find(name)
        return local_file(contents, inner, self.scratch, name)

    def beside(self) -> "Tree":
        """List the folder that a single file lies in; what is unpacked of it is there as long as this is."""
        return open_source(self.path.parent, self.scratch)

    def _depth(self, name: str) -> int:
        parts = name.split("/")[:-1]
        return sum("/".join(parts[: level + 1]) + "/" not in self.contents.by_place for level in range(len(parts)))


def refusal(source: Path, expected: str, actual: str) -> SourceError:
    """Make the error that says why a source cannot be imported."""
    return SourceError(f"'{source}' cannot be imported: expected {expected}, found {actual}")


def two_classes(source: Path, expected: str, names: set[str]) -> tuple[str, ...]:
    """Order the classes that a source has images of. Raises SourceError where they are less than two."""
    if len(names) < 2:
        raise refusal(source, expected, f"images of {len(names)} classes, and two are needed to tell apart")
    return ordered(names)


def open_source(path: Path, scratch: Scratch | None = None) -> Tree:
    """Open and list a source; ``scratch`` is for what must be unpacked, and is its own otherwise.

    Raises SourceError where there is none, or it cannot be read.
    """
    scratch = scratch or Scratch()
    try:
        if path.is_dir():
            return _listed(path, Directory(path), scratch)
        if path.is_file():
            archive = open_archive(path)
            if archive is not None:
                return _listed(path, archive, scratch)
            path.open("rb").close()
            return Tree(path, True, ((path.name, False),), contents=Homes({"": Directory(path.parent)}))
    except OSError as error:
        raise refusal(path, EXPECTED, f"something that cannot be read ({error.strerror or error})") from error
    except zipfile.BadZipFile as error:
        found = f"a file that is not a zip, a part of one, or a damaged one ({error}): get it again"
        raise refusal(path, EXPECTED, found) from error
    except UNREADABLE as error:  # names marked as UTF-8 that are none, a version that is not known, a tar cut off
        found = f"an archive that cannot be listed here ({first_line(error)}): unpack it, and give its folder"
        raise refusal(path, EXPECTED, found) from error
    raise refusal(path, EXPECTED, "nothing at that path")


def described(tree: Tree) -> str:
    """Say what is in a tree: its first folders, and how many files of each suffix."""
    folders = sorted({name.split("/")[0] for name, is_folder in tree.entries if is_folder or "/" in name})
    suffixes = Counter(suffix_of(name) or "without a suffix" for name in tree.files)
    kinds = [f"{count:,} {suffix}" for suffix, count in suffixes.most_common()]
    parts = [f"the folders {few(folders)}"] if folders else []
    return "; ".join([*parts, f"files: {few(kinds, most=5)}"]) if tree.entries else "nothing in it"


def is_image(name: str) -> bool:
    """Say whether a file's name has the suffix of an image."""
    return suffix_of(name) in SUFFIXES


def suffix_of(name: str) -> str:
    """Return the suffix of a file's name in small letters, with its dot; empty where it has none."""
    stem, dot, suffix = name.rpartition(".")  # a path object takes ten times as long, and there may be a million
    return f"{dot}{suffix.lower()}" if stem and stem[-1] != "/" and "/" not in suffix else ""


def _is_content(name: str) -> bool:
    return is_image(name) or is_table(name)


def _listed(path: Path, root: Contents, scratch: Scratch) -> Tree:
    homes = {"": root}
    entries: list[tuple[str, bool]] = []
    rejected: list[tuple[str, str]] = []
    damaged: list[tuple[str, str]] = []
    omitted: list[Omission] = []
    pending = [("", root, 0)]
    while pending:
        prefix, contents, depth = pending.pop(0)
        found, refused = _members(contents)
        rejected += [(prefix + name, reason) for name, reason in refused]
        folders = {name for name, is_folder in found if is_folder} | {name.rpartition("/")[0] for name, _ in found}
        for name, is_folder in found:
            whole = prefix + name
            if is_folder or not is_archive(name) or depth == DEEPEST:
                entries.append((whole, is_folder))
            elif archive_stem(name) in folders:
                omitted.append(Omission(whole, 0, "an archive beside the folder of the same name"))
            else:
                try:
                    inner = open_archive(local_file(contents, name, scratch, whole))
                    assert inner is not None, "an archive's name is taken at its word"
                    _listable(inner)
                except UNREADABLE as error:
                    damaged.append((whole, first_line(error)))
                    continue
                homes[f"{whole}/"] = inner
                entries.append((whole, True))
                pending.append((f"{whole}/", inner, depth + 1))
    entries, datasets = _without_datasets(entries, Homes(homes))
    omitted += datasets
    return Tree(path, False, tuple(entries), tuple(rejected), tuple(omitted), tuple(damaged), Homes(homes), scratch)


def _without_datasets(
    entries: Sequence[tuple[str, bool]], homes: Homes
) -> tuple[list[tuple[str, bool]], list[Omission]]:
    """Leave out the folders that an import has made: a dataset may lie in its source's folder."""
    places = [name[: -len(FILE)] for name, is_folder in entries if name.endswith(f"/{FILE}") and not is_folder]
    made = tuple(place for place in places if _is_dataset(homes, f"{place}{FILE}"))
    kept = [entry for entry in entries if not made or not f"{entry[0]}/".startswith(made)]
    above = {place[:end] for place in made for end, sign in enumerate(place) if sign == "/"}
    for folder in above:  # one that holds nothing else would be an empty class
        if not any(name.startswith(f"{folder}/") and not is_folder for name, is_folder in kept):
            kept = [entry for entry in kept if entry[0] != folder]
    return kept, [Omission(place, 0, "a dataset that was imported") for place in made]


def _is_dataset(homes: Homes, name: str) -> bool:
    try:
        with homes.open(name) as stream:
            return FORMAT.partition("/")[0].encode() in stream.read(200)
    except UNREADABLE:
        return False


def _listable(contents: Contents) -> list[tuple[str, bool]]:
    """Return all members. What can be listed and not read is refused whole: a table in it would be passed over."""
    if isinstance(contents, Archive):
        contents.refuse_packing()
    return list(contents.members)


def _members(contents: Contents) -> tuple[list[tuple[str, bool]], list[tuple[str, str]]]:
    """Return (name, whether it is a folder) of what is visible and harmless, and (name, reason) of what is harmful."""
    members = _listable(contents)
    if isinstance(contents, Directory):
        return members, []
    leaving = {name for name, _ in members if leaves_archive(name)}
    times = Counter(name for name, is_folder in members if not is_folder)
    rejected = [(name, "path leaves the archive") for name in times if name in leaving]
    rejected += [(name, "more than one member of this name") for name, n in times.items() if n > 1]
    harmful = leaving.union(name for name, _ in rejected)
    entries = [(name.rstrip("/"), is_folder) for name, is_folder in members if name not in harmful]
    return [entry for entry in entries if not is_hidden(entry[0])], rejected
