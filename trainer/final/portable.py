"""A trained model as others can use it: in float32, and of Keras's own layers."""

from typing import Any

import keras

from trainer.fitting.layers import FusedBatchNormalization


def portable(model: keras.Model) -> keras.Model:
    """Return the model in float32 and without our own layers; the weights, which are float32 always, are the same.

    So it loads and exports where this package is not, and computes alike on every machine. A model that has nothing to
    change is returned itself.
    """
    if not any(_needs_change(layer) for layer in model._flatten_layers()):
        return model
    description = keras.saving.serialize_keras_object(model)
    description.pop("compile_config", None)
    changed = keras.saving.deserialize_keras_object(_rewritten(description))
    changed.set_weights(model.get_weights())
    return changed


def _needs_change(layer: keras.Layer) -> bool:
    return isinstance(layer, FusedBatchNormalization) or layer.compute_dtype != layer.variable_dtype


def _rewritten(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_rewritten(item) for item in value)
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return {**value, "config": {"name": "float32"}}
    if value.get("class_name") == FusedBatchNormalization.__name__:
        value = {**value, "module": "keras.layers", "class_name": "BatchNormalization", "registered_name": None}
    return {key: _rewritten(item) for key, item in value.items()}
