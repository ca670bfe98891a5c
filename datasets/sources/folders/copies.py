"""Folders that hold the images of others once more, as archives often do that were packed where they were unpacked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from datasets.arrow.provenance import Omission
from datasets.classes import class_key
from datasets.sources.folders.nodes import Node
from datasets.sources.trees import Tree

_COMPARED = 2**20
"""First bytes of files that are compared."""


def without_copies(tree: Tree, root: Node) -> tuple[Node, list[Omission]]:
    """Leave out the folder beside class folders that holds these once more: ``data/spiral/`` beside ``spiral/``."""
    classes = {class_key(folder.name): folder for folder in root.holding}
    for folder in root.holding:
        inner = [class_key(each.name) for each in folder.holding]
        if folder.direct or not inner or class_key(folder.name) in inner or not classes.keys() >= set(inner):
            continue
        known = by_name(path for key in inner for path in classes[key].below())
        if are_copies(tree, list(folder.below()), known):
            why = "holds the images of the class folders once more"
            return root.without(folder), [Omission(folder.shown(root), folder.images, why)]
    return root, []


def by_name(paths: Iterable[str]) -> Mapping[str, list[str]]:
    """Gather paths by their last part."""
    named = defaultdict[str, list[str]](list)
    for path in paths:
        named[path.rpartition("/")[2]].append(path)
    return named


def are_copies(tree: Tree, paths: list[str], known: Mapping[str, list[str]]) -> bool:
    """Say whether files are ``known`` ones once more: all by name and size, three of them by content."""
    twins = []
    for path in paths:
        named = known.get(path.rpartition("/")[2], [])
        size = tree.contents.size(path) if named else 0
        same = [other for other in named if tree.contents.size(other) == size]
        if not same:
            return False
        twins.append((path, same))
    looked_at = {0, len(twins) // 2, len(twins) - 1} if twins else set()
    return all(any(_equal(tree, twins[place][0], other) for other in twins[place][1]) for place in looked_at)


def _equal(tree: Tree, one: str, other: str) -> bool:
    return tree.head(one, _COMPARED) == tree.head(other, _COMPARED)
