"""Names of classes: their order, and when two lists of them mean the same."""

import re
from collections.abc import Iterable, Sequence

_NOT_IN_NAMES = re.compile(r"[\W_]+")


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Order class names by casefold, whatever the order of the source; equal ones by the names themselves."""
    return tuple(sorted(names, key=lambda name: (name.casefold(), name)))


def class_mapping(names: Sequence[str], others: Sequence[str]) -> list[int] | None:
    """Find each class of ``names`` in ``others``: element i is the index there of ``names[i]``.

    Names match if they are equal after casefold with each run of characters other than letters and digits as one
    space. Returns None where the lists do not match one to one (also where a list has two names that match each
    other, unless the two lists are the same).
    """
    if list(names) == list(others):
        return list(range(len(names)))
    keys, places = [_key(name) for name in names], {_key(name): index for index, name in enumerate(others)}
    if len(set(keys)) != len(keys) or len(places) != len(others) or set(keys) != set(places):
        return None
    return [places[key] for key in keys]


def _key(name: str) -> str:
    return _NOT_IN_NAMES.sub(" ", name.casefold()).strip()
