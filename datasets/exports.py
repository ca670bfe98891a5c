"""Public names of a package, imported when first used.

`galaxy leaderboard` must not wait for TensorFlow: a package lists what is public without importing it.
"""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Make a module-level ``__getattr__`` (PEP 562) that imports each public name from its home on first use.

    ``homes`` maps a public name to the full name of the module that defines it. The function made raises
    AttributeError for any other name, ImportError if the home cannot be imported.
    """

    def __getattr__(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(homes[name]), name)
        except AttributeError as error:  # `from package import name` would hide it behind a message of its own
            raise ImportError(f"{homes[name]} cannot be imported: {error}") from error

    return __getattr__
