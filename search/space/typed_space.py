"""A space whose hyperparameters, defaults and values are of the types that Keras Tuner documents."""

import math
from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters

from search.space.declared import declared_values, is_within, on_its_step, plain, range_of, whole
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

    def ensure_active_values(self) -> None:
        """Add the defaults that active hyperparameters lack, and take away values of names of which none is active.

        Keras Tuner adds random values, of no seed, where a build takes the defaults; and takes a value away where one
        declaration of its name is not active, though another one is.
        """
        for one in self.space:
            if self.is_active(one):
                if one.name not in self.values:
                    self.values[one.name] = one.default
            elif not self.is_active(one.name):
                self.values.pop(one.name, None)

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
        given = name, low, high, step, sampling, whole(plain(default))
        return whole(self._declared("Int", *given, of=(parent_name, parent_values)))

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
        step, default = _stepped(name, float(min_value), float(max_value), step, sampling, default)
        given = name, min_value, max_value, step, sampling, default
        return self._declared("Float", *given, of=(parent_name, parent_values))

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
        chosen = self._declared("Choice", name, listed, ordered, plain(default), of=(parent_name, parent_values))
        return next((one for one in listed if one == chosen), chosen)

    def Boolean(
        self, name: str, default: bool = False, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """Declare as Keras Tuner does; return the value, None where the hyperparameter is not active."""
        return self._declared("Boolean", name, _as_bool(default), of=(parent_name, parent_values))

    def Fixed(self, name: str, value: Value, parent_name: str | None = None, parent_values: Any = None) -> Any:
        """Declare as Keras Tuner does; return the value, None where the hyperparameter is not active."""
        return self._declared("Fixed", name, plain(value), of=(parent_name, parent_values))

    def _declared(self, kind: str, name: str, *given: Any, of: tuple[str | None, Any]) -> Any:
        """Declare as Keras Tuner does, which takes another declaration of a name that is there for the first one.

        So a space is narrowed: what is declared before a build decides. Raises ValueError where it has values that the
        build does not list.
        """
        size = len(self.space)
        value = getattr(super(), kind)(name, *given, *of)
        if len(self.space) == size:
            again = keras_tuner.HyperParameters()
            getattr(again, kind)(name, *given)
            # A name scope has a name begin otherwise.
            there = [one for one in self.space if one.name == name or one.name.endswith(f"/{name}")]
            if not any(is_within(one, again.space[0]) for one in there):
                first, second = range_of(there[0]), range_of(again.space[0])
                raise ValueError(
                    f"hyperparameter {name!r} is declared twice, as {first} and as {second}: give it two names"
                )
        return value


# By which Keras Tuner finds the class of a space that it serialized.
TypedSpace.__name__ = keras_tuner.HyperParameters.__name__


def _check_step(step: float | None) -> None:
    if step is not None and not step > 0:
        raise ValueError(f"step must be above 0, but is {step}")


def _whole_steps(low: float, high: float, step: float | None, sampling: str | None) -> float | None:
    """Return a step of which whole ones lead from ``low`` to ``high``, where ``step`` is one but for digits of floats.

    Keras Tuner counts ``(0.3 - 0.1) // 0.1``, which is 1: its 0.3 is never proposed.
    """
    if step is None or (sampling or "linear").lower() != "linear":
        return step
    span = high - low
    count = round(span / step)
    if span // step >= count or not math.isclose(span / step, count, rel_tol=1e-9):
        return step
    step = span / count
    while span // step < count or low + count * step > high:
        step = math.nextafter(step, 0.0)
    return step


def _stepped(
    name: str, low: float, high: float, step: float | None, sampling: str | None, default: float | None
) -> tuple[float | None, float | None]:
    """Return a step, see `_whole_steps`, and the default on the one from which it differs in its last digits alone.

    ``0.0 + 3 * 0.1`` is no 0.3: as a default that would be a value beside the steps, and its configuration another one.
    """
    step = _whole_steps(low, high, step, sampling)
    if step is None or default is None:
        return step, default
    return step, float(on_its_step(hyperparameters.Float(name, low, high, step, sampling), default))


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
    elif kind == "Float":
        name, low, high, step, sampling = (
            config[key] for key in ("name", "min_value", "max_value", "step", "sampling")
        )
        default = None if default is None else float(default)
        config["step"], config["default"] = _stepped(name, low, high, step, sampling, default)
    elif kind == "Int":
        config["default"] = whole(default)
