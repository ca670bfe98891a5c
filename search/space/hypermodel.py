"""The HyperModel of a search: the built-in one, or a user's, imported by ``module:object`` or given."""

import importlib
import sys
from pathlib import Path

import keras_tuner

from datasets import place_of, place_of_code, placed, unexited
from search.errors import SpaceError
from search.space.built_in import GalaxyHyperModel
from trainer import one_line


def load_hypermodel(
    reference: str | None, *, input_shape: tuple[int, int, int], num_classes: int, given: object | None = None
) -> keras_tuner.HyperModel:
    """Import ``module:object`` with the current directory on the path; None is the built-in `GalaxyHyperModel`.

    Or take the object that is ``given``, which ``reference`` then only names. It is a HyperModel, a HyperModel class
    (called with ``input_shape=, num_classes=``) or a ``build(hp)`` function. Raises SpaceError, one line, for anything
    else and for a HyperModel that overrides ``fit``: fitting, checkpoints and scores are the trainer's.
    """
    if reference is None:
        return GalaxyHyperModel(input_shape=input_shape, num_classes=num_classes)
    said = f"--hypermodel {reference}" if given is None else f"hypermodel={reference}"
    named = import_object(reference, option="--hypermodel") if given is None else given
    if isinstance(named, type) and issubclass(named, keras_tuner.HyperModel):
        named = _called(named, said, input_shape, num_classes)
    if isinstance(named, keras_tuner.HyperModel):
        if type(named).fit is not keras_tuner.HyperModel.fit:
            raise SpaceError(f"{said}: overrides fit, but fitting is the trainer's: remove it, build(hp) is enough")
        return named
    if callable(named):
        hypermodel = keras_tuner.HyperModel()
        hypermodel.build = named
        return hypermodel
    raise SpaceError(
        f"{said}: expected a HyperModel, a HyperModel class or a build(hp) function, found {type(named).__name__}"
    )


def import_object(reference: str, *, option: str) -> object:
    """Import the object that ``module:object`` names, from the current directory before most other places.

    Only what stands first on the path comes before: this project, or a script of the user. Raises SpaceError, naming
    ``option``.
    """
    module_name, separator, name = reference.partition(":")
    if not (module_name and separator and name):
        raise SpaceError(f"{option} {reference}: expected module:object, such as my_models:build")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(1, here)
    try:
        with unexited():
            return getattr(importlib.import_module(module_name), name)
    except Exception as error:  # a user's module may raise anything while it is imported
        fault = f"{option} {reference}: cannot be imported from {here}: {one_line(error)}"
        raise SpaceError(placed(fault, place_of(error))) from error


def _called(
    kind: type[keras_tuner.HyperModel], said: str, input_shape: tuple[int, int, int], num_classes: int
) -> keras_tuner.HyperModel:
    try:
        with unexited():
            return kind(input_shape=input_shape, num_classes=num_classes)
    except Exception as error:  # a user's class may raise anything
        fault = (
            f"{said}: a HyperModel class is called with input_shape= and num_classes=, "
            f"and this one said: {one_line(error)}"
        )
        raise SpaceError(placed(fault, place_of(error) or place_of_code(kind))) from error
