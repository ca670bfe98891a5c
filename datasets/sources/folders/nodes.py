"""The folders of a source as a tree of nodes, each with the number of images below it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from datasets.images.archives import archive_stem
from datasets.images.fits.names import is_fits
from datasets.sources.trees import Tree, is_image, suffix_of

_FIRST_BYTES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF", b"SIMPLE  =")
"""What image files begin with; looked at where a file's name has no suffix."""
_UNREAD = frozenset(
    {".avif", ".cr2", ".dng", ".eps", ".heic", ".heif", ".j2k", ".jfif", ".jp2", ".jpe", ".jxl", ".nef", ".pbm", ".pgm"}
    | {".pnm", ".ppm", ".psd", ".ras", ".svg", ".tga", ".xcf"}
)
"""Suffixes of images that cannot be read: a folder of them is one of images, which are then said to be unusable."""


@dataclass(eq=False)
class Node:
    """A folder: its path in the source, its folders by name, the files in it, and how many images are below it."""

    path: str
    folders: dict[str, "Node"] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    direct: int = 0
    images: int = 0

    @property
    def name(self) -> str:
        """Its name, without spaces around it; of an archive without the suffix."""
        name = self.path.rpartition("/")[2]
        return archive_stem(name).strip() or name

    @property
    def holding(self) -> list["Node"]:
        """The folders in it that hold images, by name."""
        return [self.folders[name] for name in sorted(self.folders) if self.folders[name].images]

    @property
    def is_empty(self) -> bool:
        """Whether there is no file below it."""
        return not self.files and all(folder.is_empty for folder in self.folders.values())

    def below(self) -> Iterator[str]:
        """Yield the paths of all files below it."""
        yield from self.files
        for name in sorted(self.folders):
            yield from self.folders[name].below()

    def without(self, folder: "Node") -> "Node":
        """Return a folder that lacks one of those in it."""
        folders = {name: each for name, each in self.folders.items() if each is not folder}
        return Node(self.path, folders, self.files, self.direct, self.images - folder.images)

    def shown(self, root: "Node") -> str:
        """Return its path below ``root`` as messages show it: with a ``/`` behind."""
        return f"{self.path.removeprefix(root.path).lstrip('/')}/"


def folder_nodes(tree: Tree) -> Node:
    """Return the node of a tree's top."""
    nodes = {"": Node("")}

    def node(path: str) -> Node:
        if path not in nodes:
            parent, _, name = path.rpartition("/")
            nodes[path] = node(parent).folders[name] = Node(path)
        return nodes[path]

    for path, is_folder in tree.entries:
        if is_folder:
            node(path)
        else:
            folder = node(path.rpartition("/")[0])
            folder.files.append(path)
            folder.direct += _may_be_image(tree, path)
    for path in sorted(nodes, key=len, reverse=True):
        folder = nodes[path]
        folder.images += folder.direct
        if path:
            nodes[path.rpartition("/")[0]].images += folder.images
    return nodes[""]


def _may_be_image(tree: Tree, path: str) -> bool:
    if is_image(path) or is_fits(path):
        return True
    suffix = suffix_of(path)
    return suffix in _UNREAD or (not suffix and tree.head(path).startswith(_FIRST_BYTES))
