"""A Keras Tuner space as an Optuna function that defines by run: the same values, those with conditions as well."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras_tuner
import optuna
from keras_tuner.engine.hyperparameters import Boolean, Choice, Fixed, Float, HyperParameter, Int

from search.values import Value, Values


@dataclass(frozen=True)
class DefineByRun:
    """Draws a point of a space, and returns what is fixed in it, as Ray Tune expects; it can be pickled."""

    space: tuple[HyperParameter, ...]

    def __call__(self, trial: optuna.Trial) -> Values:
        values: Values = {}
        fixed: Values = {}
        for one in self.space:
            if all(condition.is_active(values) for condition in one.conditions):
                if isinstance(one, Fixed):
                    fixed[one.name] = one.value
                values[one.name] = one.value if isinstance(one, Fixed) else _suggested(trial, one)
        return fixed


def define_by_run(space: keras_tuner.HyperParameters) -> DefineByRun:
    """Return what draws points of ``space``."""
    return DefineByRun(tuple(space.space))


def hyperparameters(values: Mapping[str, Value]) -> keras_tuner.HyperParameters:
    """Return ``values`` as what a model is built from."""
    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    return hp


def _suggested(trial: optuna.Trial, one: HyperParameter) -> Value:
    if isinstance(one, Boolean):
        return trial.suggest_categorical(one.name, [False, True])
    if isinstance(one, Choice):
        return trial.suggest_categorical(one.name, list(one.values))
    is_log = one.sampling == "log"
    if isinstance(one, Int):
        most = one.max_value if one.step is None else max(one.values)
        return trial.suggest_int(one.name, one.min_value, most, step=one.step or 1, log=is_log)
    assert isinstance(one, Float), f"{one.name} is of an unknown kind"
    # Optuna adds up steps as decimals, not as floats, and takes one that is a float's digit too short for wrong.
    most, step = (one.max_value, None) if one.step is None else (round(max(one.values), 9), round(one.step, 9))
    return trial.suggest_float(one.name, one.min_value, most, step=step, log=is_log)
