"""Importing a user's modules, where that is asked for, so that their classes are known. It needs no TensorFlow."""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from datasets import place_of, placed, unexited
from trainer.errors import BundleError, one_line
from trainer.quiet import without_noise


def import_modules(names: Iterable[str]) -> None:
    """Import modules of a user's, from the current directory before most other places, for what they register.

    Raises BundleError, naming the option ``--module``.
    """
    here = str(Path.cwd())
    for name in names:
        if here not in sys.path:
            sys.path.insert(1, here)
        try:
            with unexited(), without_noise():  # most import TensorFlow
                importlib.import_module(name)
        except Exception as error:  # a user's module may raise anything while it is imported
            fault = f"--module {name}: cannot be imported from {here}: {one_line(error)}"
            raise BundleError(placed(fault, place_of(error))) from error
