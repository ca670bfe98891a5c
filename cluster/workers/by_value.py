"""A HyperModel that was given as an object, on its way to the workers.

What a notebook or script defines travels by value; what a module has, as ever, by its name.
"""

import pickletools
import sys
from functools import lru_cache

from ray import cloudpickle

from cluster.nodes.code import PACKAGES
from datasets import place_of, placed
from search import SpaceError, own_sources
from trainer import one_line

_GETS = ("BINGET", "LONG_BINGET")
_IMPORTS, _IMPORTER = "subimport", "\0"
"""What cloudpickle has a module imported with, and what stands for it here."""


def packed(hypermodel: object | None) -> bytes | None:
    """Return what `unpacked` makes the object of again. Raises SpaceError if it, or what it uses, cannot be pickled."""
    if hypermodel is None:
        return None
    try:
        data: bytes = cloudpickle.dumps(hypermodel)  # type: ignore[no-untyped-call]
    except Exception as error:  # what a user's object holds may raise anything
        fault = (
            f"hypermodel= cannot be sent to Ray's workers, as it holds what cannot be copied: {one_line(error)}: "
            "make that within build, or search with address='in-process'"
        )
        raise SpaceError(placed(fault, place_of(error))) from error
    return data


def modules_of(data: bytes | None) -> str | None:
    """Return the user's own modules that an object packed in ``data`` has by name, parted by spaces; None for none."""
    if data is None:
        return None
    others = sys.stdlib_module_names | {*PACKAGES}
    names = sorted(name for name in _named(data) if name.partition(".")[0] not in others and own_sources(name))
    return " ".join(names) or None


def _named(data: bytes) -> set[str]:
    """Return the modules that a pickle imports: of what it has by name, and those that it has themselves."""
    named, memo = set[str](), list[str | None]()
    strings = ["", ""]  # the last two
    last: str | None = None
    is_module = False
    for operation, argument, _ in pickletools.genops(data):
        if operation.name == "MEMOIZE":
            memo.append(last)
            continue
        last = memo[int(argument or 0)] if operation.name in _GETS else argument if isinstance(argument, str) else None
        if operation.name == "STACK_GLOBAL":
            named.add(strings[0])
            last = _IMPORTER if strings[1] == _IMPORTS else None
        elif last is not None and last != _IMPORTER:
            strings = [strings[1], last]
            if is_module:
                named.add(last)
        is_module = last == _IMPORTER or (is_module and last is None)
    return named


@lru_cache(maxsize=1)
def unpacked(data: bytes | None) -> object | None:
    """Return a copy of the object, one in each worker. Raises SpaceError if something that it uses is not there."""
    if data is None:
        return None
    try:
        hypermodel: object = cloudpickle.loads(data)
    except Exception as error:
        fault = f"hypermodel= cannot be made again on a worker: {one_line(error)}"
        raise SpaceError(placed(fault, place_of(error))) from error
    return hypermodel
