"""A trained model as others can use it: in float32, and of Keras's own layers."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from trainer.fitting.equivariant import TURNS, TurnConvolution, TurnNormalization
from trainer.fitting.layers import FusedBatchNormalization
from trainer.frameworks import keras

_OWN = (FusedBatchNormalization, TurnConvolution, TurnNormalization)


def portable(model: keras.Model) -> keras.Model:
    """Return the model in float32 and without our own layers, predicting what it did.

    So it loads and exports where this package is not, and computes alike on every machine. Weights are float32 always;
    those that turns share are spelt out for each turn. Our layers within a user's own layer stay what they are. A model
    with nothing to change is returned as it is.
    """
    layers = _all_layers(model)
    if not any(isinstance(layer, _OWN) or layer.compute_dtype != layer.variable_dtype for layer in layers):
        return model
    description = keras.saving.serialize_keras_object(model)
    description.pop("compile_config", None)
    changed = keras.saving.deserialize_keras_object(_rewritten(description))
    spelt_out = {id(own): value for layer in layers for own, value in _spelt_out(layer)}
    for own, new in zip(model.weights, changed.weights, strict=True):
        new.assign(own if own.shape == new.shape else spelt_out[id(own)])
    return changed


def _all_layers(model: keras.Model) -> list[keras.Layer]:
    """Return a model and the layers in it, those in the attributes, lists and dictionaries of layers included."""
    layers: list[keras.Layer] = []
    waiting: list[object] = [model]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:  # a layer in two places, or a list that holds itself
            continue
        seen.add(id(value))
        if isinstance(value, keras.Layer):
            layers.append(value)
            waiting.extend(vars(value).values())
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
    return layers


def _spelt_out(layer: keras.Layer) -> list[tuple[keras.Variable, npt.NDArray[np.float32]]]:
    """Return the weights of a layer that Keras's own layer has in another shape, as that one has them."""
    if isinstance(layer, TurnConvolution):
        return [(layer.kernel, layer.turned_kernel(layer.kernel.value).numpy())]
    if isinstance(layer, TurnNormalization):
        return [(own, np.tile(own.numpy(), TURNS)) for own in layer.weights]
    return []


def _rewritten(value: object) -> object:
    if isinstance(value, list | tuple):
        return type(value)(_rewritten(item) for item in value)
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return {**value, "config": {"name": "float32"}}
    name = value.get("registered_name")
    if name in map(keras.saving.get_registered_name, (FusedBatchNormalization, TurnNormalization)):
        value = {**value, "module": "keras.layers", "class_name": "BatchNormalization", "registered_name": None}
    elif name == keras.saving.get_registered_name(TurnConvolution):
        config = {key: item for key, item in value["config"].items() if key != "lifting"}
        config |= {"padding": "same", "use_bias": False}
        value = {**value, "module": "keras.layers", "class_name": "Conv2D", "registered_name": None, "config": config}
    return {key: _rewritten(item) for key, item in value.items()}
