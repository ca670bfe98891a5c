"""Float32 that is float32, so that a model answers alike on every machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf


@contextmanager
def full_float32() -> Iterator[None]:
    """While the block or function runs, multiply float32 in full: on some GPUs TensorFlow takes 10 bits of mantissa.

    Those (TensorFloat-32) make differences of 1e-3, by which the same network in another runtime seems to be another
    one. Training keeps them: there they cost nothing.
    """
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
