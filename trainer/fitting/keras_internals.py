"""What is used of Keras beside its public names, each with its reason; looked for when this is imported.

What `FusedAdamW` overrides or reads of its base class can only be written there, and is listed here.
"""

from types import FunctionType

from trainer.errors import FrameworkError
from trainer.frameworks import keras

_MADE_FOR = "3.15"
_OF_ADAMW = {
    "_backend_update_step": "the step of all weights at once; the public `update_step` is of one",
    "_apply_weight_decay": "likewise the decay of all weights",
    "_update_model_variables_moving_average": "likewise the averages of all weights that `use_ema` keeps",
    "_get_variable_index": "where the moments of a weight stand",
    "_momentums": "the first moments, which the operation updates",
    "_velocities": "the second moments, likewise",
    "_model_variables_moving_average": "the averages that `use_ema` keeps",
    "_use_weight_decay": "whether a weight is to be decayed",
}
_OF_LOSS_SCALING = ("_tf_apply", "_common_apply")


def global_seed_state() -> keras.Variable:
    """Return the state of the seed generator that layers without a seed of their own draw from.

    Without it a continued training would draw other numbers than an uninterrupted one.
    """
    return keras.src.random.seed_generator.global_seed_generator().state


def all_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model, those within its layers as well, each once; there is no public way to them all."""
    return list(model._flatten_layers(include_self=False))


def apply_outside_replicas(optimizer: keras.optimizers.Optimizer) -> None:
    """Let an optimizer that scales the loss be applied outside of a replica's context, as all others can be.

    There it refuses, for it would ask every replica whether its gradients are finite. With one replica there is nobody
    to ask: what it does on other backends than TensorFlow is enough.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer._tf_apply = optimizer._common_apply


def check_keras() -> None:
    """Raise FrameworkError, one line, if this Keras lacks a name that is used."""
    methods = [method for parent in keras.optimizers.AdamW.__mro__ for method in vars(parent).items()]
    # Some attributes exist in a built optimizer alone: they are looked for in the code that makes them.
    used = {name for _, method in methods if isinstance(method, FunctionType) for name in method.__code__.co_names}
    missing = sorted(_OF_ADAMW.keys() - used - {name for name, _ in methods})
    missing += [name for name in _OF_LOSS_SCALING if not hasattr(keras.optimizers.LossScaleOptimizer, name)]
    if not hasattr(keras.layers.Layer, "_flatten_layers"):
        missing.append("_flatten_layers")
    try:
        _ = keras.src.random.seed_generator.global_seed_generator
    except AttributeError:
        missing.append("global_seed_generator")
    if missing:
        raise FrameworkError(
            f"Keras {keras.__version__} cannot be used: Galaxy Tuner was made for Keras {_MADE_FOR}, "
            f"and this one has no {', no '.join(missing)}"
        )


check_keras()
