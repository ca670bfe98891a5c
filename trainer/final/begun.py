"""A member of which an earlier call has left a training: it goes on, or begins anew, which is said."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace

from datasets import Dataset, Folder, few
from trainer.final.member import IDENTITY, Member, identity_of
from trainer.objective import Objective

_log = logging.getLogger(__name__)


def as_begun(member: Member, dataset: Dataset, *, objective: Objective, work: Folder) -> Member:
    """Return a member with the seed of the training of it in ``work``, if that differs in nothing else.

    `train_member` deletes a training that differs in anything: say so of one that is there.
    """
    kept = work.read_if_there(IDENTITY)
    if kept is None:
        return member
    before, now = _noted(kept), json.loads(identity_of(member, dataset, objective=objective))
    differs = [*_differing(before, now)]
    if differs == ["seed"] and isinstance(before["seed"], int):
        return replace(member, seed=before["seed"])
    if differs:
        said = few([name for name in differs if name != "seed"] or differs)
        _log.warning("%s begins anew: what was trained of it had other %s.", member.name, said)
    return member


def _noted(kept: bytes) -> Mapping[str, object]:
    try:
        noted = json.loads(kept)
    except ValueError:  # cut short, or somebody's own
        return {}
    return noted if isinstance(noted, dict) else {}


def _differing(before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of what differs; of options their own."""
    for name in sorted(before.keys() | now.keys()):
        was, is_now = before.get(name), now.get(name)
        if name == "options" and isinstance(was, dict) and isinstance(is_now, dict):
            yield from _differing(was, is_now)
        elif was != is_now:
            yield name
