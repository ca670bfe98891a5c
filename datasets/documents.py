"""JSON documents: the numbers that they can hold, and what pydantic found wrong with one."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only reads a description that is well must not wait for it
    from pydantic import ValidationError


@dataclass(frozen=True)
class Problem:
    """The first thing wrong: ``place`` is the field's path, such as ``members.0.epochs``, empty for the whole."""

    place: str
    message: str
    value: object

    @property
    def clause(self) -> str:
        """The message as it stands within a sentence."""
        return f"{self.message[:1].lower()}{self.message[1:]}"


def finite(number: float | None) -> float | None:
    """Return ``number``, or None for NaN and infinity, which JSON cannot write."""
    return number if number is not None and math.isfinite(number) else None


def first_problem(error: "ValidationError") -> Problem:
    """Return the first problem that ``error`` lists."""
    first = error.errors()[0]
    return Problem(".".join(str(part) for part in first["loc"]), first["msg"], first["input"])
