"""Probabilities of a model for the rows of a dataset."""

from functools import partial

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from datasets import Batches
from trainer.final.exactness import full_float32
from trainer.fitting.loop import as_probabilities

Predictions = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""True labels, (n,), and probabilities, (n, classes)."""


@full_float32()
def predict(model: keras.Model, batches: Batches, *, logits: bool) -> Predictions:
    """Return the true labels and the model's probabilities for all of ``batches``.

    Raises InfeasibleError if an output is not finite, or outputs are no probabilities.
    """
    shape = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    # TensorFlow counts tracings by code and warns of many. A partial has no code.
    compiled = tf.function(partial(model, training=False), input_signature=[shape], autograph=False)
    true, outputs = [], []
    for images, labels in batches.epoch():
        true.append(labels)
        outputs.append(compiled(images).numpy())
    return np.concatenate(true), as_probabilities(np.concatenate(outputs), logits=logits)
