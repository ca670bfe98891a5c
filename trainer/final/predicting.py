"""Probabilities of a model for the rows of a dataset."""

from functools import partial

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from datasets import Batches
from trainer.fitting.loop import as_probabilities


def predict(
    model: keras.Model, batches: Batches, *, logits: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the true labels, int64 (n,), and the model's probabilities, float32 (n, classes), for all of ``batches``.

    Raises InfeasibleError if an output is not finite, or outputs are no probabilities.
    """
    shape = tf.TensorSpec((None, *batches.dataset.image_shape), tf.float32)
    # TensorFlow counts tracings by code and warns of many. A partial has no code.
    compiled = tf.function(partial(model, training=False), input_signature=[shape], autograph=False)
    true, outputs = [], []
    for images, labels in batches.epoch():
        true.append(labels)
        outputs.append(compiled(images).numpy())
    return np.concatenate(true), as_probabilities(np.concatenate(outputs), logits=logits)
