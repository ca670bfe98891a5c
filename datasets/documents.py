"""JSON documents: how one is read, the numbers that it can hold, and what is wrong with it, in words for its reader."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # who only reads a description that is well must not wait for it
    from pydantic import ValidationError

_LONGEST = 40
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "an object of keys and values",
    "model": "an object of keys and values",
    "dataclass": "an object of keys and values",
    "json": "JSON",
    "none": "nothing",
    "extra": "no such key",
    "missing": "a value",
}
"""What was expected, by the first word of pydantic's name of a fault."""
_LIMITS = {
    "ge": "{} or more",
    "gt": "more than {}",
    "le": "{} or less",
    "lt": "less than {}",
    "min_length": "{} entries or more",
    "max_length": "{} entries or fewer",
    "expected": "{}",
}
_CHOICES = re.compile(r"\^\(([\w|]+)\)\$")


@dataclass(frozen=True)
class Problem:
    """The first thing wrong: ``place`` is the field's path, such as ``members.0.epochs``, empty for the whole.

    ``message`` says what was expected and what was found; nothing in it is pydantic's.
    """

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} ({self.place})" if self.place else self.message


def read_json(text: str | bytes, *, hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Return what JSON says; ``hook`` makes its objects. Raises ValueError where it is none, or nested too deeply."""
    try:
        return json.loads(text, object_pairs_hook=hook)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, as ``object_pairs_hook`` of ``json``, which would take the last value of a key that is twice.

    Raises ValueError, naming the key.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def finite(number: float | None) -> float | None:
    """Return ``number``, or None for NaN and infinity, which JSON cannot write."""
    return number if number is not None and math.isfinite(number) else None


def first_problem(error: "ValidationError") -> Problem:
    """Return the first problem that ``error`` lists."""
    first = error.errors()[0]
    kind, about = first["type"], first.get("ctx", {})
    if kind == "value_error":  # a rule of our own, which says it all
        message = str(about["error"])
    else:
        message = f"expected {_expected(kind, about)}, found {_found(kind, first['input'])}"
    return Problem(".".join(str(part) for part in first["loc"]), message)


def _expected(kind: str, about: Mapping[str, object]) -> str:
    if choices := _CHOICES.fullmatch(str(about.get("pattern"))):
        *most, last = choices[1].split("|")
        return f"{', '.join(most)} or {last}"
    limit = next((words.format(_number(about[key])) for key, words in _LIMITS.items() if key in about), None)
    return limit or _KINDS.get(kind.partition("_")[0], "another value")


def _number(limit: object) -> object:
    return f"{limit:g}" if isinstance(limit, float) else limit


def _found(kind: str, value: object) -> str:
    if kind == "json_invalid":
        return "something else, or only a part"
    if kind == "missing" or value is None:
        return "nothing"
    if isinstance(value, list | tuple | Mapping):
        return "an object" if isinstance(value, Mapping) else f"a list of {len(value)}"
    is_in_a_word = isinstance(value, str) and kind.startswith(("greater", "less"))  # on a command line
    shown = str(value) if is_in_a_word else repr(value)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
