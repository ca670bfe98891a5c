"""Folders of splits in each class folder: ``spiral/train/``, ``spiral/test/``, ``edge-on/train/`` …"""

from collections.abc import Iterator

from datasets.arrow.provenance import Omission
from datasets.sources.folders.doubtful import Placed
from datasets.sources.folders.nodes import Node
from datasets.splits import split_named
from datasets.tables.kinds import is_table
from datasets.wording import few


def are_inside(root: Node) -> bool:
    """Say whether each class folder holds folders of splits, and most of its images in them, in nothing else."""
    return bool(root.holding) and all(
        folder.holding and 2 * folder.direct < folder.images and all(split_named(each.name) for each in folder.holding)
        for folder in root.holding
    )


def placed_inside(root: Node) -> Iterator[Placed]:
    """Yield the files of such folders."""
    for folder in root.holding:
        for below in folder.holding:
            split = split_named(below.name)
            yield from ((path, folder.name, split) for path in below.below() if not is_table(path))


def left_beside(root: Node) -> list[Omission]:
    """Say which images are beside such folders, and in no split."""
    return [
        Omission(f"images in {folder.shown(root)} itself", folder.direct, "beside the folders of its splits")
        for folder in root.holding
        if folder.direct
    ]


def unused_inside(folders: list[Node]) -> str:
    """Say that some class folders hold folders that are called as splits, and not all do; empty where none does."""
    named = [f"{folder.name}/{below.name}" for folder in folders for below in folder.holding if split_named(below.name)]
    return f"{few(named)} are no splits, as not every class folder has such alone: splits are drawn" if named else ""
