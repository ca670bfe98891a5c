"""Every kind of hyperparameter that Keras Tuner has, and which values each may have."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras_tuner
import numpy as np
from keras_tuner import HyperParameters

from search.values import Value


@dataclass(frozen=True)
class Kind:
    """A kind of hyperparameter: ``declare`` adds one to a space, under a name.

    ``values`` are all that it has; of a range without steps the least and the greatest, and ``continuous``.
    """

    title: str
    declare: Callable[[HyperParameters, str], object]
    values: tuple[Value, ...]
    continuous: bool = False

    def __str__(self) -> str:
        return self.title

    def check(self, value: object) -> None:
        """Raise AssertionError for a value of another type, out of range or off the steps."""
        kind = type(self.values[0])
        assert type(value) is kind, f"{self}: expected {kind.__name__}, found {type(value).__name__} {value!r}"
        if self.continuous:
            low, high = self.values
            assert low <= value <= high, f"{self}: expected a value from {low} to {high}, found {value!r}"  # type: ignore[operator]
        else:
            held = any(_same(value, allowed) for allowed in self.values)
            assert held, f"{self}: expected one of {self.values}, found {value!r}"


# Declared as in Keras Tuner's documentation, one after the other; then what is rarer, and what NumPy hands over.
KINDS = (
    Kind("Int", lambda hp, name: hp.Int(name, 1, 5), (1, 2, 3, 4, 5)),
    Kind("Int, step", lambda hp, name: hp.Int(name, 3, 20, step=4), (3, 7, 11, 15, 19)),
    Kind("Int, log", lambda hp, name: hp.Int(name, 1, 1000, sampling="log"), (1, 1000), continuous=True),
    Kind("Int, log, step", lambda hp, name: hp.Int(name, 2, 32, step=2, sampling="log"), (2, 4, 8, 16, 32)),
    Kind("Int, reverse_log", lambda hp, name: hp.Int(name, 1, 90, sampling="reverse_log"), (1, 90), continuous=True),
    Kind(
        "Int, reverse_log, step",
        lambda hp, name: hp.Int(name, 2, 32, step=2, sampling="reverse_log"),
        (2, 18, 26, 30, 32),
    ),
    Kind("Int, one value", lambda hp, name: hp.Int(name, 5, 5), (5,)),
    Kind("Int, log, one value", lambda hp, name: hp.Int(name, 5, 5, sampling="log"), (5,)),
    Kind("Int, log, step, one value", lambda hp, name: hp.Int(name, 5, 5, step=2, sampling="log"), (5,)),
    Kind("Int, default of a float", lambda hp, name: hp.Int(name, 1, 3, default=2.0), (1, 2, 3)),
    Kind(
        "Int of NumPy's",
        lambda hp, name: hp.Int(name, np.int64(1), np.int64(7), step=np.int64(2), default=np.int64(3)),
        (1, 3, 5, 7),
    ),
    Kind("Float", lambda hp, name: hp.Float(name, 0.0, 1.0), (0.0, 1.0), continuous=True),
    Kind("Float, step", lambda hp, name: hp.Float(name, 0.1, 0.75, step=0.2), (0.1, 0.3, 0.5, 0.7)),
    Kind("Float, log", lambda hp, name: hp.Float(name, 1e-4, 0.1, sampling="log"), (1e-4, 0.1), continuous=True),
    Kind(
        "Float, log, step", lambda hp, name: hp.Float(name, 0.01, 10, step=10, sampling="log"), (0.01, 0.1, 1.0, 10.0)
    ),
    Kind(
        "Float, reverse_log",
        lambda hp, name: hp.Float(name, 0.9, 0.999, sampling="reverse_log"),
        (0.9, 0.999),
        continuous=True,
    ),
    Kind(
        "Float, reverse_log, step",
        lambda hp, name: hp.Float(name, 1, 100, step=10, sampling="reverse_log"),
        (1.0, 91.0, 100.0),
    ),
    Kind("Float, one value", lambda hp, name: hp.Float(name, 1.0, 1.0), (1.0,)),
    Kind("Float, log, one value", lambda hp, name: hp.Float(name, 1.0, 1.0, sampling="log"), (1.0,)),
    Kind("Float, default of an int", lambda hp, name: hp.Float(name, 0.0, 1.0, step=0.5, default=1), (0.0, 0.5, 1.0)),
    Kind(
        "Float of NumPy's",
        lambda hp, name: hp.Float(name, np.float32(0), np.float64(1), step=np.float32(0.25), default=np.float32(0.5)),
        (0.0, 0.25, 0.5, 0.75, 1.0),
    ),
    Kind("Choice of int", lambda hp, name: hp.Choice(name, [16, 64, 32]), (16, 64, 32)),
    Kind("Choice of int, unordered", lambda hp, name: hp.Choice(name, [16, 64, 32], ordered=False), (16, 64, 32)),
    Kind("Choice of float", lambda hp, name: hp.Choice(name, [0.1, 0.5]), (0.1, 0.5)),
    Kind("Choice of str", lambda hp, name: hp.Choice(name, ["max", "average"]), ("max", "average")),
    # As which Keras Tuner keeps them.
    Kind("Choice of bool", lambda hp, name: hp.Choice(name, [True, False]), (1, 0)),
    Kind("Choice, one value", lambda hp, name: hp.Choice(name, ["only"]), ("only",)),
    Kind("Choice, one twice", lambda hp, name: hp.Choice(name, [1, 1, 2]), (1, 2)),
    Kind(
        "Choice of NumPy's",
        lambda hp, name: hp.Choice(name, list(np.array([0.1, 0.5])), default=np.float64(0.5)),
        (0.1, 0.5),
    ),
    Kind("Boolean", lambda hp, name: hp.Boolean(name), (False, True)),
    Kind("Boolean, default of NumPy's", lambda hp, name: hp.Boolean(name, default=np.True_), (False, True)),
    Kind("Fixed int", lambda hp, name: hp.Fixed(name, 5), (5,)),
    Kind("Fixed float", lambda hp, name: hp.Fixed(name, 0.5), (0.5,)),
    Kind("Fixed str", lambda hp, name: hp.Fixed(name, "same"), ("same",)),
    Kind("Fixed bool", lambda hp, name: hp.Fixed(name, True), (True,)),
    Kind("Fixed float of NumPy's", lambda hp, name: hp.Fixed(name, np.float64(0.5)), (0.5,)),
)


def all_kinds() -> HyperParameters:
    """Return a space of every kind, each under its title."""
    hp = keras_tuner.HyperParameters()
    for kind in KINDS:
        kind.declare(hp, kind.title)
    return hp


def branched() -> HyperParameters:
    """Return a space some of which is active under one optimizer only, some of that under a condition of its own."""
    hp = keras_tuner.HyperParameters()
    hp.Fixed("classes", 5)
    kind = hp.Choice("optimizer", ["adamw", "sgd"])
    hp.Float("rate", 1e-4, 1e-1, sampling="log")
    hp.Int("units", 32, 250, step=32)
    hp.Choice("batch_size", [32, 64, 128])
    with hp.conditional_scope("optimizer", ["sgd"]):
        if kind is not None:
            hp.Boolean("nesterov")
            hp.Float("momentum", 0.0, 0.9, step=0.1, parent_name="nesterov", parent_values=[True])
    hp.Float("beta", 0.9, 0.999, sampling="reverse_log", parent_name="optimizer", parent_values=["adamw"])
    return hp


def small() -> HyperParameters:
    """Return a space of 12 combinations."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("head", ["flatten", "average"])
    hp.Int("layers", 1, 3)
    hp.Float("dropout", 0.0, 0.5, step=0.25, parent_name="head", parent_values=["flatten"])
    return hp


def _same(value: object, allowed: Value) -> bool:
    """Whether they are equal, but for the rounding of steps: 0.30000000000000004 is 0.3."""
    both = isinstance(value, float) and isinstance(allowed, float)
    return math.isclose(value, allowed, rel_tol=1e-9) if both else value == allowed  # type: ignore[arg-type]
