"""A HyperModel that was given as an object, on its way to the workers.

What a notebook or script defines travels by value; what a module has, as ever, by its name.
"""

from functools import lru_cache

from ray import cloudpickle

from datasets import place_of, placed
from search import SpaceError
from trainer import one_line


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
