"""What pydantic found wrong with a document, for messages of one line."""

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


def first_problem(error: "ValidationError") -> Problem:
    """Return the first problem that ``error`` lists."""
    first = error.errors()[0]
    return Problem(".".join(str(part) for part in first["loc"]), first["msg"], first["input"])
