"""Float32 that is float32, so that a model answers alike on every machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

_lock = threading.Lock()
_inside = 0
_before = True


@contextmanager
def full_float32() -> Iterator[None]:
    """While the block or function runs, multiply float32 in full: on some GPUs TensorFlow takes 10 bits of mantissa.

    Those (TensorFloat-32) make differences of 1e-3, by which the same network in another runtime seems to be another
    one. Training keeps them: there they cost nothing. It holds for the whole process, until the last thread leaves.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _before  # TensorFlow's own setting is one of the process
    with _lock:
        if _inside == 0:
            _before = tf.config.experimental.tensor_float_32_execution_enabled()
            tf.config.experimental.enable_tensor_float_32_execution(False)
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside == 0:
            tf.config.experimental.enable_tensor_float_32_execution(_before)
