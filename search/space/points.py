"""Configurations given rather than proposed: are they in the space, and what are they in full?"""

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import keras_tuner
from keras_tuner.engine.hyperparameters import Choice, Float, HyperParameter, Int

from search.errors import SettingsError, SpaceError
from search.space.declared import active, declared_value, has_steps, listed_values, nearest_value, on_its_step
from search.values import Value, Values

Point = Mapping[str, Value]


def complete_points(space: keras_tuner.HyperParameters, points: Sequence[Point]) -> tuple[Values, ...]:
    """Return ``points`` as configurations of ``space`` in full, see `complete`; of equal ones the first."""
    completed: list[Values] = []
    for point in points:
        values = complete(space, point)
        if values not in completed:
            completed.append(values)
    return tuple(completed)


def complete(space: keras_tuner.HyperParameters, point: Point) -> Values:
    """Return the values of all active hyperparameters: those of ``point``, the default where it has none.

    Raises SettingsError, one line with the nearest known name or allowed value, if ``point`` is not in ``space``.
    """
    known = {hyperparameter.name for hyperparameter in space.space}
    for name in point:
        if name not in known:
            raise SettingsError(f"the space has no hyperparameter {name!r}{_nearest_name(name, known)}")
    values = completed(space, point)
    for name in point:
        if name not in values:
            raise SettingsError(f"{name} has no meaning here: it counts only where {_condition(space, name)}")
    return values


def check_defaults(space: keras_tuner.HyperParameters) -> None:
    """Raise SpaceError, one line, for a default that is not among its hyperparameter's values: Keras Tuner takes it."""
    for hyperparameter in space.space:
        try:
            _checked(hyperparameter, declared_value(hyperparameter, hyperparameter.default))
        except SettingsError as error:
            raise SpaceError(f"the space has a default that is none of its values: {error}") from error


def fitted(space: keras_tuner.HyperParameters, point: Point) -> Values | None:
    """Return ``point`` as far as ``space`` has a meaning for it, completed; None if one of its values lies outside."""
    try:
        return completed(space, point)
    except SettingsError:
        return None


def random_point(space: keras_tuner.HyperParameters, *, seed: int) -> Values:
    """Draw the values of all active hyperparameters at random."""
    values: Values = {}
    for number, hyperparameter in enumerate(space.space):
        if active(hyperparameter, values):
            drawn = hyperparameter.random_sample(seed + number)
            values[hyperparameter.name] = nearest_value(hyperparameter, drawn)
    return values


def completed(space: keras_tuner.HyperParameters, point: Point) -> Values:
    """Return the values of ``point`` and the defaults of other active hyperparameters.

    What ``space`` has no meaning for is left out. Raises SettingsError for a value that it does not have.
    """
    values: Values = {}
    for hyperparameter in space.space:
        name = hyperparameter.name
        if name not in values and active(hyperparameter, values):
            default = on_its_step(hyperparameter, declared_value(hyperparameter, hyperparameter.default))
            values[name] = _checked(hyperparameter, point[name]) if name in point else default
    return values


def reached(space: keras_tuner.HyperParameters, point: Point) -> set[str]:
    """Return the names of the hyperparameters that count where the values are those of ``point``, in range or not.

    What it does not name has its default.
    """
    values: Values = {}
    for hyperparameter in space.space:
        if hyperparameter.name not in values and active(hyperparameter, values):
            values[hyperparameter.name] = point.get(hyperparameter.name, hyperparameter.default)
    return set(values)


def _checked(hyperparameter: HyperParameter, value: object) -> Value:
    """Return the value of ``hyperparameter`` that ``value`` is, in its own type."""
    if isinstance(hyperparameter, Int | Float) and not has_steps(hyperparameter):
        return _in_range(hyperparameter, value)
    if isinstance(hyperparameter, Int | Float) and _is_number(value):
        nearest = nearest_value(hyperparameter, value)
        if _same(value, nearest):
            return nearest
    allowed = listed_values(hyperparameter)
    if isinstance(hyperparameter, Choice) and isinstance(value, bool) and {0, 1}.issuperset(allowed):
        # Keras Tuner keeps a choice of True and False as 1 and 0.
        value = int(value)
    for other in allowed:
        if _same(value, other):
            return other
    raise _refused(hyperparameter, value, f"one of {_listed(allowed)}", _nearest(value, allowed))


def _in_range(hyperparameter: HyperParameter, value: object) -> Value:
    low, high = hyperparameter.min_value, hyperparameter.max_value
    whole = isinstance(hyperparameter, Int)
    rule = f"a {'whole ' if whole else ''}number from {low} to {high}"
    if not _is_number(value) or math.isnan(value):
        raise _refused(hyperparameter, value, rule, hyperparameter.default)
    kept = round(value) if whole and math.isfinite(value) else float(value)
    if kept != value or not low <= kept <= high:
        raise _refused(hyperparameter, value, rule, min(max(kept, low), high))
    return kept


def _same(value: object, allowed: Value) -> bool:
    """Whether they are equal; 0.3 is what Keras Tuner counts as 0.30000000000000004, but True is not 1."""
    if _is_number(value) and _is_number(allowed):
        return math.isclose(value, allowed, rel_tol=1e-9)
    return type(value) is type(allowed) and value == allowed


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _nearest(value: object, allowed: Sequence[Value]) -> Value:
    numbers: list[int | float] = [other for other in allowed if _is_number(other)]
    if _is_number(value) and numbers:
        number = value
        return min(numbers, key=lambda other: abs(other - number))
    by_text = {str(other): other for other in allowed}
    return by_text[difflib.get_close_matches(str(value), by_text, n=1, cutoff=0.0)[0]]


def _listed(allowed: Sequence[Value]) -> str:
    if len(allowed) <= 8:
        return ", ".join(map(str, allowed))
    return f"{allowed[0]}, {allowed[1]}, …, {allowed[-1]}"


def _refused(hyperparameter: HyperParameter, value: object, rule: str, nearest: object) -> SettingsError:
    return SettingsError(f"{hyperparameter.name} is {rule}, found {value!r}; the nearest is {nearest}")


def _nearest_name(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)
    return f"; the nearest is {near[0]!r}" if near else ""


def _condition(space: keras_tuner.HyperParameters, name: str) -> str:
    """Say in words when the hyperparameter called ``name`` is active."""
    conditions = next(hyperparameter.conditions for hyperparameter in space.space if hyperparameter.name == name)
    return " and ".join(f"{one.name} is {' or '.join(map(str, one.values))}" for one in conditions)
