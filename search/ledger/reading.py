"""Reading a search's files back: one that somebody has changed or cut short is one line, never a traceback."""

import json
import re
import time
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
_LENGTH_SECONDS, _LENGTH_PAUSE = 1.5, 0.1
"""How long a whole file may seem cut short: the kernel believes a length for 1 s without asking (FUSE's default)."""
_damaged: set[tuple[str, bytes]] = set()
"""What this process has found to stay cut short: a file's URI and what is in it. Nobody waits for it again."""


def read_model(folder: Folder, name: str, model: type[Model]) -> Model | None:
    """Read a file as ``model``; None where it is absent. Raises LedgerError for what is none."""
    try:
        return parsed(folder, name, model.model_validate_json)
    except ValidationError as error:
        raise LedgerError(
            f"{folder.child(name).uri}: expected a {_noun(model)}, found none: {first_problem(error)}: "
            "the file was changed or another version wrote it: put it back"
        ) from error


def read_json(folder: Folder, name: str) -> JsonObject | None:
    """Read a file as an object; None where it is absent. Raises LedgerError for anything else."""
    try:
        read: JsonObject | None = parsed(folder, name, json.loads)
        if read is not None:
            read.keys()
    except (ValueError, AttributeError, RecursionError) as error:
        raise LedgerError(
            f"{folder.child(name).uri}: expected a JSON object, found none: the file was changed or cut short: "
            "put it back or delete it"
        ) from error
    return read


def parsed(folder: Folder, name: str, parse: Callable[[bytes], Found]) -> Found | None:
    """Return what ``parse`` makes of a JSON file; None where it is absent. Raises what ``parse`` does, a ValueError.

    A file that another host has replaced by a longer one a moment ago is read again until it is whole: a file system
    that hosts share (sshfs, say) believes for a second that it has the length of the one before.
    """
    until = time.monotonic() + _LENGTH_SECONDS
    while True:
        data = folder.read_if_there(name)
        try:
            return None if data is None else parse(data)
        except ValueError:
            if folder.local is None or data is None or not _is_cut_short(data):
                raise
            found = (folder.child(name).uri, data)
            if time.monotonic() > until:
                _damaged.add(found)
            if found in _damaged:
                raise
        time.sleep(_LENGTH_PAUSE)


def _is_cut_short(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return True
    except RecursionError:
        return False
    return False


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
