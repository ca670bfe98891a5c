"""A file of rules, TOML: the classes that a table's numbers make, in the order in which they are tried.

::

    [classes]                             # the first rule that a row meets decides; a row that meets none has no class
    spiral = "Class1.2 >= 0.43 and Class2.2 >= 0.715 and Class4.1 >= 0.619"
    "edge-on" = "Class1.2 >= 0.43 and Class2.1 >= 0.602"

Optional are ``range = [0, 1]``, outside of which no value of the columns may lie, and ``[columns]``, words of the
rules for columns; or, where tables name them differently, ``[columns.NAME]`` for each kind of table, of which the
first decides that has all its columns in the table. See ``grammar`` for the rules themselves.
"""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from textwrap import shorten
from typing import cast

import numpy as np
import numpy.typing as npt

from datasets.errors import SourceError
from datasets.sources.votes.rules.conditions import Columns, Condition
from datasets.sources.votes.rules.grammar import parse
from datasets.sources.votes.rules.tokens import RuleFault
from datasets.sources.votes.rules.wordings import Wording

EXPECTED = 'a TOML file of rules, such as: [classes] spiral = "Class1.2 >= 0.43 and Class4.1 >= 0.619"'
LARGEST = 2**20
"""Bytes of the largest file of rules that is read."""
_KEYS = ("classes", "columns", "range")


@dataclass(frozen=True)
class Rules:
    """What decides the class of a row.

    Attributes:
        origin: where they are from, for a person.
        conditions: by class, in the order in which they are tried.
        wordings: the columns that their words stand for, by kind of table, in the order in which they are tried.
        least, greatest: what no value of the columns may be below or above.
    """

    origin: str
    conditions: Mapping[str, Condition]
    wordings: tuple[Wording, ...]
    least: float = -np.inf
    greatest: float = np.inf

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order in which they are tried."""
        return tuple(self.conditions)

    def classify(self, columns: Columns) -> npt.NDArray[np.int64]:
        """Return the class of each row: int64, (n,), an index into ``classes``, -1 where no rule is met.

        ``columns`` are by the words of the rules; a condition on a value that is missing is not met.
        """
        met = [condition.truth(columns).yes for condition in self.conditions.values()]
        return np.select(met, [np.int64(label) for label in range(len(met))], default=np.int64(-1))


def built_in() -> tuple[str, ...]:
    """Return the names of the rules that come along."""
    names = (entry.name for entry in _home().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def read_rules(given: str) -> Rules:
    """Read rules by the name of those that come along, or from a file. Raises SourceError where that is impossible."""
    if given in built_in():
        return rules_of(_home().joinpath(f"{given}.toml").read_bytes(), given)
    path = Path(given)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise SourceError(
            f"'{given}' cannot be read: expected {EXPECTED}; or {' or '.join(built_in())}, found {error.strerror}"
        ) from error
    return rules_of(content, given)


def rules_of(content: bytes, origin: str) -> Rules:
    """Make rules of a TOML file's content. Raises SourceError, naming the class and the place, where it has none."""
    try:
        if len(content) > LARGEST:
            raise RuleFault(f"expected at most {LARGEST} bytes, found more")
        return _rules(tomllib.loads(content.decode("utf-8-sig")), origin)
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"'{origin}' cannot be read: expected {EXPECTED}, found no TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"'{origin}' cannot be read: expected {EXPECTED}, found no text in UTF-8") from error
    except RecursionError as error:
        raise SourceError(f"'{origin}' cannot be read: expected {EXPECTED}, found lists in lists") from error
    except RuleFault as error:
        raise SourceError(f"'{origin}' cannot be used: {error}") from error


def _rules(read: Mapping[str, object], origin: str) -> Rules:
    for key in read:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.0)[0]
            raise RuleFault(f"expected the keys {', '.join(_KEYS)}, found '{key}'; the nearest is '{near}'")
    rules = _texts(read.get("classes"), "classes", "a rule")
    conditions, words = {}, {}
    for name, text in rules.items():
        try:
            conditions[name], columns = parse(text)
        except RuleFault as error:
            raise RuleFault(f"the rule of the class '{name}': {error}") from error
        words.update(dict.fromkeys(columns))
    least, greatest = _range(read.get("range", [-np.inf, np.inf]))
    return Rules(origin, conditions, tuple(_wordings(read.get("columns", {}), tuple(words))), least, greatest)


def _wordings(read: object, words: Sequence[str]) -> list[Wording]:
    several = isinstance(read, dict) and read and all(isinstance(one, dict) for one in read.values())
    wordings = []
    for name, kind in (cast("dict[str, object]", read) if several else {"": read}).items():
        columns = _texts(kind, f"columns.{name}".rstrip("."), "a column") if kind else {}
        wordings.append(Wording(name, {word: columns.get(word, word) for word in words}))
    return wordings


def _texts(read: object, key: str, what: str) -> dict[str, str]:
    if not isinstance(read, dict) or not read:
        raise RuleFault(f"expected a table [{key}] with {what} a line, found {_short(read) if read else 'none'}")
    for name, text in read.items():
        if not isinstance(text, str) or not text.strip() or not name.strip():
            raise RuleFault(f"expected {what} in quotes after '{name} =' in [{key}], found {_short(text)}")
    return read


def _range(read: object) -> tuple[float, float]:
    match read:
        case [float() | int() as least, float() | int() as greatest] if least < greatest:
            return float(least), float(greatest)
    raise RuleFault(f"expected range = [LEAST, GREATEST], two numbers, found {_short(read)}")


def _short(value: object) -> str:
    return shorten(repr(value), 60, placeholder="…")


def _home() -> Traversable:
    return files("datasets.sources.votes.rules")
