"""Who the finalists are: the space's defaults, and the best-ranked trials of other configurations."""

import json
import math
from collections.abc import Callable, Collection, Sequence

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


def begin_finals(
    now: Sequence[Finalist],
    before: Finals | None,
    *,
    epochs: int,
    limit: float | None,
    complete: Callable[[Values], Values] = lambda values: values,
) -> Finals:
    """Return the finals of the finalists ``now``, which go on with those ``before``; ``planned`` 0 asks for a plan.

    What has ended stands, unless shorter schedules are wanted, and so does the plan, unless there is more time now or
    another finalist. One that is a finalist no more stays in the list if it has had any beginning.

    Args:
        now: as `choose_finalists` returns them.
        before: what was kept of earlier ones.
        epochs: of the longest schedule.
        limit: the seconds that there are in all.
        complete: as for `choose_finalists`.
    """
    has_more = before is not None and (limit or math.inf) > (before.limit or 0.0)
    has_any = before is not None and any(one.beginnings for one in before.finalists)
    if before is None or before.epochs > epochs or (has_more and not has_any):
        return Finals(epochs=epochs, planned=0, finalists=tuple(now))
    names = {one.trial_id for one in now}
    found = [_known(one, before, complete, names) for one in now]
    kept = [one if known is None else known for one, known in zip(now, found, strict=True)]
    finalists = (*kept, *_left_out(kept, before))
    if None in found or has_more:
        return before.model_copy(update={"planned": 0, "finalists": finalists, "unused": None})
    active = {one.trial_id for one in before.finalists if one.is_active}
    marked = tuple(one.model_copy(update={"is_active": one.trial_id in active}) for one in finalists)
    return before.model_copy(update={"finalists": marked, "unused": None})


def _known(
    one: Finalist, before: Finals, complete: Callable[[Values], Values], names: Collection[str]
) -> Finalist | None:
    """Return a finalist with the beginnings that its configuration has had; None where it was none.

    Its beginnings are named as they were: a trial may have had the defaults since, or a promotion have overtaken its
    parent. ``names`` are those of all finalists now; the defaults' is theirs alone, whatever they are by now.
    """
    named = [
        before.finalist(one.trial_id),
        *(each for each in before.finalists if each.is_defaults and one.is_defaults),
        *(each for each in before.finalists if each.trial_id not in {*names, DEFAULTS}),
    ]
    # What the defaults are may have changed with the space.
    wanted = _key(complete(one.hyperparameters))
    known = next((each for each in named if each and _key(complete(each.hyperparameters)) == wanted), None)
    if known is None:
        return None
    again = {"dropped": None, "failed": False} if known.failed else {}  # what failed it may be mended
    return known.model_copy(update={"is_active": True, "is_defaults": one.is_defaults, **again})


def _left_out(kept: Sequence[Finalist], before: Finals) -> list[Finalist]:
    """Return those that are finalists no more: the chosen one may get further beginnings all the same."""
    names, has_defaults = {one.trial_id for one in kept}, any(one.is_defaults for one in kept)
    return [
        one.model_copy(
            update={
                "is_active": one.trial_id == before.chosen,
                "is_defaults": one.is_defaults and not has_defaults,
            }
        )
        for one in before.finalists
        if one.trial_id not in names and one.beginnings
    ]


def _key(values: Values) -> str:
    # Keras Tuner counts the steps of a Float, and so has 0.30000000000000004 for 0.3.
    rounded = {name: float(f"{value:.9g}") if isinstance(value, float) else value for name, value in values.items()}
    return json.dumps(rounded, sort_keys=True)
