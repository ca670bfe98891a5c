"""The settings of a search from three places: command line over TOML file over default."""

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import cast

import typer
from pydantic import ValidationError

from datasets import first_problem, once, parse_duration
from search import SearchSettings, SettingsError
from ui.cli.options import Place

_PLACES = [field.name for field in fields(Place)]


def configure(given: Mapping[str, object], file: Path | None) -> tuple[SearchSettings, Place]:
    """Join the settings ``given`` on the command line (None: not given) with a TOML ``file`` and the defaults.

    Raises typer.BadParameter for a file that cannot be read, an unknown key, or a value out of range.
    """
    joined = {} if file is None else read_toml(file)
    if "time_limit" in joined:
        joined["time_limit"] = _seconds(joined["time_limit"])
    joined |= {key: value for key, value in given.items() if value is not None}
    if files := given.get("points"):
        joined["points"] = [point for file in cast("list[Path]", files) for point in read_points(file)]
    place = {key: _text(key, joined.pop(key)) for key in _PLACES if key in joined}
    if "name" not in joined:
        raise _wrong("name", 'a search needs a name: --name NAME, or name = "NAME" in the file')
    try:
        return SearchSettings.model_validate(joined), Place(**place)
    except SettingsError as error:
        raise _wrong("name", str(error)) from error
    except ValidationError as error:
        problem = first_problem(error)
        raise _wrong(problem.place.partition(".")[0], problem.message) from error


def read_toml(file: Path) -> dict[str, object]:
    """Read the file's settings. Raises typer.BadParameter for no file, no TOML, or a key that is no setting's."""
    known = [*SearchSettings.model_fields, *_PLACES]
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong("config", f"{file}: {error}") from error
    for key in read:
        if key not in known:
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise _wrong("config", f"{file}: unknown key {key!r}; the nearest is {nearest!r}")
    return read


def read_points(file: Path) -> list[dict[str, object]]:
    """Read a JSON object of hyperparameters by name, or a list of such. Raises typer.BadParameter for anything else."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=once)
    except (OSError, ValueError) as error:
        raise _wrong("points", f'{file}: expected JSON such as {{"batch_size": 64}}, but {error}') from error
    points = content if isinstance(content, list) else [content]
    for point in points:
        if not isinstance(point, dict):
            raise _wrong(
                "points",
                f"{file}: expected an object of hyperparameters by name, or a list of such, found {json.dumps(point)}",
            )
    return points


def _seconds(value: object) -> float:
    """Return the time that a file has: text, as a number alone could be of any unit."""
    try:
        return parse_duration(str(value))
    except ValueError as error:
        raise _wrong("time_limit", str(error)) from error


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(key, f"expected text, found {value!r}")
    return value


def _wrong(key: str, message: str) -> typer.BadParameter:
    """Make the error of the option that sets ``key``."""
    return typer.BadParameter(message, param_hint="--try" if key == "points" else f"--{key.replace('_', '-')}")
