"""Which galaxy each row of a source shows: by the names that a column of it has, or those of the images."""

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from datasets.images.file_names import suffix_of
from datasets.images.image_columns import ID_COLUMNS, known
from datasets.sources.label_tables.columns import NO_COLUMN
from datasets.sources.listing import Listing
from datasets.sources.options import SourceOptions
from datasets.tables.values import MISSING
from datasets.wording import few, shown_name

_NEGATIVE = re.compile(r"-\d+(?:\.0+)?")
_COUNT = re.compile(r"(\d+)(?:\.0+)?")
_FEW = 2
"""So many rows may have a negative number as the name of a galaxy: on more it stands for none."""
_BRICKS = ("brick", "brickid", "brickname")
_OF_BRICK = ("objid", "objectid", "id", "ids")
"""Names of galaxies in a part of the sky alone, where a column says which part: the Legacy Surveys' ``objid``."""


def galaxy_column(names: Iterable[str], options: SourceOptions) -> str | None:
    """Return the column that is called as names of galaxies are; None where there is none, or none is to be taken."""
    if options.id_column == NO_COLUMN:
        return None
    columns = list(names)
    of_brick = set(known(columns, _OF_BRICK)) if known(columns, _BRICKS) else set[str]()
    return next((name for name in known(columns, ID_COLUMNS) if name not in of_brick), None)


class Galaxies:
    """The galaxies that the rows of a source show: ``notes`` are what a person should know of it.

    ``taken`` is the column that names them without having been asked for; empty where none does.

    ``ids`` are what the rows have in a column, in any order. Values that stand for nothing name no galaxy, nor does a
    negative number of many rows, or what all rows have. In a column that nobody asked for, neither does a number that
    counts the rows of each part of the source, and begins anew with each; ``parts`` are ways to part the rows, each a
    key a row. Nor does there what only says the class: one value a class; ``labels`` are what stands for the class of
    each row, None for nothing.
    """

    def __init__(
        self,
        column: str,
        ids: Sequence[str],
        *parts: Sequence[Hashable],
        labels: Sequence[Hashable | None] = (),
        is_asked: bool,
    ) -> None:
        counts = Counter(name for text in ids if (name := text.strip()) not in MISSING)
        nothing = {name: times for name, times in counts.items() if times > _FEW and _NEGATIVE.fullmatch(name)}
        named = counts.keys() - nothing.keys()
        notes = []
        if nothing:
            notes.append(
                f"{few(sorted(nothing))} in '{column}' names no galaxy: {sum(nothing.values()):,} rows have it"
            )
        if len(counts) == 1 and counts.total() == len(ids) > 1:
            notes = [f"'{column}' is the same in all rows and names no galaxy"]
            named = set()
        elif not is_asked and (why := _why_none(ids, parts, labels)):
            option = f"--id-column {shlex.quote(column)}"
            notes = [f"'{column}' {why} and names no galaxy; {option} takes it for a name"]
            named = set()
        self.notes = tuple(notes)
        self.taken = "" if is_asked or not named else column
        self._names = named

    def of(self, text: str) -> str:
        """Return the name of the galaxy that a row's text is; empty where it is none."""
        name = text.strip()
        return name if name in self._names else ""


def with_several(listing: Listing) -> Listing:
    """Note how many galaxies have several images, where a column names them that nobody asked for."""
    times = Counter(item.object_id for item in listing.items if item.object_id)
    several = sum(count > 1 for count in times.values())
    if not listing.galaxies_from or not several:
        return listing
    shown = f"images of one galaxy, by '{listing.galaxies_from}', stay in one split: {several:,} galaxies have several"
    return replace(listing, notes=(*listing.notes, shown))


def of_one_name(listing: Listing) -> Listing:
    """Take images that differ in their suffix alone for those of one galaxy, where the source names none."""
    if any(item.object_id for item in listing.items):
        return listing
    stems = [item.id[: -len(suffix)] if (suffix := suffix_of(item.id)) else "" for item in listing.items]
    several = {stem for stem, times in Counter(stems).items() if times > 1 and stem}
    if not several:
        return listing
    pairs = zip(listing.items, stems, strict=True)
    items = tuple(replace(item, object_id=stem) if stem in several else item for item, stem in pairs)
    first = next(item.id for item in items if item.object_id)
    said = f"images that differ in the suffix alone, such as {shown_name(first)}, stay in one split"
    return replace(listing, items=items, notes=(*listing.notes, said))


def _why_none(ids: Sequence[str], parts: Sequence[Sequence[Hashable]], labels: Sequence[Hashable | None]) -> str:
    """Say what a column is that nobody asked for, where it is of no galaxies; else nothing."""
    if any(_begins_anew(ids, keys) for keys in parts):
        return "counts the rows of each part anew"
    return "has one value a class" if _says_class(ids, labels) else ""


def _says_class(ids: Sequence[str], labels: Sequence[Hashable | None]) -> bool:
    """Say whether each class has a single value, on several rows: no galaxy could then be told from another."""
    rows = [(name, label) for text, label in zip(ids, labels, strict=False) if label and (name := text.strip())]
    pairs = Counter(pair for pair in rows if pair[0] not in MISSING)
    classes = {label for _, label in pairs}
    return len(classes) > 1 and len(classes) == len(pairs) and max(pairs.values()) > 1


def _begins_anew(ids: Sequence[str], keys: Sequence[Hashable]) -> bool:
    """Say whether the rows of each part are numbered from 0 or 1, and parts have numbers in common."""
    parts = defaultdict[Hashable, list[str]](list)
    for text, key in zip(ids, keys, strict=True):
        parts[key].append(text.strip())
    counted = [_counted(texts) for texts in parts.values()] if len(parts) > 1 else []
    numbers = [number for part in counted for number in part or ()]
    return None not in counted and len(set(numbers)) < len(numbers)


def _counted(texts: Sequence[str]) -> list[int] | None:
    """Return the numbers of a part's rows; None where they are more than a count of these."""
    found = [_COUNT.fullmatch(text) for text in texts if text not in MISSING]
    numbers = [int(number[1]) for number in found if number is not None]
    counts = len(numbers) == len(found) == len(set(numbers)) and max(numbers, default=0) <= len(texts)
    return numbers if counts else None


NO_GALAXIES = Galaxies("", (), is_asked=False)
"""Those of a source that does not name them."""
