"""A space whose hyperparameters, defaults and values are of the types that Keras Tuner documents."""

import math
from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import Any

import keras_tuner

from search.space.declared import declared_values, plain, whole
from search.values import JsonObject, Value


class TypedSpace(keras_tuner.HyperParameters):  # type: ignore[misc]
    """`keras_tuner.HyperParameters` for declarations with NumPy's scalars, and with defaults of another type.

    Keras Tuner keeps ``default=np.int64(4)`` as it is given, which `Dense` and JSON refuse, repeated choices, which its
    grid never gets past, and True and False as 1 and 0, where a build here is given back what it listed.
    """

    @classmethod
    def of(cls, space: keras_tuner.HyperParameters) -> "TypedSpace":
        """Return a copy of ``space``."""
        return cls.from_config(space.get_config())

    @classmethod
    def from_config(cls, config: JsonObject) -> "TypedSpace":
        """Return the space that ``get_config`` described; ``config`` stays as it is."""
        given = plain(config)
        for one in given["space"]:
            _settle(one["class_name"], one["config"])
        space: TypedSpace = super().from_config({"space": given["space"], "values": {}})
        space.values = declared_values(space, given["values"])
        return space

    def copy(self) -> "TypedSpace":
        """Return a space of the same hyperparameters and values."""
        return self.of(self)

    def conditional_scope(self, parent_name: str, parent_values: Any) -> AbstractContextManager[None]:
        """Open a scope that is active where the parent has one of ``parent_values``."""
        scope: AbstractContextManager[None] = super().conditional_scope(parent_name, plain(parent_values))
        return scope

    def Int(
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str = "linear",
        default: int | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """Declare as Keras Tuner does; return the value, None where the hyperparameter is not active."""
        low, high, step = plain([min_value, max_value, step])
        _check_step(step)
        return whole(super().Int(name, low, high, step, sampling, whole(plain(default)), parent_name, parent_values))

    def Float(
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str = "linear",
        default: float | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """Declare as Keras Tuner does; return the value, None where the hyperparameter is not active."""
        step, default = (None if one is None else float(one) for one in (step, default))
        _check_step(step)
        if not (math.isfinite(min_value) and math.isfinite(max_value)):
            raise ValueError(
                f"Float {name!r} must have a least and a greatest value, but has {min_value} and {max_value}"
            )
        return super().Float(name, min_value, max_value, step, sampling, default, parent_name, parent_values)

    def Choice(
        self,
        name: str,
        values: list[Value],
        ordered: bool | None = None,
        default: Value | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """Declare as Keras Tuner does; return the value as it was listed, None where it is not active."""
        listed = plain(list(values))
        if all(isinstance(one, Hashable) for one in listed):  # Keras Tuner refuses any others
            listed = list(dict.fromkeys(listed))
        chosen = super().Choice(name, listed, ordered, plain(default), parent_name, parent_values)
        return next((one for one in listed if one == chosen), chosen)

    def Boolean(
        self, name: str, default: bool = False, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """Declare as Keras Tuner does; return the value, None where the hyperparameter is not active."""
        return super().Boolean(name, _as_bool(default), parent_name, parent_values)

    def Fixed(self, name: str, value: Value, parent_name: str | None = None, parent_values: Any = None) -> Any:
        """Declare as Keras Tuner does; return the value, None where the hyperparameter is not active."""
        return super().Fixed(name, plain(value), parent_name, parent_values)


# By which Keras Tuner finds the class of a space that it serialized.
TypedSpace.__name__ = keras_tuner.HyperParameters.__name__


def _check_step(step: float | None) -> None:
    if step is not None and not step > 0:
        raise ValueError(f"step must be above 0, but is {step}")


def _as_bool(default: object) -> object:
    """Return 1 and NumPy's True as True; what Keras Tuner refuses as it is."""
    default = plain(default)
    return default == 1 if default in (0, 1) else default


def _settle(kind: str, config: JsonObject) -> None:
    """Give the default of a hyperparameter of class ``kind`` its type, and leave out repeated choices."""
    default = config.get("default")
    if kind == "Choice":
        config["values"] = list(dict.fromkeys(config["values"]))
    elif kind == "Boolean":
        config["default"] = _as_bool(default)
    elif kind == "Float" and default is not None:
        config["default"] = float(default)
    elif kind == "Int":
        config["default"] = whole(default)
