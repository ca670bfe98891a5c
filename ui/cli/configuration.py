"""The settings of a search from three places: command line over TOML file over default."""

import difflib
import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import cast

import typer
from pydantic import ValidationError

from datasets import first_problem, once, parse_duration, read_json
from search import SearchSettings, SettingsError
from ui.cli.options import Place

_PLACES, _TRY = [field.name for field in fields(Place)], "try"


def configure(
    given: Mapping[str, object], file: Path | None, *, without: Collection[str] = ()
) -> tuple[SearchSettings, Place]:
    """Join the settings ``given`` on the command line (None: not given) with a TOML ``file`` and the defaults.

    ``without`` are keys of the file that are no settings of a search: `number_of` reads them.
    Raises typer.BadParameter for a file that cannot be read, an unknown key, or a value out of range.
    """
    joined = {} if file is None else read_toml(file, *without)
    for key in without:
        joined.pop(key, None)
    if _TRY in joined:
        joined["points"] = _points_of_files(joined.pop(_TRY), joined)
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


def number_of(key: str, given: float | None, file: Path | None, *, least: float) -> float | None:
    """Return the number ``given`` on the command line, or else that of ``key`` in the TOML file; None without either.

    Raises typer.BadParameter for a file that cannot be read, and for what is no number, or less than ``least``.
    """
    value = given if given is not None or file is None else read_toml(file, key).get(key)
    if value is None:
        return None
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and value >= least
    if not is_one:
        raise _wrong(key, f"expected a number ≥ {least:g}, found {json.dumps(value, default=str)}")
    return float(cast("float", value))


def read_toml(file: Path, *more: str) -> dict[str, object]:
    """Read the file's settings, ``more`` keys among them.

    Raises typer.BadParameter for no file, no TOML, or a key that is no setting's.
    """
    known = [*SearchSettings.model_fields, *_PLACES, _TRY, *more]
    try:
        read = tomllib.loads(_text_of(file))
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
        content = read_json(_text_of(file), hook=once)
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


def _points_of_files(value: object, joined: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the points in the files that ``try`` of a TOML file names, one or a list."""
    if "points" in joined:
        raise _wrong("config", "found both try and points, which is what the files of try hold: leave one out")
    points: list[dict[str, object]] = []
    for file in value if isinstance(value, list) else [value]:
        if not isinstance(file, str):
            raise _wrong("points", f"expected the name of a JSON file, or a list of such, found {value!r}")
        points += read_points(Path(file))
    return points


def _text_of(file: Path) -> str:
    """Return a file's text; some editors begin it with a mark of its encoding, which says nothing else."""
    return file.read_text(encoding="utf-8-sig")


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
