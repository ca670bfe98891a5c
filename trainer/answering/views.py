"""Test-time augmentation: predictions averaged over an image flipped, turned (a galaxy has no up) and in two sizes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trainer.answering.predicting import full_float32
from trainer.frameworks import keras

AS_IT_IS = (1.0,)
TWO_SIZES = (0.85, 1.15)
"""Scales of the views of `view_average`: three quarters of the zoom of the strongest augmentation, either way.

Margins are of whole pixels, so images of few pixels are scaled by more or less: of 16 pixels by 0.89 and 1.14.
"""
_ALL_TURNS = 4
_AT_ONCE = 512
"""Views in a batch: 32 features of each pixel of 96×96 take 600 MB."""
_SAME = 1e-3
"""Largest difference of a log-probability that is taken for rounding: a hundred times what float32 makes."""


def view_average(
    model: keras.Model,
    *,
    image_shape: tuple[int, int, int] | None = None,
    turns: int = _ALL_TURNS,
    scales: Sequence[float] = AS_IT_IS,
) -> keras.Model:
    """Wrap a model so that it averages its outputs over the image and its mirror image, each in all turns and scales.

    The average of a network over a symmetry group is invariant under it (Cohen & Welling 2016, arXiv:1602.07576,
    section 2). All views go through the network as one batch: 2 × ``turns`` × the number of scales. Weights are shared
    with ``model``.

    Args:
        model: images float32 (batch, side, side, 3) → (batch, classes), probabilities or logits.
        image_shape: of the images, where the model takes more than one: (side, side, 3).
        turns: how many of the four quarter turns; see `differing_turns`.
        scales: of the views: what is larger loses its margin, what is smaller is mirrored at its border.

    Returns:
        A model of the same shapes; made of Keras's own operations, so it loads where ``model`` loads.
    """
    images = keras.Input(image_shape or model.input_shape[1:], name="image")
    averaged = keras.ops.mean(_outputs_of_views(model, images, turns, scales), axis=0)
    return keras.Model(images, averaged, name=f"{model.name}_averaged")


def every_view(
    model: keras.Model, *, image_shape: tuple[int, int, int], turns: int, scales: Sequence[float]
) -> keras.Model:
    """Wrap a model so that it gives its outputs for each view that `view_average` averages: (batch, views, classes).

    First come all scales of the image, then those of its mirror image, each in all turns; it and ``scales`` as there.
    """
    images = keras.Input(image_shape, name="image")
    return keras.Model(images, keras.ops.swapaxes(_outputs_of_views(model, images, turns, scales), 0, 1))


def _outputs_of_views(
    model: keras.Model, images: keras.KerasTensor, turns: int, scales: Sequence[float]
) -> keras.KerasTensor:
    """Return a model's outputs for each view of ``images``: (views, batch, classes)."""
    upright = [_scaled(images, scale) for scale in scales]
    flipped = [keras.ops.flip(view, axis=2) for view in upright]
    views = [keras.ops.rot90(view, k=k, axes=(1, 2)) for view in (*upright, *flipped) for k in range(turns)]
    outputs = model(keras.ops.concatenate(views, axis=0), training=False)
    return keras.ops.reshape(outputs, (len(views), -1, outputs.shape[-1]))


def images_at_once(views: int, most: int) -> int:
    """Return how many images, 1 to ``most``, of so many views each a batch may have for its memory."""
    return max(1, min(most, _AT_ONCE // views))


def _scaled(images: keras.KerasTensor, scale: float) -> keras.KerasTensor:
    """Enlarge what ``images``, (batch, side, side, 3), show by ``scale``, bilinear: (batch, side, side, 3)."""
    side = images.shape[1]
    margin = round(abs(side / scale - side) / 2)
    if margin == 0:
        return images
    if scale > 1:
        framed = images[:, margin:-margin, margin:-margin]
    else:
        framed = keras.ops.pad(images, [[0, 0], [margin, margin], [margin, margin], [0, 0]], mode="reflect")
    # As training's images are scaled, without smoothing before.
    return keras.ops.image.resize(framed, (side, side), interpolation="bilinear", antialias=False)


@full_float32()
def differing_turns(model: keras.Model, images: npt.NDArray[np.float32], *, logits: bool = False) -> int:
    """Return 1 if the model's outputs for ``images``, (n, side, side, 3), are the same in all quarter turns, else 4.

    ``logits`` says whether its outputs are logits.
    """
    # Of logarithms, as probabilities that are near 0 or 1 hide what a network tells apart.
    turned = [np.ascontiguousarray(np.rot90(images, turns, axes=(1, 2))) for turns in range(_ALL_TURNS)]
    stacked = keras.ops.stack([model(view, training=False) for view in turned])
    logarithms = (
        keras.ops.log_softmax(stacked)
        if logits
        else keras.ops.log(keras.ops.maximum(stacked, keras.config.epsilon() ** 4))
    )
    spread = np.ptp(keras.ops.convert_to_numpy(logarithms), axis=0).max()
    return 1 if spread <= _SAME else _ALL_TURNS
