"""Keras as it comes, in every process: what an environment or a ``keras.json`` says is another thing on each node.

There it would make other networks of the same space, or none.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from trainer.errors import FrameworkError

_BACKEND = "tensorflow"
_FLOATX, _EPSILON, _DATA_FORMAT = "float32", 1e-7, "channels_last"
_ADVICE = f"expected {_BACKEND}, with which Galaxy Tuner trains: set KERAS_BACKEND={_BACKEND} and begin anew"


@contextmanager
def default_keras() -> Iterator[None]:
    """Have Keras, which the block imports, compute with TensorFlow, and give it its own defaults.

    What a space's module sets is set after that, and stays: it is the same on every node. Raises FrameworkError where
    Keras has been imported with another backend, or its import has failed for one.
    """
    if (keras := sys.modules.get("keras")) is None:
        os.environ["KERAS_BACKEND"] = _BACKEND
    elif (found := keras.config.backend()) != _BACKEND:
        raise FrameworkError(f"Keras was imported with the backend {found} before: {_ADVICE}")
    try:
        yield
    except ModuleNotFoundError as error:
        raise FrameworkError(f"Keras cannot be imported, {error}: {_ADVICE}") from error
    config = sys.modules["keras"].config
    config.set_floatx(_FLOATX)
    config.set_epsilon(_EPSILON)
    config.set_image_data_format(_DATA_FORMAT)
