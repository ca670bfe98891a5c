"""Keras Tuner's hyperparameters as Optuna's distributions, and values between the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from keras_tuner.engine.hyperparameters import Boolean, Choice, Fixed, HyperParameter, Int
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from search.space.declared import listed_values, nearest_value, on_its_step
from search.values import Value


@dataclass(frozen=True)
class Parameter:
    """One hyperparameter as Optuna knows it.

    ``steps``: the values that an index into them stands for, if Optuna is given the index (ordered choices, and
    whatever moves in steps that are not an integer's: Optuna rounds its own steps, and so would call 0.3 what Keras
    Tuner calls 0.30000000000000004). ``by_share``: Optuna is given Keras Tuner's cumulative probability instead, for
    the one scale that it lacks.
    """

    name: str
    hyperparameter: HyperParameter
    distribution: BaseDistribution
    steps: tuple[Value, ...] | None = None
    by_share: bool = False

    def suggest(self, trial: optuna.Trial) -> Value:
        """Let ``trial`` choose; return Keras Tuner's value."""
        chosen = self._chosen(trial)
        if self.steps is not None:
            return self.steps[int(chosen)]
        if self.by_share:
            return nearest_value(self.hyperparameter, self.hyperparameter.prob_to_value(chosen))
        value: Value = chosen
        return value

    def _chosen(self, trial: optuna.Trial) -> Any:
        distribution = self.distribution
        if isinstance(distribution, IntDistribution):
            low, high, step, log = distribution.low, distribution.high, distribution.step, distribution.log
            return trial.suggest_int(self.name, low, high, step=step, log=log)
        if isinstance(distribution, FloatDistribution):
            return trial.suggest_float(self.name, distribution.low, distribution.high, log=distribution.log)
        assert isinstance(distribution, CategoricalDistribution)
        return trial.suggest_categorical(self.name, distribution.choices)

    def represent(self, value: Value) -> Value | None:
        """Return Optuna's value for Keras Tuner's, None for one that the distribution does not hold."""
        if self.steps is not None:
            return self._step(value)
        if self.by_share:
            return float(min(max(self.hyperparameter.value_to_prob(value), 0.0), 1.0))
        if isinstance(self.distribution, CategoricalDistribution):
            return value if value in self.distribution.choices else None
        assert isinstance(self.distribution, IntDistribution | FloatDistribution)
        assert not isinstance(value, str)
        low, high, step = self.distribution.low, self.distribution.high, self.distribution.step
        on_a_step = step is None or (value - low) % step == 0
        return value if low <= value <= high and on_a_step else None

    def _step(self, value: Value) -> int | None:
        """Return the place of a value among the steps; a number may differ from one in a float's last digits."""
        assert self.steps is not None
        if value not in self.steps:
            value = on_its_step(self.hyperparameter, value)
        return self.steps.index(value) if value in self.steps else None


class Space:
    """The parameters of a Keras Tuner space, each made once: such a space only grows."""

    def __init__(self) -> None:
        self._parameters: list[Parameter | None] = []
        self._names: dict[str, int] = {}

    def parameters(self, space: Sequence[HyperParameter]) -> Sequence[Parameter | None]:
        """Return a parameter for each hyperparameter of ``space``, None for a fixed one.

        Keras Tuner tells hyperparameters of one name apart by their conditions; here the second is called ``name#2``.
        """
        for hyperparameter in space[len(self._parameters) :]:
            count = self._names[hyperparameter.name] = self._names.get(hyperparameter.name, 0) + 1
            name = hyperparameter.name if count == 1 else f"{hyperparameter.name}#{count}"
            self._parameters.append(parameter(name, hyperparameter))
        return self._parameters


def parameter(name: str, hyperparameter: HyperParameter) -> Parameter | None:
    """Return Optuna's parameter ``name`` for a Keras Tuner hyperparameter, None for a fixed one."""
    if isinstance(hyperparameter, Fixed):
        return None
    if isinstance(hyperparameter, Boolean):
        return Parameter(name, hyperparameter, CategoricalDistribution((False, True)))
    if not isinstance(hyperparameter, Choice):
        return _numerical(name, hyperparameter)
    values = listed_values(hyperparameter)
    if hyperparameter.ordered:
        return _by_index(name, hyperparameter, values)
    return Parameter(name, hyperparameter, CategoricalDistribution(values))


def _numerical(name: str, hyperparameter: HyperParameter) -> Parameter:
    low, high, step = hyperparameter.min_value, hyperparameter.max_value, hyperparameter.step
    whole, linear = isinstance(hyperparameter, Int), hyperparameter.sampling == "linear"
    if whole and linear:
        # Optuna wants a whole number of steps.
        return Parameter(name, hyperparameter, IntDistribution(low, high - (high - low) % step, step=step))
    if step is not None:
        return _by_index(name, hyperparameter, listed_values(hyperparameter))
    if hyperparameter.sampling == "reverse_log":
        return Parameter(name, hyperparameter, FloatDistribution(0.0, 1.0), by_share=True)
    kind = IntDistribution if whole else FloatDistribution
    return Parameter(name, hyperparameter, kind(low, high, log=not linear))


def _by_index(name: str, hyperparameter: HyperParameter, values: tuple[Value, ...]) -> Parameter:
    return Parameter(name, hyperparameter, IntDistribution(0, len(values) - 1), steps=values)
