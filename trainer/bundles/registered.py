"""What users have registered with Keras for their models, and the modules that do so.

A model's file holds names. Keras finds its own classes by them anywhere, a user's only where the module that registers
it (`keras.saving.register_keras_serializable`) has been imported.
"""

import io
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from datasets import read_json
from trainer.frameworks import keras

_EVERYWHERE = ("keras", "trainer")
"""Packages whose classes are found wherever a bundle is loaded."""


def named_by(config: object) -> dict[str, Any]:
    """Return what users have registered, by its key, of all that a model's configuration names."""
    users = _of_users()
    # A class stands under a key of its own, a function as any text.
    texts = {value for value in _values(config) if isinstance(value, str)} if users else set()
    return {name: users[name] for name in users.keys() & texts}


@contextmanager
def registered_alone(named: Mapping[str, Any]) -> Iterator[None]:
    """While the block runs, let of all that users have registered nothing be found but ``named``."""
    known = keras.saving.get_custom_objects()
    hidden = {name: value for name, value in _of_users().items() if name not in named}
    for name in hidden:
        del known[name]
    try:
        yield
    finally:
        known.update(hidden)


def missing_modules(data: bytes) -> tuple[str, ...]:
    """Return the modules that a model's file names as those of registered classes, and that are not imported.

    None of a file that is no model.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            config = read_json(archive.read("config.json"))
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, EOFError, RuntimeError):
        return ()
    classes = [
        value for value in _values(config) if isinstance(value, dict) and ">" in str(value.get("registered_name"))
    ]
    modules = {value["module"] for value in classes if isinstance(value.get("module"), str)}
    return tuple(sorted(module for module in modules if module not in sys.modules and not _is_everywhere(module)))


def _of_users() -> dict[str, Any]:
    known = keras.saving.get_custom_objects()
    return {name: value for name, value in known.items() if not _is_everywhere(value.__module__)}


def _is_everywhere(module: str) -> bool:
    return module.partition(".")[0] in _EVERYWHERE


def _values(config: object) -> Iterator[object]:
    """Go through a configuration and all that it holds."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
