"""Probabilities of a model for the rows of a dataset, alike on every machine."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from datasets import Batch, Progress, silent
from trainer.errors import InfeasibleError
from trainer.frameworks import keras, tf


class Epoch(Protocol):
    """Batches of images and labels, as `datasets.Batches` has them; it may be gone through once."""

    def __len__(self) -> int:
        """Count them."""

    def epoch(self) -> Iterator[Batch]:
        """Yield them."""


Result = TypeVar("Result")
Predictions = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""True labels, (n,), and probabilities, (n, classes)."""
_lock = threading.Lock()
_inside = 0
_before = True


@contextmanager
def full_float32() -> Iterator[None]:
    """While the block or function runs, multiply float32 in full: on some GPUs TensorFlow takes 10 bits of mantissa.

    Those (TensorFloat-32) make differences of 1e-3, by which the same network in another runtime seems to be another
    one. Training keeps them: there they cost nothing. It holds for the whole process, until the last thread leaves.
    """
    global _inside, _before  # TensorFlow's own setting is one of the process
    setting = tf.config.experimental
    with _lock:
        if _inside == 0:
            _before = setting.tensor_float_32_execution_enabled()
            setting.enable_tensor_float_32_execution(False)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                setting.enable_tensor_float_32_execution(_before)


@full_float32()
def predict(model: keras.Model, batches: Epoch, *, logits: bool, progress: Progress = silent) -> Predictions:
    """Return the true labels and the model's probabilities for all of ``batches``; ``progress`` is told of each.

    Raises InfeasibleError if an output is not finite, or outputs are no probabilities.
    """
    run: Callable[..., tf.Tensor] | None = None
    true, outputs = [], []
    for done, (images, labels) in enumerate(batches.epoch(), 1):
        # A model that its author's class calls knows no shape of its own.
        run = run or compiled(partial(model, training=False), tf.TensorSpec((None, *images.shape[1:]), tf.float32))
        true.append(labels)
        outputs.append(run(images).numpy())
        progress(done, len(batches))
    return np.concatenate(true), as_probabilities(np.concatenate(outputs), logits=logits)


def compiled(
    function: Callable[..., Result], *signature: tf.TensorSpec, jit_compile: bool | None = None
) -> Callable[..., Result]:
    """Compile a function of tensors, as it is written, when it is first called."""
    # TensorFlow counts tracings by code and warns of many, as many models make. A partial has no code.
    traced: Callable[..., Result] = tf.function(
        partial(function), input_signature=signature, autograph=False, jit_compile=jit_compile
    )
    return traced


def as_probabilities(outputs: npt.NDArray[np.float32], *, logits: bool) -> npt.NDArray[np.float32]:
    """Turn a model's outputs, float (n, classes), into float32 probabilities whose rows add up to 1.

    Softmax for logits; other outputs are divided by their sum (sigmoid outputs do not add up to 1).

    Raises InfeasibleError where an output is not finite; or negative, or all are 0, though not declared as logits.
    """
    if not np.isfinite(outputs).all():
        raise InfeasibleError("diverged: the model's outputs are not finite")
    outputs64 = outputs.astype(np.float64)
    if logits:
        return np.asarray(softmax(outputs64, axis=1), np.float32)
    total = outputs64.sum(axis=1, keepdims=True)
    if (outputs64 < 0).any() or (total <= 0).any():
        raise InfeasibleError(
            "the model's outputs must be probabilities, but some are negative or all 0: "
            "end it with a softmax, or compile it with a loss that has from_logits=True"
        )
    return np.asarray(outputs64 / total, np.float32)
