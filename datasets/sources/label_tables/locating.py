"""Where the images of all rows of a source's tables are: a row alone may be misled by an image that another names."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datasets.errors import ImageError
from datasets.images.file_names import as_path
from datasets.sources.label_tables.image_finding import ImageFinder, Way
from datasets.wording import shown_name


@dataclass
class Located:
    """What a table has for its images: the file of each, and why another one leads to none."""

    files: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def file(self, value: str) -> str:
        """Return the name of a row's file, in the tree or absolute. Raises ImageError where there is none."""
        if not value:
            raise ImageError("no image is named")
        if value in self.files:
            return self.files[value]
        raise ImageError(self.reasons.get(value, "no such file"))

    def look(self, finder: ImageFinder, values: Iterable[str], way: Way) -> None:
        """Look for what is not found yet."""
        for value in values:
            if value and value not in self.files and value not in self.reasons:
                try:
                    name = finder.look(value, way)
                except ImageError as error:
                    self.reasons[value] = str(error)
                    continue
                if name is not None:
                    self.files[value] = name


def locate(
    tables: Sequence[tuple[ImageFinder, Iterable[str]]], *, here: bool = True
) -> tuple[list[Located], tuple[str, ...]]:
    """Find what tables have for images, each by its finder; return that, and what a person should know of it.

    Paths count as they stand, or as whole ends of paths of images. Where none does, they count from the working
    directory, if asked for with ``here``, and else by the ends that they have in common with images': a table may name
    folders of another machine, but where some of its folders are here, the others are missing.
    """
    wanted = [(finder, dict.fromkeys(values)) for finder, values in tables]
    located = [Located() for _ in wanted]
    for each, (finder, values) in zip(located, wanted, strict=True):
        each.look(finder, values, Way.NAMED)
    if not any(each.files for each in located) and here:
        for each, (finder, values) in zip(located, wanted, strict=True):
            each.look(finder, values, Way.HERE)
        if any(each.files for each in located):
            return located, (f"the images are those below the working directory, {Path.cwd()}: the source has none",)
    folders_are_here = any("/" in as_path(value) for each in located for value in each.files)
    return located, _by_ends(located, wanted, whole=folders_are_here)


def _by_ends(
    located: Sequence[Located], wanted: Sequence[tuple[ImageFinder, Iterable[str]]], *, whole: bool
) -> tuple[str, ...]:
    """Find images by the ends of their paths, or the ``whole`` of these, folders included, as the end of a row's.

    An image that is found by another row, too, in another way or by another folder, is that of none.
    """
    taken = {name for each in located for name in each.files.values()}
    ends = [Located(reasons=dict.fromkeys([*each.files, *each.reasons], "")) for each in located]
    folders = defaultdict[str, set[str]](set)
    for each, (finder, values) in zip(ends, wanted, strict=True):
        each.look(finder, values, Way.ENDING)
        for value, name in each.files.items():
            folders[name].add(posixpath.dirname(as_path(value)))
    examples = []
    for each, end in zip(located, ends, strict=True):
        each.reasons.update((value, reason) for value, reason in end.reasons.items() if reason)
        for value, name in end.files.items():
            if whole and not ("/" in name and as_path(value).endswith(f"/{name}")):
                continue
            if name in taken or len(folders[name]) > 1:
                each.reasons[value] = f"no such file; {shown_name(name)} is what other rows may mean, too"
            else:
                each.files[value] = name
                examples.append(f"'{shown_name(value)}' is {shown_name(name)}")
    if not examples:
        return ()
    return (
        f"{len(examples):,} images are found by the ends of their paths, whose folders are not here: {examples[0]}",
    )
