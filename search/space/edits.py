"""What two declarations of a space differ in, in words.

Keras Tuner tells hyperparameters of one name apart by their conditions, and so does this.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from search.space.discovery import Declared, as_json, as_space
from search.values import JsonObject

Key = tuple[str, str]
_LONGEST = 200


@dataclass(frozen=True)
class Edits:
    """What became of a space: ``changed`` says of each hyperparameter what it was and is, ``added`` are new names."""

    changed: tuple[str, ...]
    added: tuple[str, ...]

    @classmethod
    def between(cls, was: Declared, now: Declared) -> "Edits":
        """Compare two declarations, whatever their order."""
        before, after = _by_key(was), _by_key(now)
        new = [key for key in after if key not in before]
        changed = []
        for key, entry in before.items():
            # One that counts under another condition now is a changed one, neither gone nor new.
            same = key if key in after else next((other for other in new if other[0] == key[0]), None)
            if same is None:
                changed.append(f"{key[0]} is gone{_where(entry)}")
                continue
            if same in new:
                new.remove(same)
            if differences := ", ".join(_differences(entry, after[same])):
                changed.append(f"{key[0]}: {differences}")
        return cls(tuple(changed), tuple(name for name, _ in new))


def missing(was: Declared, now: Declared) -> set[str]:
    """Return the names of the hyperparameters of ``was`` that ``now`` lacks, or has under other conditions alone."""
    return {name for name, _ in _by_key(was).keys() - _by_key(now).keys()}


def _by_key(declared: Declared) -> dict[Key, JsonObject]:
    space, by_key = as_space(declared), {}
    for entry, made in zip(as_json(space), space.space, strict=True):
        # As declared a default may be none, which stands for another one.
        config = {key: made.default if key == "default" else value for key, value in entry["config"].items()}
        by_key[made.name, json.dumps(config["conditions"])] = {**entry, "config": config}
    return by_key


def _differences(was: JsonObject, now: JsonObject) -> Iterator[str]:
    if was["class_name"] != now["class_name"]:
        yield f"was {was['class_name']}, is {now['class_name']}"
        return
    if _where(was) != _where(now):
        yield f"counted{_where(was) or ' always'}, counts{_where(now) or ' always'}"
    for field in sorted(was["config"].keys() - {"conditions"}, reverse=True):
        before, after = (_text(one["config"][field]) for one in (was, now))
        if before != after:
            yield f"{field} was {_short(before)}, is {_short(after)}"


def _where(declared: JsonObject) -> str:
    """Say under which conditions a hyperparameter counts; nothing where it has none."""
    conditions = [one["config"] for one in declared["config"]["conditions"]]
    said = " and ".join(f"{one['name']} is {' or '.join(map(str, one['values']))}" for one in conditions)
    return f" where {said}" if said else ""


def _text(value: object) -> str:
    """Write a value so that 1, 1.0, True and '1' are told apart."""
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
