"""The picture of packages, rooms and imports in CONTRIBUTING.md, drawn from the code as it is.

``python tests/rooms.py`` prints it; ``python tests/rooms.py FILE`` writes it into the file's block of ``mermaid``.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import grimp

PACKAGES = ("ui", "cluster", "search", "trainer", "datasets")
Arrows = dict[str, set[str]]
_BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)


def picture() -> str:
    """Return the Mermaid flow chart: a box for each package, in it its rooms; an arrow is an import.

    Arrows that follow from others are left out, as are modules that lie beside the rooms: every room may import those.
    """
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    packages: Arrows = defaultdict(set)
    rooms: dict[str, Arrows] = {package: {room: set() for room in _rooms(graph, package)} for package in PACKAGES}
    for importer in graph.modules:
        package, room = importer.split(".")[0], ".".join(importer.split(".")[:2])
        for imported in graph.find_modules_directly_imported_by(importer):
            target = ".".join(imported.split(".")[:2])
            if imported.split(".")[0] != package:
                packages[package].add(imported.split(".")[0])
            elif room != target and {room, target} <= rooms[package].keys():
                rooms[package][room].add(target)
    lines = ["flowchart TD"]
    for package in PACKAGES:
        lines += [
            f"    subgraph {package}",
            *(f"        {room}[{room.split('.')[1]}]" for room in sorted(rooms[package])),
        ]
        lines += [*(f"        {arrow}" for arrow in _drawn(rooms[package])), "    end"]
    return "\n".join(lines + [f"    {arrow}" for arrow in _drawn(packages)]) + "\n"


def written(text: str) -> str:
    """Return a document with the picture in its block of ``mermaid``."""
    return _BLOCK.sub(lambda _: picture(), text, count=1)


def _rooms(graph: grimp.ImportGraph, package: str) -> list[str]:
    return sorted(child for child in graph.find_children(package) if graph.find_children(child))


def _drawn(arrows: Mapping[str, set[str]]) -> list[str]:
    """Write the arrows that do not follow from others, sorted."""
    kept = (
        (source, target)
        for source, targets in arrows.items()
        for target in targets
        if not any(target in _reached(arrows, other) for other in targets - {target})
    )
    return [f"{source} --> {target}" for source, target in sorted(kept)]


def _reached(arrows: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = {start}
    while waiting:
        new = arrows.get(waiting.pop(), set()) - reached
        reached |= new
        waiting |= new
    return reached


if __name__ == "__main__":
    if sys.argv[1:]:
        path = Path(sys.argv[1])
        path.write_text(written(path.read_text()))
    else:
        print(picture(), end="")  # noqa: T201
