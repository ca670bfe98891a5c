"""Which beginning comes next, and why none does."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from search.finals.forecast import MARGIN
from search.finals.planning import BEGINNINGS
from search.ledger.finals import Finalist, Finals

MOST_BEGINNINGS = 8
"""Of one finalist: a dataset of the default shares has as many further divisions, and a bundle averages no more."""

_LEAST_REST = 0.15
"""Share of the time that one takes whose epochs are all done: to start, and to answer."""

Which = tuple[str, int]
"""A finalist's trial id, and the number of its beginning."""


def next_beginning(
    finals: Finals,
    under_way: Collection[Which],
    *,
    seconds: Mapping[str, float],
    left: float,
    used: Sequence[str] = (),
    begun: Mapping[Which, float] = MappingProxyType({}),
) -> Which | None:
    """Return the beginning that is to be trained next, None where there is none that would end in time.

    Those that are planned come first, breadth first: the first of each finalist, then the second of each; and as many
    more as they should have had, where there is time after all. Then further ones of the finalists that stay, of those
    that the ensemble uses first, the one that has had the fewest.

    Args:
        under_way: those that are being trained.
        seconds: that one of each finalist is to take.
        left: seconds that there are.
        used: trial ids of the finalists that the ensemble uses.
        begun: those that an earlier call has left → the share that is done, 0–1.
    """
    rest = {one: max(_LEAST_REST, 1.0 - share) for one, share in begun.items()}
    wanted = _wanted(finals, under_way, used)
    return next((one for one in wanted if MARGIN * rest.get(one, 1.0) * seconds[one[0]] <= left), None)


def why_none(
    finals: Finals, under_way: Collection[Which], *, seconds: Mapping[str, float], left: float, used: Sequence[str] = ()
) -> str:
    """Say why no beginning comes next, where `next_beginning` gives none."""
    wanted = _wanted(finals, under_way, used)
    if not any(one.stays for one in finals.finalists):
        return "no finalist stays"
    if not wanted:
        return f"each finalist that stays has had {MOST_BEGINNINGS} beginnings"
    least = min(seconds[trial_id] for trial_id, _ in wanted)
    return f"a further beginning takes {least:.0f} s, and {max(0.0, left):.0f} s were left"


def is_exhausted(finals: Finals) -> bool:
    """Say whether no beginning could come next, however much time there were."""
    return not _wanted(finals, (), ())


def _wanted(finals: Finals, under_way: Collection[Which], used: Sequence[str]) -> list[Which]:
    """Return each beginning that may come, in turn: those planned, then the next further one of each finalist."""
    stay = [one for one in finals.finalists if one.stays]
    had = {one.trial_id: _numbers(one, under_way) for one in stay}
    planned = [
        (one.trial_id, number)
        for number in range(1, max(finals.planned, BEGINNINGS) + 1)
        for one in stay
        if number not in had[one.trial_id]
    ]
    further = [
        (one.trial_id not in used, len(had[one.trial_id]), one.trial_id)
        for one in stay
        if len(had[one.trial_id]) < MOST_BEGINNINGS
    ]
    further.sort(key=lambda each: each[:2])
    return [*planned, *((trial_id, _first_free(had[trial_id])) for _, _, trial_id in further)]


def _numbers(finalist: Finalist, under_way: Collection[Which]) -> set[int]:
    ended = {one.number for one in finalist.beginnings}
    return ended | {number for trial_id, number in under_way if trial_id == finalist.trial_id}


def _first_free(numbers: set[int]) -> int:
    return next(number for number in range(1, len(numbers) + 2) if number not in numbers)
