"""Importing a user's modules, where that is asked for, so that their classes are known. It needs no TensorFlow."""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from trainer.errors import BundleError


def import_modules(names: Iterable[str]) -> None:
    """Import modules of a user's, from the current directory before most other places, for what they register.

    Raises BundleError, naming the option ``--module``.
    """
    here = str(Path.cwd())
    for name in names:
        if here not in sys.path:
            sys.path.insert(1, here)
        try:
            importlib.import_module(name)
        except Exception as error:  # a user's module may raise anything while it is imported
            raise BundleError(
                f"--module {name}: cannot be imported from {here}: {type(error).__name__}: {error}"
            ) from error
