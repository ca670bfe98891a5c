"""Splits that the images of a table lie in, by their paths: ``train/1.jpg``, ``data/test.zip/2.jpg``."""

import posixpath
from collections.abc import Iterable, Mapping
from itertools import takewhile

from datasets.errors import SourceError
from datasets.splits import Split, split_named
from datasets.wording import few


def split_of_path(path: str) -> Split | None:
    """Return the split that the innermost folder, or archive, of a path is named for which is named for one."""
    named = (split_named(part.partition(".")[0]) for part in reversed(path.split("/")[:-1]))
    return next((split for split in named if split is not None), None)


def splits_of_paths(paths: Iterable[str], source: str) -> Mapping[str, Split]:
    """Return the split of each path where all lie in folders of several splits; nothing where these say nothing.

    Raises SourceError where images lie in folders named for validation or test, and others in one of no split: drawn
    anew, what was to be measured on would be trained on.
    """
    folders = {path: path.split("/")[:-1] for path in paths}
    levels = zip(*folders.values(), strict=False)
    shared = sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, levels))  # where they lie says nothing
    splits = {path: split_of_path("/".join([*parts[shared:], ""])) for path, parts in folders.items()}
    known = {path: split for path, split in splits.items() if split is not None}
    if not known or set(known.values()) == {Split.TRAIN}:
        return {}
    if len(known) == len(splits):
        return known if len(set(known.values())) > 1 else {}
    named = sorted({posixpath.dirname(path) for path in known})
    others = sorted({posixpath.dirname(path) for path in splits if path not in known})
    raise SourceError(
        f"'{source}' cannot be imported: its images lie in {few([f'{folder}/' for folder in named], most=3)} and in "
        f"{few([f'{folder}/' if folder else 'no folder' for folder in others], most=3)}, which is of no split: name a "
        "column of splits with --split-column, or have all of them drawn anew with `--split-column none`"
    )
