"""Which code a node runs: this project's, the user's space, and the versions of what both stand on.

A worker with other code than its driver trains other networks under the same names. It is told apart by a hash of the
files, not by a version: who edits a file on one machine forgets the number.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

from search import SpaceError, space_imports, space_sources

PACKAGES = ("cluster", "datasets", "search", "trainer", "ui")
LOCKS = ("requirements.lock", "requirements-gpu.lock")
_ROOT = Path(__file__).parents[2]
CODE = frozenset({".py", ".toml", ".jinja"})
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==", re.MULTILINE)
_MOST_NAMED = 3


@dataclass(frozen=True)
class CodeIdentity:
    """What a process runs.

    Attributes:
        files: SHA-256 of each file of the five packages and of the user's space, by what it is called in messages.
        versions: The Python of it, and the version of each installed distribution that every lock file names.
        imported: The versions of those that no lock file names and the user's space imports, perhaps to draw a figure
            or where it is there alone: they are compared where both have them.
    """

    files: Mapping[str, str]
    versions: Mapping[str, str]
    imported: Mapping[str, str] = field(default_factory=dict)

    def differences(self, other: "CodeIdentity") -> list[str]:
        """Say in what ``other``, a node's, is not as this one, the driver's; empty where they are the same."""
        changed = _differing(self.files, other.files)
        files = [
            f"{name}, which is not here" if ours is None else f"{'another' if theirs else 'no'} {name}"
            for name, ours, theirs in changed[:_MOST_NAMED]
        ]
        if len(changed) > _MOST_NAMED:
            files.append(f"{len(changed) - _MOST_NAMED} more files")
        versions = [
            f"{name} {theirs or 'missing'} instead of {ours or 'none'}"
            for name, ours, theirs in _differing(self.versions, other.versions)
        ]
        both = self.imported.keys() & other.imported.keys()
        versions += [
            f"{name} {other.imported[name]} instead of {self.imported[name]}"
            for name in sorted(both)
            if other.imported[name] != self.imported[name]
        ]
        if len(versions) > _MOST_NAMED:
            versions[_MOST_NAMED:] = [f"{len(versions) - _MOST_NAMED} more versions"]
        return files + versions

    def differs_in(self, other: "CodeIdentity", folder: str) -> bool:
        """Whether files below ``folder`` of the project are not the same in ``other``."""
        return any(name.startswith(folder) for name, _, _ in _differing(self.files, other.files))


@lru_cache
def code_identity(hypermodel: str | None) -> CodeIdentity:
    """Return what this process runs; ``hypermodel`` is the search's ``module:object``, None where it has none.

    Of a HyperModel that was given as an object, and of a catalogue, it is the modules that are needed, parted by
    spaces. Takes about 0.2 s, once a process.
    """
    files = {name: sha256(file.read_bytes()).hexdigest() for name, file in _project_files()}
    imports: set[str] = set()
    for reference in (hypermodel or "").split():
        # The packages may lie beside the user's module, where the project itself is the current directory.
        sources = space_sources(reference, but=PACKAGES)
        files |= {f"space {name}": sha256(data).hexdigest() for name, data in sources.items()}
        imports |= space_imports(reference, but=PACKAGES)
    versions, imported = _versions(imports)
    return CodeIdentity(files, {"Python": ".".join(map(str, sys.version_info[:2])), **versions}, imported)


def check_there(reference: str, *, option: str) -> None:
    """Raise SpaceError, one line, unless the module of ``module:object`` is found here and parses. It is not run."""
    module, separator, name = reference.partition(":")
    if not (module and separator and name):
        raise SpaceError(f"{option} {reference}: expected module:object, such as my_models:build")
    if not space_sources(reference, but=PACKAGES):
        raise SpaceError(f"{option} {reference}: expected the module {module} in {Path.cwd()}, found none")


def _project_files() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for file in sorted((_ROOT / package).rglob("*")):
            if file.suffix in CODE:
                yield file.relative_to(_ROOT).as_posix(), file


def _versions(imports: Set[str] = frozenset()) -> tuple[dict[str, str], dict[str, str]]:
    """Return the versions of what is installed and named by every lock file that there is, in the lock's spelling.

    And those of what no lock names and ``imports``, topmost modules, are of: only the user knows of that. What some
    locks name is of one kind of node.
    """
    texts = [path.read_text() for name in LOCKS if (path := _ROOT / name).is_file()]
    locks = [{_normal(name) for name in _PINNED.findall(text)} for text in texts]
    of_modules = packages_distributions() if imports else {}
    users = {_normal(name) for module in imports for name in of_modules.get(module, ())}.difference(*locks)
    locked = set.intersection(*locks) if locks else set()
    # Of two that are installed the first on the path is imported.
    installed = {_normal(one.name): one.version for one in reversed([*distributions()]) if one.name}
    of_locks, of_users = (
        {name: installed[name] for name in sorted(each & installed.keys())} for each in (locked, users)
    )
    return of_locks, of_users


def _normal(name: str) -> str:
    """Return a distribution's name as every index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[tuple[str, str | None, str | None]]:
    names = sorted(ours.keys() | theirs.keys())
    return [(name, ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)]
