"""Predictions averaged over the eight flips and quarter turns of an image: a galaxy has no up."""

import keras


def dihedral_average(model: keras.Model) -> keras.Model:
    """Wrap a model so that it averages its outputs over the eight symmetries of the square.

    The average of a network over a symmetry group is invariant under it (Cohen & Welling 2016, arXiv:1602.07576,
    section 2). All eight views go through the network as one batch. Weights are shared with ``model``.

    Args:
        model: images float32 (batch, side, side, 3) → (batch, classes), probabilities or logits.

    Returns:
        A model of the same shapes; made of Keras's own operations, so it loads where ``model`` loads.
    """
    images = keras.Input(model.input_shape[1:], name="image")
    mirrored = keras.ops.flip(images, axis=2)
    views = [keras.ops.rot90(view, k=turns, axes=(1, 2)) for view in (images, mirrored) for turns in range(4)]
    outputs = model(keras.ops.concatenate(views, axis=0), training=False)
    averaged = keras.ops.mean(keras.ops.reshape(outputs, (len(views), -1, outputs.shape[-1])), axis=0)
    return keras.Model(images, averaged, name=f"{model.name}_averaged")
