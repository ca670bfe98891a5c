"""The files in class folders: which folders are those of classes, and in which split each of their files is."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from datasets.arrow.provenance import Omission
from datasets.classes import class_key, ordered
from datasets.errors import SourceError
from datasets.sources.folders.copies import without_copies
from datasets.sources.folders.doubtful import Placed, hardly_class, refuse_doubtful, trained, without_masks
from datasets.sources.folders.inner_splits import are_inside, left_beside, placed_inside, unused_inside
from datasets.sources.folders.nodes import Node, folder_nodes
from datasets.sources.folders.split_folders import named_in, split_folders
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, described, refusal
from datasets.splits import Split, split_named
from datasets.tables.kinds import is_table
from datasets.wording import few

EXPECTED = "a folder or archive with a folder of images for each class"


@dataclass(frozen=True)
class ClassFile:
    """A file in a class folder: its path below ``ClassFiles.root``, its class and the split that it is put in."""

    name: str
    label: int
    split: Split | None


@dataclass(frozen=True)
class ClassFiles:
    """The files in class folders, sorted by class and name.

    ``root`` is the path in the tree of the folder that holds class or split folders, with a ``/`` behind; or empty.
    ``splits`` names the folders of the splits; empty where there are none. ``notes`` are for a person.
    """

    root: str
    classes: tuple[str, ...]
    files: tuple[ClassFile, ...]
    omitted: tuple[Omission, ...]
    splits: str
    notes: tuple[str, ...]


def class_files(tree: Tree, options: SourceOptions) -> ClassFiles:
    """Find the files in class folders, tables left out.

    Raises SourceError where there are none, or several ways to take them.
    """
    key = ("class files", options)
    if key not in tree.findings:
        try:
            tree.findings[key] = _found(tree, options)
        except SourceError as error:
            tree.findings[key] = str(error)
    found = tree.findings[key]
    if isinstance(found, ClassFiles):
        return found
    raise SourceError(str(found))


def _found(tree: Tree, options: SourceOptions) -> ClassFiles:
    if tree.is_file or not tree.entries:
        raise refusal(tree.path, EXPECTED, "a file" if tree.is_file else "nothing in it")
    top = folder_nodes(tree)
    root, omitted = _below_wrapping(top, options)
    splits = split_folders(tree, root, options.split_folders)
    if splits is None:
        root, copies = without_copies(tree, root)
        omitted += copies
    bases = splits.folders if splits else ((root, None),)
    tops = {root: None, **dict(bases)}
    omitted += splits.omitted if splits else ()
    omitted += [
        Omission(folder.shown(root), 0, "holds no image")
        for base in tops
        for folder in base.folders.values()
        if not folder.images and not folder.is_empty
    ]
    loose = sum(base.direct for base in tops)
    if loose:
        omitted.append(Omission("images outside of any class folder", loose, "no class"))
    parted = splits is None and options.split_folders is None
    inner = parted and are_inside(root)
    omitted += left_beside(root) if inner else ()
    placed, masks = without_masks(placed_inside(root) if inner else _placed(tree, bases, options))
    placed, unlabelled = trained(str(tree.path), placed, options)
    omitted += (*masks, *unlabelled)
    classes = ordered({*(name for _, name, _ in placed), *_empty(bases)})
    if not placed:
        found = f"{loose} images outside of any folder" if loose else "no file in any folder"
        advice = "; images without labels are for `galaxy classify`" if loose else ""
        raise refusal(tree.path, EXPECTED, f"{found} ({described(tree)}){advice}")
    if len(classes) < 2:
        found = f"only the class '{classes[0]}', and two are needed to tell apart"
        raise refusal(tree.path, EXPECTED, f"{found}: labels can be the names of folders, or come from a table")
    if splits is None:
        refuse_doubtful(str(tree.path), root, options)
    prefix, labels = f"{root.path}/" if root.path else "", {name: label for label, name in enumerate(classes)}
    files = [ClassFile(path.removeprefix(prefix), labels[name], split) for path, name, split in placed]
    files.sort(key=lambda file: (file.label, file.name))
    shown = few([base.shown(root) for base, _ in bases]) if splits else "train/, test/ … in each class folder"
    whole = split_named(root.name) if root is not top and splits is None and not inner else None
    said = [unused_inside(root.holding)] if parted and not inner else []
    if whole:
        option = f"--split-folders {shlex.quote(f'{whole}={root.name}')}"
        said.append(f"{root.shown(top)} holds all images and is not taken for a split: {option} does")
    notes = tuple(filter(None, said))
    return ClassFiles(prefix, classes, tuple(files), tuple(omitted), shown if splits or inner else "", notes)


def _below_wrapping(root: Node, options: SourceOptions) -> tuple[Node, list[Omission]]:
    """Find the folder that holds the class or split folders, and what is left out on the way to it.

    While only one folder holds images, and these in folders, it is a wrapping one; one that has images beside a single
    folder is not.
    """
    omitted: list[Omission] = []
    while not (options.split_folders and named_in(root, options.split_folders)):
        meant = [folder for folder in root.holding if not hardly_class(folder.name)]
        meant = meant or [folder for folder in root.holding if folder.holding]
        if len(meant) != 1 or len(meant[0].holding) < (2 if meant[0].direct else 1):
            break
        beside = [folder for folder in root.folders.values() if folder is not meant[0] and not folder.is_empty]
        why = f"beside {meant[0].shown(root)}"
        omitted += [Omission(folder.shown(root), folder.images, why) for folder in beside]
        if root.direct:
            omitted.append(Omission("images outside of any folder", root.direct, "no class"))
        root = meant[0]
    return root, omitted


def _placed(tree: Tree, bases: Iterable[tuple[Node, Split | None]], options: SourceOptions) -> Iterator[Placed]:
    """Yield the files of the class folders in some folders."""
    for base, split in bases:
        names = {class_key(folder.name) for folder in base.holding}
        for folder in base.holding:
            others = names - {class_key(folder.name)}
            inner = [each.name for each in folder.holding if not hardly_class(each.name)]
            has_classes = len(inner) > 1 or any(class_key(name) in others for name in inner)
            if options.class_level is None and not folder.direct and has_classes:
                below = few([f"{folder.name}/{each.name}" for each in folder.holding], most=4)
                drawn = unused_inside([folder])
                raise SourceError(
                    f"'{tree.path}' can be read in 2 ways: {folder.shown(base)} holds no image itself, and folders "
                    f"that do; say whether '{folder.name}' is the class, with --class-level 1"
                    f"{f' ({drawn})' if drawn else ''}, or {below} are, with --class-level 2"
                )
            for name, paths in _classes(folder, options.class_level or 1):
                yield from ((path, name, split) for path in paths if not is_table(path))


def _classes(folder: Node, level: int, above: str = "") -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the classes at a level of folders, or less deep where there is none, with their files."""
    name = f"{above}{folder.name}"
    if level == 1 or not folder.holding:
        yield name, folder.below()
        return
    if folder.direct:
        yield name, folder.files
    for below in folder.holding:
        yield from _classes(below, level - 1, f"{name}/")


def _empty(bases: Iterable[tuple[Node, Split | None]]) -> list[str]:
    """Name the empty folders among class folders: classes without an image, as somebody meant to fill them."""
    return [folder.name for base, _ in bases for folder in base.folders.values() if folder.is_empty]
