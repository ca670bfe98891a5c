"""What of a search's finals fits into the time that is left: the forecast, as trainings correct it."""

from collections.abc import Collection, Mapping, Sequence

from datasets import Folder
from search import (
    BEGINNINGS,
    MOST_BEGINNINGS,
    Cost,
    Finals,
    Plan,
    Which,
    forecast,
    make_further_plan,
    make_plan,
    next_beginning,
    why_none,
)
from trainer import share_done

# So many times slower than forecast a machine is another one than the search's, and not one that others use, too.
_SLOWER = 1.5
# As a share of the time: what is lost for shorter schedules while what is under way may still end.
_LOST = 0.15


class Outlook:
    """How long beginnings take, and which of them will end in time.

    Attributes:
        slots: Trainings at a time.
        begun: Those that an earlier call has left, of the length that is planned → the share that is done, 0–1.
    """

    def __init__(self, costs: Mapping[str, Cost], begun: Mapping[Which, float]) -> None:
        self.slots, self.begun = 1, dict(begun)
        self._costs = dict(costs)
        # What was found while one was trained, where that is more than the forecast.
        self._found: dict[str, float] = {}

    def seconds(self, finals: Finals) -> dict[str, float]:
        """Return the seconds of a beginning of each finalist, by its trial's id."""
        expected = forecast(finals, self._costs)
        return {name: max(seconds, self._found.get(name, 0.0)) for name, seconds in expected.items()}

    def found_late(self, trial_id: str, seconds: float) -> None:
        """Take in how long a beginning would have taken that is left for that."""
        self._found[trial_id] = max(seconds, self._found.get(trial_id, 0.0))

    def found(self, trial_id: str) -> None:
        """Take in that a beginning has ended: the forecast knows how long it took."""
        self._found.pop(trial_id, None)

    def next(
        self, finals: Finals, under_way: Collection[Which], *, left: float, used: Sequence[str] = ()
    ) -> Which | None:
        """Return what begins next; see `search.next_beginning`."""
        return next_beginning(finals, under_way, seconds=self.seconds(finals), left=left, used=used, begun=self.begun)

    def why_none(self, finals: Finals, *, left: float, used: Sequence[str] = ()) -> str:
        """Say why nothing does."""
        return why_none(finals, (), seconds=self.seconds(finals), left=left, used=used)

    def planned(self, finals: Finals, *, left: float, limit: float | None) -> Finals:
        """Return the finals with as many finalists, and beginnings as many and as long, as fit.

        Beginnings that have ended stand: what is planned comes beside them, and is as long.
        """
        if any(one.beginnings for one in finals.finalists):
            return self._planned_further(finals, left=left, limit=limit)
        plan = self._plan(finals, self._costs, left)
        changes = {"planned": plan.beginnings, "epochs": plan.epochs, "limit": limit}
        return _marked(finals, plan.kept(_active(finals))).model_copy(update=changes)

    def planned_longer(self, finals: Finals, *, epochs: int, left: float, limit: float | None) -> Finals | None:
        """Return the finals begun anew, if all who stay can be trained for longer in the time that is left; else None.

        That is: as many finalists as have scores, and as many beginnings of each or three, of up to ``epochs``.
        """
        stay = sorted((one for one in finals.finalists if one.stays), key=lambda one: not one.scores)
        if not _scored(finals) or epochs <= finals.epochs:
            return None
        now = tuple(one.model_copy(update={"beginnings": ()}) for one in stay)
        fresh = Finals(epochs=epochs, planned=0, limit=limit, finalists=now)
        plan = self._plan(fresh, self._costs, left)
        if not _is_all_for_longer(plan, finals):
            return None
        changes = {"planned": plan.beginnings, "epochs": plan.epochs}
        return _marked(fresh, plan.kept(_active(fresh))).model_copy(update=changes)

    def _planned_further(self, finals: Finals, *, left: float, limit: float | None) -> Finals:
        """Return the finals with as many further beginnings as fit; who has scores is not left out for that."""
        stay = [one for one in finals.finalists if one.stays]
        costs, had = [self._costs[one.trial_id] for one in stay], [len(one.beginnings) for one in stay]
        plan = make_further_plan(costs, had, epochs=finals.epochs, seconds=left, slots=self.slots)
        kept = [] if plan is None else [one.trial_id for one in plan.kept(stay)]
        others = [one.trial_id for one in finals.finalists if one.is_active and (one.scores or not one.stays)]
        # None is chosen by fewer beginnings than there are.
        least = min(BEGINNINGS, max((len(one.scores) for one in finals.finalists), default=1))
        planned = max(least, 1, 0 if plan is None else plan.beginnings)
        return _marked(finals, [*kept, *others]).model_copy(update={"planned": planned, "limit": limit})

    def is_out_of_reach(
        self,
        finals: Finals,
        met: Mapping[Which, float],
        *,
        left: float,
        taken: float,
        is_hopeless: bool,
        before: Finals | None = None,
    ) -> float | None:
        """Return how many times slower than forecast training is, where so that too little would end; else None.

        What was planned by the search's trials is of no use where those ran on other machines. After that, shorter
        schedules are planned for. That is so before any beginning has ended, where none under way will, or where it is
        found early that there would be too few.

        Args:
            met: what is under way → the seconds that it will take, where that can be told.
            left: seconds that there are.
            taken: seconds that what is under way has had, which are lost if it is left.
            is_hopeless: none that is under way will end in time.
            before: what had ended, where ``finals`` begin all of it anew for longer: fewer than then are too few.
        """
        if not met or any(one.beginnings for one in finals.finalists):
            return None
        expected = forecast(finals, self._costs)
        slower = max(seconds / expected[trial_id] for (trial_id, _), seconds in met.items())
        costs = {name: cost.times(slower) for name, cost in self._costs.items()}
        is_early = slower > _SLOWER and taken <= _LOST * (left + taken)
        if not is_hopeless:
            plan = self._plan(finals, costs, left + taken)
            is_kept_to = plan.epochs == finals.epochs and (before is None or _is_all_for_longer(plan, before))
            if not is_early or is_kept_to:
                return None
        self._costs, self._found = costs, {}
        return slower

    def _plan(self, finals: Finals, costs: Mapping[str, Cost], seconds: float) -> Plan:
        each = [costs[name] for name in _active(finals)]
        is_first = next((one.is_defaults for one in finals.finalists if one.is_active), False)
        return make_plan(each, epochs=finals.epochs, seconds=seconds, slots=self.slots, defaults_first=is_first)


def beginnings_in(work: Folder, finals: Finals) -> list[Folder]:
    """Return the folders of beginnings that there are in ``work``, of whichever finalists."""
    there = set(work.names())
    names = (f"{one.trial_id}-b{number}" for one in finals.finalists for number in range(1, MOST_BEGINNINGS + 1))
    return [work.child(name) for name in names if name in there]


def left_before(finals: Finals, work: Folder) -> dict[Which, float]:
    """Return which share is done of the beginnings that an earlier call has left, where there is any."""
    ended = {(one.trial_id, each.number) for one in finals.finalists for each in one.beginnings}
    stay = [one.trial_id for one in finals.finalists if one.stays]
    names = {
        (trial_id, number): f"{trial_id}-b{number}" for trial_id in stay for number in range(1, MOST_BEGINNINGS + 1)
    }
    there = set(work.names())
    shares = {
        one: share_done(work.child(name), epochs=finals.epochs)
        for one, name in names.items()
        if name in there and one not in ended
    }
    return {one: share for one, share in shares.items() if share}


def _scored(finals: Finals) -> list[int]:
    """Return how many scores each finalist that stays has, of those that have any."""
    return [len(one.scores) for one in finals.finalists if one.stays and one.scores]


def _is_all_for_longer(plan: Plan, before: Finals) -> bool:
    """Say whether a plan trains for longer as many finalists as had scores, as often, or three times."""
    scored = _scored(before)
    enough = plan.finalists >= len(scored) and plan.beginnings >= min(BEGINNINGS, max(scored))
    return enough and plan.epochs > before.epochs


def _active(finals: Finals) -> list[str]:
    return [one.trial_id for one in finals.finalists if one.is_active]


def _marked(finals: Finals, active: Collection[str]) -> Finals:
    """Return the finals with those active alone that are named."""
    marked = tuple(one.model_copy(update={"is_active": one.trial_id in active}) for one in finals.finalists)
    return finals.model_copy(update={"finalists": marked})
