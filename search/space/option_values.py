"""Values of hyperparameters that set training options, tried before any trial is."""

import keras_tuner
from keras_tuner.engine.hyperparameters import Float, Int

from search.options import training_options
from search.space.declared import has_steps, listed_values, nearest_value
from search.values import Value, Values

# Some mean something beside a value of another option alone.
_BESIDE: dict[str, Values] = {
    "undersampling_ratio": {"balance": "undersample"},
    "fresh_undersampling": {"balance": "undersample"},
    "oversampling_ratio": {"balance": "oversample"},
    "class_weight_power": {"balance": "weights"},
}


def check_option_values(space: keras_tuner.HyperParameters) -> None:
    """Raise SpaceError, one line, for a value that the trainer does not take: of a range with steps the first and last.

    Each trial that was proposed it would be infeasible. A range without steps is hardly ever proposed its ends. What is
    no training option is left to ``build``.
    """
    for one in space.space:
        for value in _ends(one) if isinstance(one, Int | Float) else listed_values(one):
            training_options(_BESIDE.get(one.name, {}) | {one.name: value}, epochs=1)


def _ends(one: Int | Float) -> tuple[Value, ...]:
    if isinstance(one, Float) and not has_steps(one):
        return ()
    return nearest_value(one, one.min_value), nearest_value(one, one.max_value)
