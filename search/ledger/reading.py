"""Reading a search's files back: one that somebody has changed or cut short is one line, never a traceback."""

import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from datasets import Folder, GalaxyTunerError, first_problem
from search.errors import LedgerError
from search.values import JsonObject

Model = TypeVar("Model", bound=BaseModel)
Item = TypeVar("Item")
Found = TypeVar("Found")
# An object store takes tens of milliseconds for each answer, and gives many at once.
_AT_ONCE = 16


def read_model(folder: Folder, name: str, model: type[Model]) -> Model | None:
    """Read a file as ``model``; None where it is absent. Raises LedgerError for what is none."""
    data = folder.read_if_there(name)
    try:
        return None if data is None else model.model_validate_json(data)
    except ValidationError as error:
        raise LedgerError(
            f"{folder.child(name).uri}: expected a {_noun(model)}, found none: {first_problem(error)}: "
            "the file was changed or another version wrote it: put it back"
        ) from error


def read_json(folder: Folder, name: str, *keys: str) -> JsonObject | None:
    """Read a file as an object that has ``keys``; None where it is absent. Raises LedgerError for anything else."""
    data = folder.read_if_there(name)
    if data is None:
        return None
    try:
        read: JsonObject = json.loads(data)
        for key in keys:
            read[key]
        read.keys()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LedgerError(
            f"{folder.child(name).uri}: expected a JSON object with {' and '.join(keys) or 'anything'}, "
            f"found {len(data)} bytes that are none: the file was changed or cut short: put it back or delete it"
        ) from error
    return read


def tried(look: Callable[[Item], Found], item: Item) -> Found | GalaxyTunerError:
    """Call ``look``; return the error, one line, that it raises for what a user has done."""
    try:
        return look(item)
    except GalaxyTunerError as error:
        return error


def side_by_side(look: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """Call ``look`` on each of several items, many at a time; return what it says in their order."""
    each = [*items]
    if len(each) < 2:
        return [look(item) for item in each]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="look") as pool:
        return [*pool.map(look, each)]


def _noun(model: type[BaseModel]) -> str:
    """Write the name of a class as words: ``FitRecord`` → ``fit record``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).strip("_").lower()
