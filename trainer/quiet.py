"""TensorFlow without its start-up messages: they are not for the user, and hide what is."""

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache

from datasets import uncollected
from trainer.keras_defaults import default_keras

_NOISE = re.compile(
    rb"WARNING: All log messages before absl|[IWE]\d{4} [\d:.]+ +\d+ \S+\.cc:\d+\]|To enable the following instructions"
    rb"|INFO: Created TensorFlow Lite XNNPACK delegate"
)

_importing = threading.Lock()
"""One at a time: a module that another thread is still importing has not all that it will have."""


def quiet_tensorflow() -> None:
    """Ask TensorFlow to log errors only. Works only before TensorFlow is imported; imports nothing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


@cache
def import_tensorflow() -> None:
    """Import TensorFlow and Keras, if they are not yet, and leave out of stderr what their libraries log meanwhile.

    No setting silences those lines: they are written before TensorFlow reads any. Whatever else is written to stderr
    meanwhile appears once the import has ended. Without a search for garbage it takes a fifth less.

    Keras has TensorFlow for its backend then, and its own defaults. Raises FrameworkError where it has another one.
    """
    with _importing, default_keras():
        if {"keras", "tensorflow"} <= sys.modules.keys():
            return
        quiet_tensorflow()
        with without_noise(), uncollected():
            import keras  # noqa: F401
            import tensorflow  # noqa: F401


@contextlib.contextmanager
def without_noise() -> Iterator[None]:
    """Leave out of stderr what TensorFlow's libraries log while this is open; the rest appears once it has ended."""
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            held_back.seek(0)
            os.write(2, b"".join(line for line in held_back if not _NOISE.match(line)))
