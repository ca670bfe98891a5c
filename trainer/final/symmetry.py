"""Predictions averaged over the flips and quarter turns of an image: a galaxy has no up."""

import keras
import numpy as np
import numpy.typing as npt

_SAME = 1e-3
"""Largest difference of a log-probability that is taken for rounding: a hundred times what float32 makes."""


def dihedral_average(
    model: keras.Model, images: npt.NDArray[np.float32] | None = None, *, logits: bool = False
) -> keras.Model:
    """Wrap a model so that it averages its outputs over the eight symmetries of the square.

    The average of a network over a symmetry group is invariant under it (Cohen & Welling 2016, arXiv:1602.07576,
    section 2). All views go through the network as one batch: eight, or two where its outputs for ``images`` are
    the same in all quarter turns. Weights are shared with ``model``.

    Args:
        model: images float32 (batch, side, side, 3) → (batch, classes), probabilities or logits.
        images: some such images; without them all eight views are taken.
        logits: whether its outputs are logits.

    Returns:
        A model of the same shapes; made of Keras's own operations, so it loads where ``model`` loads.
    """
    invariant = images is not None and _is_the_same_in_all_turns(model, images, logits=logits)
    upright = keras.Input(model.input_shape[1:], name="image")
    mirrored, all_turns = keras.ops.flip(upright, axis=2), range(1 if invariant else 4)
    views = [keras.ops.rot90(view, k=turns, axes=(1, 2)) for view in (upright, mirrored) for turns in all_turns]
    outputs = model(keras.ops.concatenate(views, axis=0), training=False)
    averaged = keras.ops.mean(keras.ops.reshape(outputs, (len(views), -1, outputs.shape[-1])), axis=0)
    return keras.Model(upright, averaged, name=f"{model.name}_averaged")


def _is_the_same_in_all_turns(model: keras.Model, images: npt.NDArray[np.float32], *, logits: bool) -> bool:
    # Of logarithms, as probabilities that are near 0 or 1 hide what a network tells apart.
    turned = [np.ascontiguousarray(np.rot90(images, turns, axes=(1, 2))) for turns in range(4)]
    outputs = [model(view, training=False) for view in turned]
    logarithms = [
        keras.ops.log_softmax(found) if logits else keras.ops.log(keras.ops.maximum(found, keras.config.epsilon() ** 4))
        for found in outputs
    ]
    return bool(np.ptp(np.stack([keras.ops.convert_to_numpy(found) for found in logarithms]), axis=0).max() <= _SAME)
