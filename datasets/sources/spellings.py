"""Classes that a source spells in several ways."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from datasets.classes import joined_spellings
from datasets.sources.listing import Listing
from datasets.wording import few, shown_name

_BETWEEN = re.compile(r"[\s_-]+")
_MOST = 5
"""So many classes are said one by one."""


def joined(listing: Listing) -> Listing:
    """Make one class of those whose names are one, which the notes then say; most images' spelling is kept."""
    counts = Counter(item.label for item in listing.items)
    kept = joined_spellings({name: counts[label] for label, name in enumerate(listing.classes)})
    classes = tuple(name for name in listing.classes if kept[name] == name)
    if len(classes) == len(listing.classes):
        return listing
    numbers = [classes.index(kept[name]) for name in listing.classes]
    items = tuple(replace(item, label=numbers[item.label]) for item in listing.items)
    notes = _said(f"{names} are one class, '{shown_name(name)}'" for name, names in _alike(kept))
    return replace(listing, classes=classes, items=items, notes=(*listing.notes, *notes))


def apart(listing: Listing) -> Listing:
    """Have the notes say which names differ in case, separators or a minus sign alone, and are classes of their own."""
    near = _alike({name: _BETWEEN.sub("", name).casefold() for name in listing.classes})
    notes = _said(f"{names} are different classes: give them one name if they are not" for _, names in near)
    return replace(listing, notes=(*listing.notes, *notes))


def _alike(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each key that several names have, and those names for a message."""
    names = defaultdict[str, list[str]](list)
    for name, key in keys.items():
        names[key].append(name)
    return ((key, _quoted(alike)) for key, alike in names.items() if len(alike) > 1)


def _quoted(names: list[str]) -> str:
    quoted = [f"'{shown_name(name)}'" for name in names]
    return " and ".join(quoted) if len(quoted) == 2 else few(quoted)


def _said(notes: Iterator[str]) -> tuple[str, ...]:
    """Keep the first notes, and say how many there are beside."""
    said = tuple(notes)
    rest = (f"{len(said) - _MOST:,} more classes like these",) if len(said) > _MOST else ()
    return (*said[:_MOST], *rest)
