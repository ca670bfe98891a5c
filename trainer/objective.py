"""What a search optimises: one metric and its direction."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from trainer.errors import ObjectiveError

Direction = Literal["max", "min"]

METRIC_DIRECTIONS: Mapping[str, Direction] = {
    "accuracy": "max",
    "loss": "min",
    "val_accuracy": "max",
    "val_balanced_accuracy": "max",
    "val_ece": "min",
    "val_loss": "min",
    "val_macro_f1": "max",
    "val_macro_f1_decided": "max",
    "val_macro_f1_soft": "max",
    "val_macro_f1_steady": "max",
    "val_macro_precision": "max",
    "val_macro_recall": "max",
    "val_worst_recall": "max",
}
"""The trainer's own metrics of an epoch. ``accuracy`` needs a model compiled with it, the others always exist."""
_UNBOUNDED = ("loss", "val_loss")
_ROUNDING = 1e-6


DECIDED = frozenset({"val_macro_f1_decided", "val_macro_f1_soft", "val_macro_f1_steady"})
"""The objectives that take each class under the best decision; any other decides for the most probable one."""


@dataclass(frozen=True)
class Objective:
    """One metric and whether more (``max``) or less (``min``) of it is better."""

    name: str
    direction: Direction

    def __post_init__(self) -> None:
        if self.direction not in ("max", "min"):
            raise ObjectiveError(f"the direction of an objective is max or min, but got {self.direction!r}")

    @classmethod
    def parse(cls, text: str) -> "Objective":
        """Read ``NAME`` or ``NAME:max`` or ``NAME:min``.

        A metric that is not in METRIC_DIRECTIONS must state its direction: guessing it from the name goes wrong.

        Raises ObjectiveError where the name is empty, or the direction is neither max nor min, or missing.
        """
        name, colon, direction = text.strip().partition(":")
        if not name or (colon and direction not in ("max", "min")):
            raise ObjectiveError(f"expected an objective as NAME, NAME:max or NAME:min, found {text!r}")
        if not colon and name not in METRIC_DIRECTIONS:
            raise ObjectiveError(
                f"the direction of the objective {name!r} is not known: write {name}:max or {name}:min, "
                f"or take one of {', '.join(sorted(METRIC_DIRECTIONS))}"
            )
        return cls(name, cast(Direction, direction) if colon else METRIC_DIRECTIONS[name])

    def better(self, new: float, old: float) -> bool:
        """Say whether ``new`` is strictly better than ``old``; NaN is worse than anything and never better."""
        if math.isnan(new) or math.isnan(old):
            return math.isnan(old) and not math.isnan(new)
        return new > old if self.direction == "max" else new < old

    def best(self, values: Sequence[float]) -> int | None:
        """Return the index of the best of ``values``, the first of equals, None if there is none but NaN."""
        numbers = [index for index, value in enumerate(values) if not math.isnan(value)]
        choose = max if self.direction == "max" else min
        return choose(numbers, key=values.__getitem__, default=None)

    def fault(self, value: float) -> str | None:
        """Say why no model can have scored ``value``: it is infinite, or not in the 0 to 1 of the trainer's own.

        None for any other number, and for NaN, which only says that this epoch has no score.
        """
        if math.isinf(value):
            return f"{self.name} is infinite"
        if self.name in METRIC_DIRECTIONS and self.name not in _UNBOUNDED and abs(value - 0.5) > 0.5 + _ROUNDING:
            return f"{self.name} is {value:g}, but it goes from 0 to 1"
        return None

    def __str__(self) -> str:
        return f"{self.name}:{self.direction}"
