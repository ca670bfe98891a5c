"""Who the finalists are: the space's defaults, and the best-ranked trials of other configurations."""

import json
import math
from collections.abc import Callable, Sequence

from search.ledger.finals import DEFAULTS, Finalist, Finals
from search.ledger.ranking import Row
from search.ledger.records import TrialState
from search.values import Values

MOST_OTHERS = 3
_MORE_TIME = 1.2
"""A limit so many times the one before is planned for anew."""
_UNUSABLE = (TrialState.INFEASIBLE, TrialState.FAILED)


def choose_finalists(
    rows: Sequence[Row], *, defaults: Values | None, complete: Callable[[Values], Values] = lambda values: values
) -> tuple[Finalist, ...]:
    """Return the finalists: the space's defaults first, then at most three others, best ranked first.

    The defaults may be a trial's; they are none where their trial could not be trained. No two have one configuration,
    as a promoted trial and its parent do.

    Args:
        rows: the search's, best first.
        defaults: the space's, in full; None where it has none.
        complete: makes the values of two trials alike that are the same configuration.
    """
    wanted = None if defaults is None else _key(defaults)
    found: list[Finalist] = []
    taken = set()
    if defaults is not None:
        of_defaults = [row for row in rows if _key(complete(row.hyperparameters)) == wanted]
        taken.add(wanted)
        usable = next((row for row in of_defaults if row.state not in _UNUSABLE), None)
        if usable is not None or not of_defaults:
            name, values = (DEFAULTS, defaults) if usable is None else (usable.trial_id, usable.hyperparameters)
            found.append(Finalist(trial_id=name, hyperparameters=values, is_defaults=True))
    most = len(found) + MOST_OTHERS
    for row in rows:
        key = _key(complete(row.hyperparameters))
        if row.rank is not None and key not in taken and len(found) < most:
            taken.add(key)
            found.append(Finalist(trial_id=row.trial_id, hyperparameters=row.hyperparameters))
    return tuple(found)


def begin_finals(now: Sequence[Finalist], before: Finals | None, *, epochs: int, limit: float | None) -> Finals:
    """Return the finals of the finalists ``now``, which go on with those ``before``; ``planned`` 0 asks for a plan.

    The plan before stands, unless there is much more time now, or shorter schedules are wanted. Beginnings of another
    length than the new ones are not kept. One that is a finalist no more stays in the list if it has had any.

    ``epochs`` are those of the longest schedule, ``limit`` the seconds that there are in all.
    """
    has_more = before is not None and (limit or math.inf) > _MORE_TIME * (before.limit or 0.0)
    if before is None or before.epochs > epochs or (before.epochs < epochs and has_more):
        return Finals(epochs=epochs, planned=0, finalists=tuple(now))
    finalists = _joined(now, before)
    if has_more:
        return before.model_copy(update={"planned": 0, "finalists": finalists, "unused": None})
    active = {one.trial_id for one in before.finalists if one.is_active}
    stay = active & {one.trial_id for one in finalists if one.is_active}
    marked = tuple(one.model_copy(update={"is_active": one.trial_id in (stay or active)}) for one in finalists)
    return before.model_copy(update={"finalists": marked, "unused": None})


def _joined(now: Sequence[Finalist], before: Finals) -> tuple[Finalist, ...]:
    """Return the finalists ``now`` with the beginnings that they had ``before``, then those that are none any more."""
    defaults = next((one for one in before.finalists if one.is_defaults), None)
    kept = []
    for one in now:
        # A trial may have had the defaults since: their beginnings are named as they were.
        known = before.finalist(one.trial_id) or (defaults if one.is_defaults else None)
        kept.append(one if known is None else known.model_copy(update={"is_active": True}))
    names = {one.trial_id for one in kept}
    others = [one.model_copy(update={"is_active": False}) for one in before.finalists if one.trial_id not in names]
    return (*kept, *(one for one in others if one.beginnings))


def _key(values: Values) -> str:
    # Keras Tuner counts the steps of a Float, and so has 0.30000000000000004 for 0.3.
    rounded = {name: float(f"{value:.9g}") if isinstance(value, float) else value for name, value in values.items()}
    return json.dumps(rounded, sort_keys=True)
