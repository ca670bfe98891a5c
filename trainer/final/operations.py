"""How much a network computes: the same on every machine, whatever else it does meanwhile.

TensorFlow's own count is of its first version, and deprecated; Keras has none.
"""

from functools import partial
from math import prod

from trainer.answering.predicting import compiled
from trainer.frameworks import keras, tf


def operations(model: keras.Model, image_shape: tuple[int, int, int]) -> int:
    """Return about how many multiplications, at least 1, a model does for one image, (height, width, 3).

    Those of convolutions and of products of matrices, and one for each number that comes of anything else.
    """
    run = compiled(partial(model, training=False), tf.TensorSpec((1, *image_shape), tf.float32))
    graph = run.get_concrete_function().graph  # type: ignore[attr-defined]
    return max(1, sum(_multiplications(one) for one in graph.get_operations()))


def _multiplications(operation: tf.Operation) -> int:
    each = 1
    if operation.type == "Conv2D":
        each = _size(operation.inputs[1].shape[:-1])
    elif operation.type == "DepthwiseConv2dNative":
        each = _size(operation.inputs[1].shape[:2])
    elif operation.type == "MatMul":
        each = _size(operation.inputs[0].shape[-1:])
    return each * sum(_size(output.shape) for output in operation.outputs)


def _size(shape: tf.TensorShape) -> int:
    """Count the numbers of a shape; what is not known of it is taken as 1."""
    return 1 if shape.rank is None else prod(side or 1 for side in shape)
