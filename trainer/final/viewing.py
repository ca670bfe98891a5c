"""What a trained network answers by how many views of an image it averages: each view is computed once."""

from collections.abc import Callable
from functools import partial

import numpy as np

from datasets import Dataset
from trainer.answering.predicting import Epoch, as_probabilities, compiled, full_float32
from trainer.answering.views import AS_IT_IS, TWO_SIZES, every_view, images_at_once
from trainer.final.answers import Probabilities
from trainer.fitting.epoch import VALIDATION_BATCH_SIZE
from trainer.frameworks import keras, tf

_SCALES = (*AS_IT_IS, *TWO_SIZES)


@full_float32()
def answers_by_views(
    model: keras.Model, dataset: Dataset, batches: Callable[[int], Epoch], *, turns: int, logits: bool
) -> dict[int, Probabilities]:
    """Return, by the number of views, the probabilities of a model for images of a dataset, (n, classes), n ≥ 0.

    ``batches`` makes the images' batches of a size. ``turns`` are those that `differing_turns` found. Averages are
    those of `view_average`.

    Raises InfeasibleError if an output is not finite, or outputs are no probabilities.
    """
    network = every_view(model, image_shape=dataset.image_shape, turns=turns, scales=_SCALES)
    run = compiled(partial(network, training=False), tf.TensorSpec((None, *dataset.image_shape), tf.float32))
    at_once = images_at_once(2 * turns * len(_SCALES), VALIDATION_BATCH_SIZE)
    parts: list[tuple[Probabilities, ...]] = []
    for images, _ in batches(at_once).epoch():
        outputs = run(images).numpy().reshape(len(images), 2, len(_SCALES), turns, -1)
        parts.append((outputs[:, 0, 0, 0], outputs[:, :, 0].mean((1, 2)), outputs[:, :, 1:].mean((1, 2, 3))))
    numbers = (1, 2 * turns, 2 * turns * len(TWO_SIZES))
    nothing = np.zeros((0, len(dataset.classes)), np.float32)
    each = zip(*parts, strict=True) if parts else [(nothing,)] * len(numbers)
    return {
        views: as_probabilities(np.concatenate(part), logits=logits) for views, part in zip(numbers, each, strict=True)
    }
