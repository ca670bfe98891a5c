"""Values in the types that their hyperparameters were declared with: an Int is an int, whoever wrote it as 8.0.

Keras Tuner counts the steps of a logarithmic Int in floats, and keeps NumPy's scalars as they are given.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.hyperparameters import Boolean, Choice, Float, HyperParameter, Int

from datasets import few
from search.values import Value, Values

_ALIKE = 1e-9
"""How far floats may be from each other that are the same but for what adding up has left, as a share of them."""


def declared_values(space: keras_tuner.HyperParameters, values: Mapping[str, Value]) -> Values:
    """Return ``values`` in the types of the active hyperparameters of their names; others as Python has them."""
    # Of one name under several conditions the first that holds, as everywhere.
    known = {one.name: one for one in reversed(space.space) if active(one, values)}
    return {
        name: declared_value(known[name], value) if name in known else plain(value) for name, value in values.items()
    }


def declared_value(hyperparameter: HyperParameter, value: Value) -> Value:
    """Return ``value`` in the type of ``hyperparameter``; one that it does not hold stays as it is."""
    given: Value = plain(value)
    if isinstance(hyperparameter, Boolean | Choice):
        return next((listed for listed in plain(list(hyperparameter.values)) if listed == given), given)
    if isinstance(hyperparameter, Int):
        counted: Value = whole(given)
        return counted
    return float(given) if isinstance(hyperparameter, Float) and isinstance(given, int | float) else given


def nearest_value(hyperparameter: HyperParameter, value: Value) -> Value:
    """Return the value of ``hyperparameter`` nearest to the number ``value``: in its range, on its steps.

    Keras Tuner turns a share of 1.0 of a logarithmic Int into a number above its greatest. What is no number stays.
    """
    declared = declared_value(hyperparameter, value)
    if not isinstance(hyperparameter, Int | Float) or not isinstance(declared, int | float) or math.isnan(declared):
        return declared
    if has_steps(hyperparameter):
        return declared_value(hyperparameter, _nearest_step(hyperparameter, declared))
    within: Value = min(max(declared, hyperparameter.min_value), hyperparameter.max_value)
    return within


def on_its_step(hyperparameter: HyperParameter, value: Value) -> Value:
    """Return the step that a float differs from in its last digits alone; any other value as it is."""
    if not isinstance(hyperparameter, Float) or not has_steps(hyperparameter) or not isinstance(value, float):
        return value
    nearest = nearest_value(hyperparameter, value)
    near_zero = _ALIKE * hyperparameter.step if hyperparameter.sampling == "linear" else 0.0
    is_on_it = isinstance(nearest, float) and math.isclose(nearest, value, rel_tol=_ALIKE, abs_tol=near_zero)
    return nearest if is_on_it else value


def on_steps(space: keras_tuner.HyperParameters, values: Mapping[str, Value]) -> Values:
    """Return ``values`` on their steps, see `on_its_step`, as a search has them that began when they were others.

    A default stays, on a step or not.
    """
    known = {one.name: one for one in reversed(space.space) if active(one, values)}
    return {
        name: value if name not in known or value == known[name].default else on_its_step(known[name], value)
        for name, value in values.items()
    }


def _nearest_step(hyperparameter: Int | Float, number: float) -> Any:
    if hyperparameter.sampling != "linear":
        return min(hyperparameter.values, key=lambda other: abs(other - number))
    # There may be millions of them, too many to list for each value.
    low, high, step = hyperparameter.min_value, hyperparameter.max_value, hyperparameter.step
    steps = (min(max(number, low), high) - low) / step
    return low + min(round(steps), int((high - low) // step)) * step


def share_of(hyperparameter: HyperParameter, value: Value) -> float:
    """Return Keras Tuner's cumulative probability of a value, that in the middle of its step where it has steps.

    Keras Tuner counts whole steps of floats up to a value, ``0.3 // 0.1 == 2``: 0.3 has the share of 0.2 there.
    """
    if isinstance(hyperparameter, Float) and has_steps(hyperparameter) and hyperparameter.sampling == "linear":
        low, high, step = hyperparameter.min_value, hyperparameter.max_value, hyperparameter.step
        count = int((high - low) // step) + 1
        share: float = (min(max(round((float(value) - low) / step), 0), count - 1) + 0.5) / count
        return share
    return float(hyperparameter.value_to_prob(value))


def has_steps(hyperparameter: Int | Float) -> bool:
    """Whether some numbers of its range are no values. Those of an Int without steps are too many to list."""
    every = isinstance(hyperparameter, Int) and hyperparameter.sampling == "linear" and hyperparameter.step == 1
    return hyperparameter.step is not None and not every


def listed_values(hyperparameter: HyperParameter) -> tuple[Value, ...]:
    """Return the values that Keras Tuner lists for ``hyperparameter``, declared, each once."""
    return tuple(dict.fromkeys(declared_value(hyperparameter, value) for value in hyperparameter.values))


def range_of(hyperparameter: HyperParameter) -> str:
    """Say what values a hyperparameter has, such as ``Int 16 to 64 by 16``; the default is no part of that."""
    kind = type(hyperparameter).__name__
    if isinstance(hyperparameter, Int | Float):
        step = f" by {hyperparameter.step}" if has_steps(hyperparameter) else ""
        scale = "" if hyperparameter.sampling == "linear" else f", {hyperparameter.sampling}"
        return f"{kind} {hyperparameter.min_value} to {hyperparameter.max_value}{step}{scale}"
    return f"{kind} {few([str(value) for value in plain(list(hyperparameter.values))], most=20)}"


def is_within(one: HyperParameter, other: HyperParameter) -> bool:
    """Say whether all values of ``one`` are in the range of ``other``, on a step of it or not."""
    if isinstance(one, Int | Float):
        numbers: tuple[Value, ...] = (one.min_value, one.max_value)
        values = numbers if isinstance(other, Int | Float) else listed_values(one)
    else:
        values = listed_values(one)
    if isinstance(other, Int | Float):
        return all(isinstance(value, int | float) and other.min_value <= value <= other.max_value for value in values)
    return set(values) <= set(listed_values(other))


def active(hyperparameter: HyperParameter, values: Mapping[str, Value]) -> bool:
    """Whether all conditions of ``hyperparameter`` hold for ``values``."""
    return all(condition.is_active(values) for condition in hyperparameter.conditions)


def whole(given: Any) -> Any:
    """Return a whole number as an int; what is none as it is."""
    return int(given) if isinstance(given, int | float) and math.isfinite(given) and given == int(given) else given


def plain(given: Any) -> Any:
    """Return ``given`` with Python's own numbers and text in place of NumPy's, in new lists and mappings."""
    if isinstance(given, np.generic | np.ndarray):
        return given.tolist()
    if isinstance(given, Mapping):
        return {key: plain(value) for key, value in given.items()}
    return [plain(one) for one in given] if isinstance(given, list | tuple) else given
