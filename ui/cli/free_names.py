"""Names for what comes next that nothing has yet: an advised command must not be refused for its name."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from datasets import StorageError
from ui.wording import DEFAULT_STORAGE


def free_dataset() -> str:
    """Return a path in the working directory for a dataset, at which nothing is."""
    return next(name for name in _numbered("galaxies", "galaxies.arrow") if not Path(name).exists())


def free_search(storage: str = DEFAULT_STORAGE) -> str:
    """Return a name that no search in a storage folder has; where that cannot be told, one that it may have."""
    from search import SearchLayout, is_taken

    try:
        return next(name for name in _numbered("first", "second") if not is_taken(SearchLayout.of(storage, name)))
    except StorageError:  # advice is not worth an error
        return "first"


def _numbered(first: str, second: str) -> Iterator[str]:
    yield from (first, second)
    stem, dot, suffix = second.partition(".")
    yield from (f"{stem}-{number}{dot}{suffix}" for number in count(2))
