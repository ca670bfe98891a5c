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
    # Keras Tuner counts steps in floats: from 0.8 to 0.95 it has two of 0.05, and never comes to 0.95.
    most = one.max_value if one.step is None else max(one.values)
    if isinstance(one, Int):
        return trial.suggest_int(one.name, one.min_value, most, step=one.step or 1, log=is_log)
    assert isinstance(one, Float), f"{one.name} is of an unknown kind"
    return trial.suggest_float(one.name, one.min_value, most, step=one.step, log=is_log)
