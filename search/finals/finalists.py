"""Who the finalists are: the space's defaults, and the best-ranked trials of other configurations."""

import json
from collections.abc import Callable, Sequence

from search.ledger.finals import DEFAULTS, Finalist, Finals
from search.ledger.ranking import Row
from search.ledger.records import TrialState
from search.values import Values

MOST_OTHERS = 3
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


def joined(now: Sequence[Finalist], before: Finals | None) -> tuple[Finalist, ...]:
    """Return the finalists ``now`` with the beginnings that they had ``before``, then those that are none any more."""
    if before is None:
        return tuple(now)
    kept = []
    for one in now:
        known = before.finalist(one.trial_id) or next(
            (each for each in before.finalists if each.is_defaults and one.is_defaults), None
        )
        kept.append(one if known is None else known.model_copy(update={"is_active": True}))
    names = {one.trial_id for one in kept}
    others = [one.model_copy(update={"is_active": False}) for one in before.finalists if one.trial_id not in names]
    return (*kept, *(one for one in others if one.beginnings))


def _key(values: Values) -> str:
    return json.dumps(values, sort_keys=True)
