"""What a rule says of rows: quantities and conditions over columns, evaluated for a batch of rows at once.

A quantity that is missing is NaN, and so is one that is not finite. A condition on it is neither true nor false but
unknown, and what is made of unknown ones follows Kleene's three-valued logic, as in SQL: ``not`` of it is unknown, too.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Columns = Mapping[str, Numbers]
"""float64, (n,) each, by the name that rules use; NaN where there is no value."""

OPERATIONS: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
COMPARISONS: Mapping[str, Callable[[Numbers, Numbers], Mask]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
FUNCTIONS: Mapping[str, Callable[..., Numbers]] = {
    "min": lambda *values: reduce(np.minimum, values),
    "max": lambda *values: reduce(np.maximum, values),
    "abs": np.abs,
}


class Quantity(ABC):
    """A number for each row."""

    @abstractmethod
    def values(self, columns: Columns) -> Numbers:
        """Return float64, (n,) or (), NaN where it is missing."""


class Condition(ABC):
    """What holds for a row, does not hold, or is unknown."""

    @abstractmethod
    def truth(self, columns: Columns) -> "Truth":
        """Return where it is true and where it is false."""


@dataclass(frozen=True)
class Truth:
    """Where a condition is true and where it is false: bool, (n,) or (), and never both."""

    yes: Mask
    no: Mask


@dataclass(frozen=True)
class Constant(Quantity):
    """The same number for each row."""

    value: float

    def values(self, columns: Columns) -> Numbers:
        """Return it, float64, ()."""
        return np.asarray(self.value, dtype=np.float64)


@dataclass(frozen=True)
class Column(Quantity):
    """A column's values."""

    name: str

    def values(self, columns: Columns) -> Numbers:
        """Return them."""
        return _finite(columns[self.name])


@dataclass(frozen=True)
class Arithmetic(Quantity):
    """A chain of operations, from left to right."""

    first: Quantity
    rest: tuple[tuple[str, Quantity], ...]

    def values(self, columns: Columns) -> Numbers:
        """Compute it; a division by 0 is missing."""
        total = self.first.values(columns)
        for sign, quantity in self.rest:
            with np.errstate(all="ignore"):
                total = _finite(OPERATIONS[sign](total, quantity.values(columns)))
        return total


@dataclass(frozen=True)
class Call(Quantity):
    """A function of quantities; missing where one of them is."""

    function: str
    arguments: tuple[Quantity, ...]

    def values(self, columns: Columns) -> Numbers:
        """Compute it."""
        return FUNCTIONS[self.function](*(argument.values(columns) for argument in self.arguments))


@dataclass(frozen=True)
class Comparison(Condition):
    """Two quantities compared."""

    left: Quantity
    sign: str
    right: Quantity

    def truth(self, columns: Columns) -> Truth:
        """Compare them; unknown where one is missing."""
        left, right = self.left.values(columns), self.right.values(columns)
        known = ~(np.isnan(left) | np.isnan(right))
        holds = COMPARISONS[self.sign](left, right)
        return Truth(known & holds, known & ~holds)


@dataclass(frozen=True)
class Missing(Condition):
    """That a quantity is missing: always known."""

    quantity: Quantity

    def truth(self, columns: Columns) -> Truth:
        """Look where it is NaN."""
        missing = np.isnan(self.quantity.values(columns))
        return Truth(missing, ~missing)


@dataclass(frozen=True)
class Not(Condition):
    """The opposite of a condition."""

    condition: Condition

    def truth(self, columns: Columns) -> Truth:
        """Turn it round."""
        truth = self.condition.truth(columns)
        return Truth(truth.no, truth.yes)


@dataclass(frozen=True)
class All(Condition):
    """That all of some conditions hold."""

    conditions: tuple[Condition, ...]

    def truth(self, columns: Columns) -> Truth:
        """Join them: false as soon as one is."""
        truths = [condition.truth(columns) for condition in self.conditions]
        return Truth(
            reduce(np.logical_and, (truth.yes for truth in truths)),
            reduce(np.logical_or, (truth.no for truth in truths)),
        )


def either(conditions: tuple[Condition, ...]) -> Condition:
    """Return the condition that one of some holds: by De Morgan, that not all of their opposites do."""
    return Not(All(tuple(map(Not, conditions))))


def _finite(values: Numbers) -> Numbers:
    return np.where(np.isfinite(values), values, np.nan)
