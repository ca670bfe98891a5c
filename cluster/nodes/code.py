"""Which code a node runs: this project's, the user's space, and the versions of what both stand on.

A worker with other code than its driver trains other networks under the same names. It is told apart by a hash of the
files, not by a version: who edits a file on one machine forgets the number.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path

from search import SpaceError, space_sources

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
    """

    files: Mapping[str, str]
    versions: Mapping[str, str]

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
    for reference in (hypermodel or "").split():
        # The packages may lie beside the user's module, where the project itself is the current directory.
        sources = space_sources(reference, but=PACKAGES)
        files |= {f"space {name}": sha256(data).hexdigest() for name, data in sources.items()}
    return CodeIdentity(files, {"Python": ".".join(map(str, sys.version_info[:2])), **_versions()})


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


def _versions() -> dict[str, str]:
    """Return the versions of what is installed and named by every lock file that there is, in the lock's spelling."""
    locks = [_PINNED.findall(path.read_text()) for name in LOCKS if (path := _ROOT / name).is_file()]
    named = set.intersection(*({_normal(name) for name in lock} for lock in locks)) if locks else set()
    # Of two that are installed the first on the path is imported.
    installed = {_normal(one.name): one.version for one in reversed([*distributions()]) if one.name}
    return {name: installed[name] for name in sorted(named & installed.keys())}


def _normal(name: str) -> str:
    """Return a distribution's name as every index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[tuple[str, str | None, str | None]]:
    names = sorted(ours.keys() | theirs.keys())
    return [(name, ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)]
