"""The source files of a user's space: whether two machines have the same."""

import sys
import sysconfig
from collections.abc import Iterable, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from modulefinder import Module, ModuleFinder
from pathlib import Path
from typing import Any

_NAMESPACE = -1
_INSTALLED = ("site-packages", "dist-packages")
_PYTHONS = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))


def space_sources(reference: str, *, but: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Return the files that ``module:object`` is made of, by their names relative to where they are imported from.

    The module and what it imports, in turn, from beside it or wherever else `sys.path` leads, but for the standard
    library and what is installed; of an installed package all its modules. Nothing is imported or run, and packages
    called as in ``but`` are left out. Empty where there is no such module, or it does not parse: who imports it says
    so.
    """
    found = _found(reference)
    if found is None:
        return {}
    if _is_installed(found):
        every = found.rglob("*.py") if found.is_dir() else [found]
        files = {file.relative_to(found.parent).as_posix(): file for file in every}
    else:
        files = _imported(_module(reference), found.parent, but)
    return {name: file.read_bytes() for name, file in sorted(files.items())}


def space_imports(reference: str, *, but: tuple[str, ...] = ()) -> set[str]:
    """Return the topmost modules that the user's own ones of ``module:object`` import and that are not the user's.

    So those of installed packages, and Python's own. Empty where the module is installed itself.
    """
    found = _found(reference)
    return set() if found is None or _is_installed(found) else _followed(_module(reference), found.parent, but).others


def own_sources(reference: str, *, but: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Return the same where the module is the user's own, nothing where it is installed: every node has that."""
    found = _found(reference)
    return {} if found is None or _is_installed(found) else space_sources(reference, but=but)


def _found(reference: str) -> Path | None:
    """Return the file or folder of the module's topmost package."""
    spec = PathFinder.find_spec(_module(reference).partition(".")[0], _places())
    places = [*(spec.submodule_search_locations or ())] if spec else []
    return Path(places[0]) if places else Path(spec.origin) if spec and spec.origin else None


def _places() -> list[str]:
    return [str(Path.cwd()), *sys.path]


def _module(reference: str) -> str:
    return reference.partition(":")[0]


def _is_installed(found: Path) -> bool:
    """Whether a topmost module or package lies where packages are installed, as by ``pip install --target``."""
    place = found.parent
    return place.name in _INSTALLED or next(place.glob("*.dist-info"), None) is not None


def _is_users(spec: ModuleSpec) -> bool:
    """Whether a topmost module is neither installed nor Python's own."""
    found = Path([*(spec.submodule_search_locations or ()), spec.origin][0] or "")
    is_pythons = any(found.is_relative_to(place) for place in _PYTHONS)
    return found.exists() and not is_pythons and not _is_installed(found)


class _Finder(ModuleFinder):
    """Finds the user's modules alone, those in folders without an ``__init__.py``, too.

    Of such folders the library's own finder knows nothing.

    Attributes:
        others: the topmost modules that were asked for and are not the user's.
    """

    def __init__(self, base: Path, excludes: Iterable[str]) -> None:
        super().__init__(path=[str(base), *_places()], excludes=[*excludes])
        self.others: set[str] = set()

    def find_module(self, name: str, path: Any, parent: Any = None) -> Any:
        places = self.path if path is None else path
        spec = PathFinder.find_spec(name, places) if name not in sys.builtin_module_names else None
        if path is None and (spec is None or not _is_users(spec)):
            if name not in self.excludes:
                self.others.add(name)
            raise ImportError(name)
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


def _followed(module: str, base: Path, but: tuple[str, ...]) -> _Finder:
    """Return the finder of a module that has found all that this imports; nothing where it does not parse."""
    finder = _Finder(base, but)
    try:
        finder.import_hook(module, fromlist=["*"])
    except (ImportError, SyntaxError):
        return _Finder(base, but)
    return finder


def _imported(module: str, base: Path, but: tuple[str, ...]) -> dict[str, Path]:
    named: Mapping[str, Any] = _followed(module, base, but).modules  # its stubs know none of their attributes
    files = {}
    for name, found in named.items():
        if found.__file__ and (file := Path(found.__file__)).suffix == ".py":
            folders = name.split(".") if file.stem == "__init__" else name.split(".")[:-1]
            files["/".join([*folders, file.name])] = file
    return files
