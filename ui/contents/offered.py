"""The datasets below a folder that a page was served with: who looks at it chooses among these, and names no paths."""

import os
from collections.abc import Iterator
from pathlib import Path

from datasets import SourceError

_FILE = "dataset.json"
_DEEPEST = 3
"""Folders below the root: deeper ones are hardly meant, and a whole disk must not be walked through."""
_MOST_FOLDERS = 5_000


def offered_datasets(root: str) -> dict[str, str]:
    """Return the datasets below a local folder: name relative to it, with ``/``, → absolute path, sorted.

    The folder itself is one by the name ``.``. Hidden folders are left out, links are not followed, and the folders of
    a dataset are not looked into. Of a folder that is absent or cannot be listed there are none.
    """
    top = Path(root).expanduser().absolute()
    return dict(sorted((_relative(folder, top), str(folder)) for folder in _datasets(top)))


def offered_dataset(root: str, name: str) -> str:
    """Return the path of an offered dataset by its name. Raises SourceError for any other name."""
    offered = offered_datasets(root)
    if name not in offered:
        raise SourceError(f"{name!r} is none of the {len(offered)} datasets that are offered: choose one of the list")
    return offered[name]


def _relative(folder: Path, top: Path) -> str:
    return folder.relative_to(top).as_posix()


def _datasets(top: Path) -> Iterator[Path]:
    waiting, seen = [(top, 0)], 0
    while waiting and seen < _MOST_FOLDERS:
        folder, depth = waiting.pop()
        seen += 1
        try:
            with os.scandir(folder) as found:
                entries = [*found]
        except OSError:  # somebody else's: not offered
            continue
        if any(entry.name == _FILE and entry.is_file(follow_symlinks=False) for entry in entries):
            yield folder
        elif depth < _DEEPEST:
            inner = [e for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)]
            waiting += [(Path(entry.path), depth + 1) for entry in inner]
