"""An oracle's state in two files, so that keeping it after each event costs the same however many trials there are.

Most of a state are lists and tables that grow by an entry a trial. The *base* holds a whole state and is written again
when a hundred entries, or a fiftieth of it, have been added; in between the *rest* holds what has been added since, and
all that is not growth.
"""

import hashlib
import json
from collections.abc import Mapping

from search.values import JsonObject

_MOST_ADDED, _SHARE_ADDED = 100, 0.02
# Keras Tuner keeps these in a set and lists them in any order.
_UNORDERED = frozenset({"tried_so_far"})


class StateKeeper:
    """Turns each state of one oracle into what is to be written: the rest alone, or a new base and the rest."""

    def __init__(self) -> None:
        self._base: JsonObject = {}
        self._name = ""

    def files(self, state: JsonObject) -> tuple[bytes | None, bytes]:
        """Return the base's bytes, None where the one written before still serves, and the rest's."""
        rest = _rest(self._base, state)
        added = max((len(change.get("add", ())) for change in rest.values()), default=0)
        longest = max((len(kept) for kept in self._base.values() if isinstance(kept, list | dict)), default=0)
        if self._name and added <= max(_MOST_ADDED, _SHARE_ADDED * longest):
            return None, _encoded(self._name, rest)
        base = json.dumps(state).encode()
        # As it will be read: no object that the oracle goes on changing.
        self._base, self._name = json.loads(base), hashlib.sha256(base).hexdigest()
        return base, _encoded(self._name, _rest(self._base, state))


def joined(base: bytes, rest: bytes | None) -> JsonObject:
    """Return the state that was last kept. A rest that belongs to an older base is passed over: the base is newer."""
    state: JsonObject = json.loads(base)
    kept = json.loads(rest) if rest is not None else {}
    if kept.get("base") != hashlib.sha256(base).hexdigest():
        return state
    return {key: _applied(state.get(key, {}), change) for key, change in kept["changes"].items()}


def _encoded(base: str, rest: Mapping[str, JsonObject]) -> bytes:
    return json.dumps({"base": base, "changes": rest}).encode()


def _rest(base: JsonObject, state: JsonObject) -> dict[str, JsonObject]:
    """Return for each part of ``state`` what was added to it since ``base``, or all of it where it is no addition."""
    return {key: _change(base[key], value, key) if key in base else {"all": value} for key, value in state.items()}


def _change(before: object, now: object, key: str) -> JsonObject:
    if isinstance(before, list) and isinstance(now, list):
        if key in _UNORDERED:
            added = set(now).difference(before)
            return {"add": sorted(added)} if len(now) - len(added) == len(before) else {"all": now}
        return {"add": now[len(before) :]} if now[: len(before)] == before else {"all": now}
    if isinstance(before, dict) and isinstance(now, dict):
        kept = before.items() <= now.items()
        return {"add": {name: now[name] for name in now if name not in before}} if kept else {"all": now}
    return {"all": now}


def _applied(before: list[object] | JsonObject, change: JsonObject) -> object:
    if "all" in change:
        return change["all"]
    return [*before, *change["add"]] if isinstance(before, list) else before | change["add"]
