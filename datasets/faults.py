"""Whose code an error comes from: a search runs what its user wrote, and what that raises is to be mended there."""

import functools
import inspect
import os
import re
import site
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PACKAGES = (*site.getsitepackages(), site.getusersitepackages(), *map(sysconfig.get_path, ("stdlib", "platstdlib")))
_NOT_USERS = (
    *(f"{_ROOT / package}{os.sep}" for package in ("cluster", "datasets", "search", "trainer", "ui")),
    *(f"{place}{os.sep}" for place in _PACKAGES),
)
_CELL = re.compile(r"/ipykernel_\d+/\d+\.py$")
_GENERATED = ("<frozen ", "<string>", "<__array_function__")


def place_of(error: BaseException) -> str | None:
    """Return where the user's code stood that raised ``error``, as ``my_space.py:12``; None where none of it had part.

    That is the innermost of the calls that are neither ours, nor Python's, nor an installed package's.
    """
    if isinstance(error, SyntaxError) and error.filename is not None and _is_users(error.filename):
        return _written(error.filename, error.lineno)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_users(frame.filename):
            return _written(frame.filename, frame.lineno)
    return None


def place_of_code(function: Callable[..., object]) -> str | None:
    """Return where a function or what it wraps, or a class's first method, is written in the user's code, else None."""
    written = inspect.unwrap(function)
    if isinstance(written, functools.partial):
        written = written.func
    methods = vars(written).values() if isinstance(written, type) else ()
    code = next((each.__code__ for each in (written, *methods) if hasattr(each, "__code__")), None)
    return None if code is None or not _is_users(code.co_filename) else _written(code.co_filename, code.co_firstlineno)


@contextmanager
def unexited() -> Iterator[None]:
    """Run the user's code: where it calls ``sys.exit`` that is a RuntimeError, and ends nothing but that code."""
    try:
        yield
    except SystemExit as error:
        if type(error) is not SystemExit or place_of(error) is None:  # a signal has ended the process
            raise
        code = "" if error.code is None else repr(error.code)
        raise RuntimeError(f"sys.exit({code}) was called").with_traceback(error.__traceback__) from None


def placed(text: str, place: str | None) -> str:
    """Return ``text`` with the place in brackets behind it, where there is one."""
    return text if place is None else f"{text} ({place})"


def _is_users(file: str) -> bool:
    return not file.startswith((*_NOT_USERS, *_GENERATED))


def _written(file: str, line: int | None) -> str:
    """Write a file as Python finds it, the same on each node: relative to the place on the path that it is below.

    Or the cell of a notebook, as that counts them; a worker does not know its number.
    """
    notebook = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if notebook is not None and (cell := notebook.compile.format_code_name(file)) is not None:
        return f"{' '.join(cell)}, line {line}"
    if _CELL.search(file):
        return f"a notebook's cell, line {line}"
    names = [os.path.relpath(file, place) for place in map(os.path.abspath, sys.path) if file.startswith(f"{place}/")]
    return f"{min(names, key=len, default=file)}:{line}"
