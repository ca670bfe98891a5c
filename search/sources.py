"""The source files of a user's space: whether two machines have the same."""

import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from modulefinder import Module, ModuleFinder
from pathlib import Path
from typing import Any

_NAMESPACE = -1
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


class _Finder(ModuleFinder):
    """Finds folders of modules without an ``__init__.py``, too, of which the library's own finder knows nothing."""

    def find_module(self, name: str, path: Any, parent: Any = None) -> Any:
        places = self.path if path is None else path
        spec = PathFinder.find_spec(name, places) if name not in sys.builtin_module_names else None
        if spec is not None and spec.loader is None and spec.submodule_search_locations:
            if name in self.excludes:
                raise ImportError(name)
            return None, [*spec.submodule_search_locations], ("", "", _NAMESPACE)
        return super().find_module(name, path, parent)

    def load_module(self, fqname: str, fp: Any, pathname: Any, file_info: Any) -> Any:
        if file_info[2] != _NAMESPACE:
            return super().load_module(fqname, fp, pathname, file_info)
        self.modules[fqname] = module = Module(fqname, None, pathname)
        return module


def _imported(module: str, base: Path, but: tuple[str, ...]) -> set[Path]:
    finder = _Finder(path=[str(base)], excludes=[*but])
    try:
        finder.import_hook(module, fromlist=["*"])
    except (ImportError, SyntaxError):
        return set()
    named: Mapping[str, Any] = finder.modules  # its stubs know none of their attributes
    files = (Path(found.__file__) for found in named.values() if found.__file__)
    return {file for file in files if file.suffix == ".py"}
