"""A trained model as others can use it: in float32, and of Keras's own layers."""

import numpy as np
import numpy.typing as npt

from trainer.bundles.keeping import all_layers
from trainer.fitting.equivariant import TURNS, TurnConvolution, TurnNormalization
from trainer.fitting.layers import FusedBatchNormalization
from trainer.frameworks import keras

_OWN = (FusedBatchNormalization, TurnConvolution, TurnNormalization)


def untrained(model: keras.Model) -> keras.Model:
    """Return the model without what its author's class does in training, such as a ``train_step``.

    Where the class leaves to Keras how layers follow each other, it is no more than that: a plain model of the same
    layers predicts the same, and loads where the class is not known. Any other model is returned as it is.
    """
    calling = next(kind for kind in type(model).__mro__ if "call" in vars(kind))
    if type(model).__module__.startswith("keras.") or not calling.__module__.startswith("keras."):
        return model
    (images,), (outputs,) = model.inputs, model.outputs
    return keras.Model(images, outputs, name=model.name)


def portable(model: keras.Model) -> keras.Model:
    """Return the model in float32 and without our own layers, predicting what it did.

    So it loads and exports where this package is not, and computes alike on every machine. Weights are float32 always;
    those that turns share are spelt out for each turn. Our layers within a user's own layer stay what they are. A model
    with nothing to change is returned as it is.
    """
    model = untrained(model)
    layers = all_layers(model)
    if not any(isinstance(layer, _OWN) or layer.compute_dtype != layer.variable_dtype for layer in layers):
        return model
    description = keras.saving.serialize_keras_object(model)
    description.pop("compile_config", None)
    changed = keras.saving.deserialize_keras_object(_rewritten(description))
    spelt_out = {id(own): value for layer in layers for own, value in _spelt_out(layer)}
    for own, new in zip(model.weights, changed.weights, strict=True):
        new.assign(own if own.shape == new.shape else spelt_out[id(own)])
    return changed


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
