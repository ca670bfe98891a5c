"""Which hyperparameters a HyperModel has: building it from values, and from enough of them to find every branch."""

import copy
from collections.abc import Iterable, Mapping
from functools import update_wrapper
from typing import Protocol

import keras
import keras_tuner

from datasets import place_of, place_of_code, placed, unexited
from search.errors import SpaceError
from search.space.declared import declared_values
from search.space.points import random_point
from search.space.typed_space import TypedSpace
from search.values import JsonObject, Value, Values
from trainer import one_line

Declared = list[JsonObject]
"""Hyperparameters as JSON takes them."""


class Condition(Protocol):
    """A condition of Keras Tuner's, which has no public name: a hyperparameter has one of some values."""

    name: str
    values: list[Value]


Scope = list[Condition]
# Enough to get past defaults that do not fit the image; a space that needs more luck would waste its trials.
RANDOM_POINTS = 5


def as_space(declared: Declared) -> keras_tuner.HyperParameters:
    """Return the hyperparameters that `as_json` wrote."""
    return TypedSpace.from_config({"space": declared, "values": {}})


def as_json(space: keras_tuner.HyperParameters) -> Declared:
    """Return the hyperparameters of ``space``, without values, as JSON takes them."""
    declared: Declared = TypedSpace.of(space).get_config()["space"]
    return declared


class Builder:
    """A function without arguments that builds a model, and knows afterwards what the build declared."""

    def __init__(self, hypermodel: keras_tuner.HyperModel, values: Mapping[str, Value]) -> None:
        self._hypermodel, self._given = hypermodel, dict(values)
        self._declared = TypedSpace()
        # An error can then say where the user's own function is written.
        update_wrapper(self, hypermodel.build)

    def __call__(self) -> keras.Model:
        """Build the model of the values given; a hyperparameter that has none gets its default."""
        self._declared = TypedSpace()
        self._declared.values = dict(self._given)
        return self._hypermodel.build(self._declared)

    @property
    def values(self) -> Values:
        """The values given, and the defaults that the last build used beside them."""
        return self._given | declared_values(self._declared, self._declared.values)

    @property
    def declared(self) -> Declared:
        """What the last build declared, as far as it came; see `search.oracles.space_updates`."""
        return as_json(self._declared)


def discover(hypermodel: keras_tuner.HyperModel, *, seed: int = 1) -> keras_tuner.HyperParameters:
    """Return the hyperparameters of ``hypermodel``, including those in scopes that its defaults do not enter.

    Builds the model once with its defaults and once more for each scope that no build has reached, as Keras Tuner's own
    tuners do. Where the defaults cannot be built, some random values are tried. Raises SpaceError if those cannot be
    built either. The defaults of the space are of their hyperparameters' types.
    """
    space = TypedSpace()
    unreached = _explore_start(hypermodel, space, seed)
    tried: list[Scope] = []
    while unreached:
        scope = unreached.pop(0)
        if scope in tried:
            continue
        tried.append(scope)
        unreached += build_once(hypermodel, space, {condition.name: condition.values[0] for condition in scope})[0]
    return space


def explore(
    hypermodel: keras_tuner.HyperModel, space: keras_tuner.HyperParameters, points: Iterable[Mapping[str, Value]]
) -> None:
    """Add to ``space`` what a build with each of ``points`` declares that names a hyperparameter unknown so far."""
    for point in points:
        if not point.keys() <= {one.name for one in space.space}:
            build_once(hypermodel, space, point)


def _explore_start(hypermodel: keras_tuner.HyperModel, space: keras_tuner.HyperParameters, seed: int) -> list[Scope]:
    unreached, first = build_once(hypermodel, space, {})
    if first is None:
        return unreached
    for number in range(RANDOM_POINTS if space.space else 0):
        more, problem = build_once(hypermodel, space, random_point(space, seed=seed + 1000 * number))
        unreached += more
        if problem is None:
            return unreached
    raise SpaceError(
        "the model can be built neither of its default hyperparameters nor of random ones: "
        + placed(one_line(first), place_of(first) or place_of_code(hypermodel.build))
    ) from first


def build_once(
    hypermodel: keras_tuner.HyperModel, space: keras_tuner.HyperParameters, values: Mapping[str, Value]
) -> tuple[list[Scope], Exception | None]:
    """Build once with ``values`` and add to ``space`` what was declared.

    Returns the scopes that were not entered, and what the build raised: one branch that cannot be built costs trials,
    not the search, and hides nothing that was declared before it.
    """
    hp = space.copy()
    hp.values.update(values)
    hp.ensure_active_values()
    problem = None
    try:
        with unexited():
            hypermodel.build(hp)
    except Exception as error:  # a user's build may raise anything
        problem = error
    space.merge(hp, overwrite=False)
    keras.backend.clear_session()
    return copy.deepcopy([scope for scope in hp.inactive_scopes if scope not in hp.active_scopes]), problem
