"""The source files of a user's space: whether two machines have the same."""

import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

_INSTALLED = ("site-packages", "dist-packages")


def space_sources(reference: str, *, but: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Return the files that ``module:object`` is made of, by their names relative to where the module is found.

    The module and what it imports, in turn, from beside it; of an installed package all its modules. Nothing is
    imported or run, and packages called as in ``but`` are left out. Empty where there is no such module, or it does
    not parse: who imports it says so.
    """
    found = _found(reference)
    if found is None:
        return {}
    if _is_installed(found):
        files = set(found.rglob("*.py") if found.is_dir() else [found])
    else:
        files = _imported(_module(reference), found.parent, but)
    return {file.relative_to(found.parent).as_posix(): file.read_bytes() for file in sorted(files)}


def own_sources(reference: str, *, but: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Return the same where the module is the user's own, nothing where it is installed: every node has that."""
    found = _found(reference)
    return {} if found is None or _is_installed(found) else space_sources(reference, but=but)


def _found(reference: str) -> Path | None:
    """Return the file or folder of the module's topmost package."""
    spec = PathFinder.find_spec(_module(reference).partition(".")[0], [str(Path.cwd()), *sys.path])
    places = [*(spec.submodule_search_locations or ())] if spec else []
    return Path(places[0]) if places else Path(spec.origin) if spec and spec.origin else None


def _module(reference: str) -> str:
    return reference.partition(":")[0]


def _is_installed(found: Path) -> bool:
    return found.parent.name in _INSTALLED


def _imported(module: str, base: Path, but: tuple[str, ...]) -> set[Path]:
    finder = ModuleFinder(path=[str(base)], excludes=[*but])
    try:
        finder.import_hook(module, fromlist=["*"])
    except (ImportError, SyntaxError):
        return set()
    named: Mapping[str, Any] = finder.modules  # its stubs know none of their attributes
    files = (Path(found.__file__) for found in named.values() if found.__file__)
    return {file for file in files if file.suffix == ".py"}
