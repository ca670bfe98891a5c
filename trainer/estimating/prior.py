"""A mix of classes from a file: how frequent each class is where answers are to be used."""

import codecs
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets import NONE_OF_THESE, GalaxyTunerError, class_mapping, few, local_place, once, read_json, table_file
from trainer.errors import OptionsError

_CLASSES = ("class", "classes", "name")
_SHARES = ("fraction", "share", "prior", "count", "n", "images")
_EXAMPLE = 'a JSON object {"spiral": 0.4, …} or a table with the columns class and fraction'


def read_prior(path: str | Path) -> dict[str, float]:
    """Read the number of each class, shares or counts, ≥ 0: ``{class: share}``, not yet of sum 1.

    It is a JSON object, or one that has it as ``fractions``, as `galaxy count --json` does; or a table with a column of
    classes and one of numbers. Raises OptionsError, naming ``--prior``.
    """
    try:
        with local_place(path) as file:
            pairs = _of_json(file) if _is_json(file) else _of_table(file, str(path))
    except (OSError, ValueError, GalaxyTunerError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise OptionsError(f"--prior {path}: expected {_EXAMPLE}, found: {problem}") from error
    if not pairs or not all(isinstance(share, int | float) and not isinstance(share, bool) for _, share in pairs):
        raise OptionsError(f"--prior {path}: expected {_EXAMPLE}, found something else")
    numbers = {str(name): float(share) for name, share in pairs}
    if len(numbers) < len(pairs):
        raise OptionsError(f"--prior {path}: expected each class once, found one twice")
    if not all(np.isfinite(share) and share >= 0 for share in numbers.values()) or sum(numbers.values()) <= 0:
        raise OptionsError(f"--prior {path}: expected numbers of 0 or more, found {few([*numbers.values()])}")
    return numbers


def check_prior(given: Mapping[str, float], classes: Sequence[str]) -> None:
    """Raise OptionsError where a mix lacks one of a model's classes, or has another."""
    places = class_mapping([*given], classes)
    if None in places or {*places} != {*range(len(classes))} or len(places) > len(classes):
        raise OptionsError(f"--prior: expected a number for each of the classes {few(classes)}; found {few([*given])}")


def checked_prior(given: Mapping[str, float], classes: Sequence[str], true: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return the share of each of a model's classes, of sum 1; ``true``, int64 (n,), are the classes of the images.

    Raises OptionsError as `check_prior` does, or where no image is of a class that it has.
    """
    check_prior(given, classes)
    places = class_mapping([*given], classes)
    total = sum(given.values())
    named = zip(given.values(), places, strict=True)
    shares = {classes[place]: share / total for share, place in named if place is not None}
    counts = np.bincount(true, minlength=len(classes))
    empty = [name for at, name in enumerate(classes) if shares[name] > 0 and not counts[at]]
    if empty:
        raise OptionsError(f"--prior: expected 0 for classes that no image is of, found more for {few(empty)}")
    return {name: shares[name] for name in classes}


def _is_json(path: Path) -> bool:
    """Say whether a file is JSON, by its name or, as what a command printed has any, by how it begins."""
    with path.open("rb") as file:
        return path.suffix.lower() == ".json" or file.read(64).removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{"


def _of_json(path: Path) -> list[tuple[str, float]]:
    document = read_json(path.read_text("utf-8-sig"), hook=once)
    if not isinstance(document, dict):
        return []
    found = document.get("fractions", document)
    if not isinstance(found, dict):
        return []
    if document is not found:  # what is counted: galaxies of none of the classes are no class that is evaluated
        found = {name: share for name, share in found.items() if name != NONE_OF_THESE}
        if unsaid := [name for name, share in found.items() if share is None]:
            raise OptionsError(
                f"no share of {few(unsaid)}, as `galaxy count` had too few held-out images: write one in"
            )
    return list(found.items())


def _of_table(path: Path, called: str) -> list[tuple[str, float]]:
    table = table_file(path, called, to_be="read")
    header = [name.strip().casefold() for name in table.header()]
    class_, share = (next((one for one in names if one in header), None) for names in (_CLASSES, _SHARES))
    if class_ is None or share is None:
        raise OptionsError(f"a table with the columns {few(header)}")
    if twice := [name for name in (class_, share) if header.count(name) > 1]:
        raise OptionsError(f"a table with the column {twice[0]} twice")
    rows: list[tuple[str, float]] = []
    for batch in table.read({class_: pa.string(), share: pa.float64()}):
        rows += zip(batch[class_].to_pylist(), batch[share].to_pylist(), strict=True)
    return rows
