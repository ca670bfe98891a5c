"""A package's public names, said once, in its ``__init__.pyi``, and imported from their homes when first used.

`galaxy leaderboard` must not wait for TensorFlow: a package lists what is public without importing it.
"""

from collections.abc import Callable

import lazy_loader


def attach_public_names(package: str, file: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of ``package``, whose ``__init__.py`` is ``file``.

    The first raises AttributeError for a name that is not public, ImportError where a name's home cannot be imported.
    """
    get, listed, public = lazy_loader.attach_stub(package, file)

    def __getattr__(name: str) -> object:
        if name not in public:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return get(name)
        except AttributeError as error:  # `from package import name` would hide it behind a message of its own
            raise ImportError(f"{package}.{name} cannot be imported: {error}") from error

    return __getattr__, listed, public
