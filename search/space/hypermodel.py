"""Finding a search space and knowing it: importing a HyperModel, building from values, discovering hyperparameters."""

import copy
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from search.errors import SpaceError
from search.space.built_in import GalaxyHyperModel
from search.space.discovery import as_json
from search.space.points import random_point
from search.values import Value

# Enough to get past defaults that do not fit the image; a space that needs more luck would waste its trials.
RANDOM_POINTS = 5


class _FunctionHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]
    """A plain ``build(hp)`` function as a HyperModel."""

    def __init__(self, function: Callable[[keras_tuner.HyperParameters], keras.Model]) -> None:
        super().__init__(name=getattr(function, "__name__", "build"))
        self._function = function

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        return self._function(hp)


def load_hypermodel(
    reference: str | None, *, input_shape: tuple[int, int, int], num_classes: int
) -> keras_tuner.HyperModel:
    """Import ``module:object`` with the current directory on the path; None is the built-in `GalaxyHyperModel`.

    The object is a HyperModel, a HyperModel class (called with ``input_shape=, num_classes=``) or a ``build(hp)``
    function. Raises SpaceError, one line, for anything else and for a HyperModel that overrides ``fit``: fitting,
    checkpoints and scores are the trainer's.
    """
    if reference is None:
        return GalaxyHyperModel(input_shape=input_shape, num_classes=num_classes)
    found = import_object(reference, option="--hypermodel")
    if isinstance(found, type) and issubclass(found, keras_tuner.HyperModel):
        found = _called(found, reference, input_shape, num_classes)
    if isinstance(found, keras_tuner.HyperModel):
        if type(found).fit is not keras_tuner.HyperModel.fit:
            raise SpaceError(
                f"--hypermodel {reference}: overrides fit, but fitting is the trainer's: remove it, build(hp) is enough"
            )
        return found
    if callable(found):
        return _FunctionHyperModel(found)
    raise SpaceError(
        f"--hypermodel {reference}: expected a HyperModel, a HyperModel class or a build(hp) function, "
        f"found {type(found).__name__}"
    )


def import_object(reference: str, *, option: str) -> object:
    """Import the object that ``module:object`` names, current directory first. Raises SpaceError, naming ``option``."""
    module_name, separator, name = reference.partition(":")
    if not (module_name and separator and name):
        raise SpaceError(f"{option} {reference}: expected module:object, such as my_models:build")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module_name), name)
    except Exception as error:  # a user's module may raise anything while it is imported
        raise SpaceError(
            f"{option} {reference}: cannot be imported from {here}: {type(error).__name__}: {error}"
        ) from error


class Builder:
    """A function without arguments that builds a model, and knows afterwards what the build declared."""

    def __init__(self, hypermodel: keras_tuner.HyperModel, values: Mapping[str, Value]) -> None:
        self._hypermodel, self._given = hypermodel, dict(values)
        self._declared = keras_tuner.HyperParameters()

    def __call__(self) -> keras.Model:
        """Build the model of the values given; a hyperparameter that has none gets its default."""
        self._declared = keras_tuner.HyperParameters()
        self._declared.values = dict(self._given)
        return self._hypermodel.build(self._declared)

    @property
    def values(self) -> dict[str, Value]:
        """The values given, and the defaults that the last build used beside them."""
        values: dict[str, Value] = self._given | self._declared.values
        return values

    @property
    def declared(self) -> list[dict[str, Any]]:
        """What the last build declared, as far as it came; see `search.space.discovery`."""
        return as_json(self._declared)


def builder(hypermodel: keras_tuner.HyperModel, values: Mapping[str, Value]) -> Builder:
    """Return a function without arguments that builds ``hypermodel`` with ``values``."""
    return Builder(hypermodel, values)


def discover(hypermodel: keras_tuner.HyperModel, *, seed: int = 1) -> keras_tuner.HyperParameters:
    """Return the hyperparameters of ``hypermodel``, including those in scopes that its defaults do not enter.

    Builds the model once with its defaults and once more for each scope that no build has reached, as Keras Tuner's own
    tuners do. Where the defaults cannot be built, some random values are tried. Raises SpaceError if those cannot be
    built either.
    """
    space = keras_tuner.HyperParameters()
    unreached = _explore_start(hypermodel, space, seed)
    tried: list[object] = []
    while unreached:
        scope = unreached.pop(0)
        if scope in tried:
            continue
        tried.append(scope)
        unreached += _explore(hypermodel, space, {condition.name: condition.values[0] for condition in scope})[0]
    return space


def explore(
    hypermodel: keras_tuner.HyperModel, space: keras_tuner.HyperParameters, values: Mapping[str, Value]
) -> None:
    """Add to ``space`` what a build with ``values`` declares, if it can be built."""
    _explore(hypermodel, space, values)


def _explore_start(
    hypermodel: keras_tuner.HyperModel, space: keras_tuner.HyperParameters, seed: int
) -> list[list[Any]]:
    unreached, first = _explore(hypermodel, space, {})
    problem = first
    for number in range(RANDOM_POINTS):
        if problem is None or not space.space:
            break
        more, problem = _explore(hypermodel, space, random_point(space, seed=seed + 1000 * number))
        unreached += more
    if problem is None or first is None:
        return unreached
    raise SpaceError(
        "the model can be built neither of its default hyperparameters nor of random ones: "
        f"{type(first).__name__}: {first}"
    ) from first


def _explore(
    hypermodel: keras_tuner.HyperModel, space: keras_tuner.HyperParameters, values: Mapping[str, Value]
) -> tuple[list[list[Any]], Exception | None]:
    """Build once with ``values`` and add what was met to ``space``.

    Returns the scopes that were not entered, and what the build raised: one branch that cannot be built costs trials,
    not the search, and hides nothing that was declared before it.
    """
    hp = space.copy()
    hp.values.update(values)
    hp.ensure_active_values()
    problem = None
    try:
        hypermodel.build(hp)
    except Exception as error:  # a user's build may raise anything
        problem = error
    space.merge(hp, overwrite=False)
    keras.backend.clear_session()
    return copy.deepcopy([scope for scope in hp.inactive_scopes if scope not in hp.active_scopes]), problem


def _called(
    kind: type[keras_tuner.HyperModel], reference: str, input_shape: tuple[int, int, int], num_classes: int
) -> keras_tuner.HyperModel:
    try:
        return kind(input_shape=input_shape, num_classes=num_classes)
    except TypeError as error:
        raise SpaceError(
            f"--hypermodel {reference}: a HyperModel class is called with input_shape= and num_classes=, "
            f"and this one said: {error}"
        ) from error
