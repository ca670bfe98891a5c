"""From what a table has for an image, a path, a name or an id, to the file that is meant."""

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cached_property, partial
from pathlib import Path

from datasets.errors import ImageError
from datasets.images.file_names import SpelledNames, as_path, asked, spellings
from datasets.images.fits.names import by_galaxy, galaxy_of, is_fits, read_content
from datasets.images.preparing import Content
from datasets.images.reading import read_file
from datasets.sources.trees import Tree, is_image
from datasets.splits import Split, split_named
from datasets.wording import few

_WHOLE = re.compile(r"(\d+)\.0+")


class Way(Enum):
    """What a path is looked for as.

    ``NAMED``: as it stands, relative to the table or the tree, or absolute; or as the whole end of an image's path.
    ``HERE``: relative to the working directory. ``ENDING``: by the longest end in common with an image's path.
    """

    NAMED = "named"
    HERE = "here"
    ENDING = "ending"


class ImageFinder:
    """Finds the images of the rows of a table that lies in the folder ``base`` of a tree, or is all of it.

    Ends of paths count as tables name the folders of the machine that they were made on; files on the local disk where
    the tree is there. A suffix may be absent, or in other letters. FITS files of a galaxy's bands are one image, of
    which ``bands`` are wanted.
    """

    def __init__(self, tree: Tree, base: str, split: Split | None, bands: Sequence[str]) -> None:
        self._tree, self._base, self._split, self._bands = tree, base, split, bands
        self._is_local = tree.is_file or tree.path.is_dir()
        self._listed: dict[str, SpelledNames] = {}
        self._files = frozenset(() if tree.is_file else tree.files)

    def find(self, value: str) -> str:
        """Return the name of a file, in the tree or absolute, found in any way, the surest first.

        Raises ImageError where there is none, or several.
        """
        found = (self.look(value, way) for way in Way)
        name = next((name for name in found if name is not None), None)
        if name is None:
            raise ImageError("no such file")
        return name

    def look(self, value: str, way: Way) -> str | None:
        """Return the file that is found in one way; None where none is. Raises ImageError where it may be several."""
        path = as_path(value)
        whole = _WHOLE.fullmatch(path)
        for each in (path, whole[1]) if whole else (path,):
            if way is Way.NAMED:
                name = self._there(each) or self._ending_so(each, whole=True) or self._absolute(each)
            else:
                name = self._here(each) if way is Way.HERE else self._ending_so(each, whole=False)
            if name is not None:
                return self._whole_galaxy(name) if is_fits(name) else name
        return None

    def short(self, value: str, name: str) -> str:
        """Return what an image that was found is called: what the table has, where that is its path from there."""
        path = as_path(value)
        return path if posixpath.normpath(posixpath.join(self._base, path)) == name else name

    def read(self, name: str) -> Callable[[], Content]:
        """Return what reads a file that was found, which pickles."""
        tree = self._around if "_around" in vars(self) else self._tree
        read = _read_local if posixpath.isabs(name) else tree.contents.read
        if is_fits(name):
            return partial(read_content, read, *galaxy_of(self._fits.get(name, {"": name}), self._bands))
        return partial(read, name) if posixpath.isabs(name) else tree.reader(name)

    @cached_property
    def images(self) -> tuple[str, ...]:
        """Names of all images of the tree, or of those beside the single table that it is."""
        return (*filter(is_image, self._around.files), *self._fits)

    @cached_property
    def _fits(self) -> Mapping[str, Mapping[str, str]]:
        """The FITS files of each galaxy, {band: file}, by its name."""
        tables = {table.name for table in self._around.tables}
        names = (name for name in self._around.files if is_fits(name))
        return by_galaxy(name for name in names if f"{self._around.path}/{name}" not in tables)

    @cached_property
    def _galaxy_of(self) -> Mapping[str, str]:
        return {file: galaxy for galaxy, files in self._fits.items() if len(files) > 1 for file in files.values()}

    @cached_property
    def _around(self) -> Tree:
        return self._tree.beside() if self._tree.is_file else self._tree

    @cached_property
    def _paths(self) -> SpelledNames:
        return SpelledNames((*self._files, *(self._fits if self._files else ())))

    @cached_property
    def _ends(self) -> Mapping[str, list[str]]:
        ends: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.images:
            for spelled in spellings(posixpath.basename(name)):
                ends[spelled].append(name)
        for file, galaxy in self._galaxy_of.items():
            ends[posixpath.basename(file)].append(galaxy)
        return ends

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(part for name in self.images for part in name.split("/")[:-1])

    def _whole_galaxy(self, name: str) -> str:
        """Return the galaxy that a FITS file is a band of. Raises ImageError where its bands are not clear."""
        galaxy = self._galaxy_of.get(name, name)
        galaxy_of(self._fits.get(galaxy, {"": galaxy}), self._bands)
        return galaxy

    def _there(self, path: str) -> str | None:
        """Find a path as it stands, from the places that it may be relative to."""
        if not self._tree.is_file:
            for base in dict.fromkeys((self._base, "")):
                name = posixpath.normpath(posixpath.join(base, path))
                if (found := self._paths.find(name)) is not None:
                    return found
        elif (beside := self._on_disk(str(self._tree.path.parent), path)) is not None:
            return posixpath.normpath(beside)
        return None

    def _absolute(self, path: str) -> str | None:
        return self._here(path) if posixpath.isabs(path) else None

    def _here(self, path: str) -> str | None:
        """Find a path on the local disk, absolute or relative to the working directory."""
        if not self._is_local:
            return None
        here = self._on_disk(str(Path.cwd()), path)
        return None if here is None else self._within(os.path.abspath(here))  # noqa: PTH100 - without links

    def _on_disk(self, folder: str, path: str) -> str | None:
        """Find a file on the local disk: return the path as it is, or as its suffix is spelled there."""
        parent, name = posixpath.split(path)
        place = str(Path(folder, parent))
        if place not in self._listed:  # to ask for each file would take long
            self._listed[place] = _names_in(place)
        found = self._listed[place].find(name)
        return None if found is None else posixpath.join(parent, found)

    def _within(self, path: str) -> str:
        """Return an absolute path as the name of a file in the tree, where it is one."""
        name = path.removeprefix(f"{self._tree.path.absolute().as_posix()}/")
        return name if name in self._files else path

    def _ending_so(self, path: str, *, whole: bool) -> str | None:
        """Find the image whose path ends with this one, or has the longest end in common with it."""
        *folders, name = [part for part in path.split("/") if part not in ("", ".", "..")] or [""]
        found = {
            each: _common_end(folders, each.split("/")[:-1]) for key in asked(name) for each in self._ends.get(key, ())
        }
        longest = max(found.values(), default=0)
        if whole and longest < len(folders):
            return None
        best = [each for each in found if found[each] == longest]
        if own := _splits(folders):
            best = [each for each in best if not _splits(each.split("/")[:-1]) or own & _splits(each.split("/")[:-1])]
        if self._split is not None:
            splits = {each: _splits(each.split("/")[:-1]) for each in best}
            of_split = [each for each in best if self._split in splits[each]]
            best = of_split or [each for each in best if not splits[each]]  # those of another split are not meant
        if len(folders) > longest and folders[-1 - longest] in self._folders:
            return None  # its folder is there, and it is not in it
        if len(best) > 1:
            raise ImageError(f"may be {few(best, most=2)}")
        return best[0] if best else None


def _splits(folders: Sequence[str]) -> set[Split]:
    return {split for folder in folders if (split := split_named(folder)) is not None}


def _names_in(folder: str) -> SpelledNames:
    try:
        with os.scandir(folder) as entries:
            return SpelledNames(entry.name for entry in entries if not entry.is_dir())
    except (OSError, ValueError):
        return SpelledNames(())


def _common_end(one: list[str], other: list[str]) -> int:
    count = 0
    for here, there in zip(reversed(one), reversed(other), strict=False):
        if here != there:
            break
        count += 1
    return count


def _read_local(path: str) -> bytes:
    return read_file(Path(path))
