"""What a shell offers for a word that is being typed: `galaxy --install-completion` tells the shell to ask.

Nothing is opened that would take long, and what cannot be read is not offered; where nothing is, shells offer files.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from datasets import GalaxyTunerError, open_folder
from ui.wording import DEFAULT_STORAGE

_DATASET, _MODEL, _SEARCH = "dataset.json", "bundle.json", "specification.json"
# As many entries of a folder as are looked at.
_MOST = 500


def searches(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of searches in the storage that the command names so far."""
    return [name for name in _searches(ctx) if name.startswith(incomplete)]


def datasets(incomplete: str) -> list[str]:
    """Return the datasets beside what is typed so far."""
    return _folders_with(_DATASET, incomplete)


def models(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the models of searches in the default storage, or beside what is typed so far."""
    storage = _storage(ctx)
    of_searches = [str(Path(storage, name, "model")) for name in _searches(ctx)]
    found = [place for place in of_searches if place.startswith(incomplete) and Path(place, _MODEL).exists()]
    return [*dict.fromkeys([*found, *_folders_with(_MODEL, incomplete)])]


def one_of(values: tuple[str, ...]) -> Callable[[str], list[str]]:
    """Return what offers those of ``values`` that begin with what is typed so far."""

    def offered(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return offered


def _searches(ctx: typer.Context) -> list[str]:
    names: list[str] = []
    with contextlib.suppress(GalaxyTunerError):
        folder = open_folder(_storage(ctx))
        names = folder.names()
        if folder.local is not None:  # elsewhere each look takes long
            names = [name for name in names[:_MOST] if folder.local.joinpath(name, _SEARCH).exists()]
    return names


def _storage(ctx: typer.Context) -> str:
    given: Any = ctx.params.get("storage")
    return str(given or DEFAULT_STORAGE)


def _folders_with(file: str, incomplete: str) -> list[str]:
    above, _, begun = incomplete.rpartition("/")
    root = Path(above or ("/" if incomplete.startswith("/") else ".")).expanduser()
    with contextlib.suppress(OSError):
        names = sorted(path.name for path in [*root.iterdir()][:_MOST] if path.joinpath(file).exists())
        prefix = incomplete[: len(incomplete) - len(begun)]
        return [prefix + name for name in names if name.startswith(begun)]
    return []
