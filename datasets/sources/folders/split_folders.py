"""Which folders of a source are splits, and which of those beside them are left out."""

import shlex
from dataclasses import dataclass

from datasets.arrow.provenance import Omission
from datasets.errors import SourceError
from datasets.sources.folders.copies import are_copies, by_name
from datasets.sources.folders.doubtful import hardly_class
from datasets.sources.folders.nodes import Node
from datasets.sources.trees import Tree
from datasets.splits import Split, is_fold, split_named
from datasets.wording import few


@dataclass(frozen=True)
class SplitFolders:
    """Folders that hold class folders, with the split of each; and what beside them is left out."""

    folders: tuple[tuple[Node, Split], ...]
    omitted: tuple[Omission, ...]


def split_folders(tree: Tree, root: Node, given: str | None) -> SplitFolders | None:
    """Find the folders of splits in ``root``; None where there are none, and its folders are those of classes.

    ``given`` is the option ``--split-folders``, which decides. Left out are folders beside the splits without class
    folders, and those that hold the splits' images once more.

    Raises SourceError, with the option that decides, where folders are named for folds, or may be splits or classes;
    and where the splits hold no class folders.
    """
    source = str(tree.path)
    if given is not None:
        return None if given == "none" else _given(source, root, given)
    folders = [folder for folder in root.holding if folder.name]
    _refuse_folds(source, folders)
    named = {folder: split for folder in folders if (split := split_named(folder.name)) is not None}
    if not named:
        _refuse_unnamed(source, root, folders)
        return None
    splits = [(_unwrapped(folder), split) for folder, split in named.items()]
    labelled = [(folder, split) for folder, split in splits if folder.holding]
    others = [folder for folder in folders if folder not in named]
    if not labelled:
        if len(others) > 1:  # class folders, and images to classify beside them
            return None
        raise SourceError(
            f"'{source}' cannot be imported as class folders: {few([f'{folder.name}/' for folder in named])} hold "
            "images without class folders; labels can come from a table beside them (--format table)"
        )
    omitted = [
        Omission(folder.shown(root), folder.images, "a folder of a split without class folders: no labels")
        for folder, _ in splits
        if not folder.holding
    ]
    return SplitFolders(tuple(labelled), (*omitted, *_beside(tree, root, labelled, others)))


def named_in(root: Node, given: str) -> bool:
    """Say whether the folders that ``--split-folders`` names lie in ``root``."""
    return any(_at(root, path) is not None for part in given.split(",") for path in part.partition("=")[2].split("+"))


def _given(source: str, root: Node, given: str) -> SplitFolders:
    splits: list[tuple[Node, Split]] = []
    for part in given.split(","):
        word, _, paths = part.partition("=")
        split = split_named(word)
        if split is None or not paths:
            raise SourceError(
                f"--split-folders: expected train=FOLDER,validation=FOLDER,test=FOLDER or none, found '{part}'"
            )
        for path in paths.split("+"):
            node = _at(root, path)
            if node is None or not node.images:
                raise SourceError(
                    f"--split-folders: '{source}' has no folder '{path}' of images: it has "
                    f"{few([folder.shown(root) for folder in root.holding])}"
                )
            splits.append((_unwrapped(node), split))
    chosen = {folder for folder, _ in splits}
    left = [folder for folder in root.holding if _unwrapped(folder) not in chosen]
    return SplitFolders(
        tuple(splits),
        tuple(Omission(folder.shown(root), folder.images, "not among --split-folders") for folder in left),
    )


def _at(root: Node, path: str) -> Node | None:
    node = root
    for name in path.strip().strip("/").split("/"):
        named = [each for each in node.folders.values() if name in (each.name, each.path.rpartition("/")[2])]
        if not named:
            return None
        node = named[0]
    return node


def _unwrapped(folder: Node) -> Node:
    """Go through folders of one folder, such as ``seg_train/seg_train``, to the one that holds the class folders."""
    while not folder.direct and len(folder.holding) == 1:
        inner = folder.holding[0]
        if not inner.holding and inner.name.casefold() != folder.name.casefold():
            break
        folder = inner
    return folder


def _refuse_folds(source: str, folders: list[Node]) -> None:
    folds = [folder for folder in folders if is_fold(folder.name) and folder.holding]
    if folds:
        names = [folder.name for folder in folds]
        rest = f",train={'+'.join(names[1:3])}" if len(names) > 1 else ""
        raise SourceError(
            f"'{source}' has folders of folds or images held out, {few(names)}: say which is which, as "
            f"--split-folders {shlex.quote(f'test={names[0]}{rest}')}; folders that are not named are left out"
        )


def _refuse_unnamed(source: str, root: Node, folders: list[Node]) -> None:
    """Refuse folders that hold folders of the same names each: splits in another language, or classes; or of splits."""
    if len(folders) < 2 or any(folder.direct for folder in folders):
        return
    inside = {below: split for folder in folders for below in folder.holding if (split := split_named(below.name))}
    if any(below.holding for below in inside):
        paths = {
            split: [below.shown(root).rstrip("/") for below in inside if inside[below] is split] for split in Split
        }
        together = ",".join(f"{split}={'+'.join(paths[split][:3])}" for split in Split if paths[split])
        raise SourceError(
            f"'{source}' has splits in each of {few([folder.name for folder in folders])}: take those of several "
            f"together with --split-folders {shlex.quote(together)}, or import one of the folders"
        )
    shared = set.intersection(*({below.name.casefold() for below in folder.holding} for folder in folders))
    shared = {name for name in shared if not hardly_class(name)}
    if len(shared) > 1 and len(inside) < len(shared):
        first, second, *_ = (folder.name for folder in folders)
        raise SourceError(
            f"'{source}' can be read in 2 ways: {few([folder.name for folder in folders])} hold the same folders, "
            f"{few(sorted(shared))}; if these are the classes, say which are the splits with --split-folders "
            f"{shlex.quote(f'train={first},test={second}')}; if they hold the same images in several ways, import one "
            "of them; else --split-folders none --class-level 1"
        )


def _beside(tree: Tree, root: Node, splits: list[tuple[Node, Split]], others: list[Node]) -> list[Omission]:
    """Say of the folders beside splits why they are left out. Raises SourceError for one that may be meant."""
    known = by_name(path for folder, _ in splits for path in folder.below()) if others else {}
    classes = {below.name.casefold() for folder, _ in splits for below in folder.holding}
    omitted = []
    for folder in others:
        if are_copies(tree, list(folder.below()), known):
            why = "holds the images of the splits once more"
        elif not _unwrapped(folder).holding and folder.name.casefold() not in classes:
            why = "a folder beside the splits, without class folders"
        else:
            shown = ",".join(f"{split}={node.path.removeprefix(root.path).lstrip('/')}" for node, split in splits)
            raise SourceError(
                f"'{tree.path}' has the folder {folder.shown(root)} of {folder.images} images beside its splits: leave "
                f"it out with --split-folders {shlex.quote(shown)}, or name it there as a split"
            )
        omitted.append(Omission(folder.shown(root), folder.images, why))
    return omitted
