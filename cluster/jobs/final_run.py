"""The finals while they run: what is trained next, what becomes of it, when it is over."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from cluster.jobs.bundling import Bundle, Bundling
from cluster.jobs.pace import Pace
from cluster.workers.final_beginning import FinalBeginning
from cluster.workers.member import Training
from datasets import Folder, finite
from search import (
    Cost,
    EndedBeginning,
    Finals,
    FinalsStanding,
    Plan,
    SearchSpecification,
    TimeBudget,
    forecast,
    judged,
    make_plan,
    next_beginning,
    why_none,
)
from trainer import InfeasibleError, read_answers

# So far apart that no two beginnings of a search share a seed with its trials.
_SEEDS_APART = 1000
# So many times slower than forecast a machine is another one than the search's.
_SLOWER = 1.25
# As a share of all the time, what may be left over without a word.
_UNUSED = 0.1
Watch = Callable[[FinalsStanding], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _UnderWay:
    """A beginning that is being trained: since when, and how fast; ``goes_on`` from a checkpoint."""

    trial_id: str
    number: int
    since: float
    goes_on: bool
    pace: Pace


class FinalRun:
    """Says what comes next of a search's finals, and keeps what has come of it; see `cluster.jobs.coming.Coming`."""

    def __init__(
        self,
        specification: SearchSpecification,
        finals: Finals,
        *,
        costs: Mapping[str, Cost],
        budget: TimeBudget,
        bundling: Bundling,
        work: Folder,
        keep: Callable[[Finals], None],
        watch: Watch | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Go on with ``finals``, of which ``planned`` is 0 where there is no plan yet; ``keep`` makes them durable."""
        self._specification, self._costs = specification, dict(costs)
        self._budget, self._bundling, self._work = budget, bundling, work
        self._keep, self._watch, self._clock = keep, watch, clock
        self._finals = finals
        self._kept_bundle: Bundle | None = None
        self._slots = 1
        self._under_way: dict[str, _UnderWay] = {}
        # What was found while one was trained, where that is more than the forecast.
        self._found: dict[str, float] = {}
        self._is_over = False

    def most(self, trials: int) -> int:
        """As many as there are slots, or as the search was to run at a time."""
        wanted = self._specification.settings.concurrency
        self._slots = max(1, trials if wanted is None else min(trials, wanted) or wanted)
        return self._slots

    def next(self) -> Training | None:
        """Return the next beginning that will end in time."""
        if self._is_over:
            return None
        if not self._finals.planned:
            self._plan()
        which = next_beginning(self._finals, self._which(), seconds=self._seconds(), left=self.left(), used=self._used)
        if which is None:
            return None
        trial_id, number = which
        finalist = self._finals.finalist(trial_id)
        assert finalist is not None
        begun = FinalBeginning(trial_id, number, finalist.hyperparameters, self._finals.epochs, self._seed(number))
        goes_on = bool(self._work.child(begun.name).names())
        self._under_way[begun.name] = _UnderWay(trial_id, number, self._clock(), goes_on, Pace(self._clock))
        return begun

    def ended(self, name: str) -> None:
        """Keep what a beginning has scored, and who is dropped and chosen then."""
        one = self._under_way.pop(name)
        answers = read_answers(self._work.child(name))
        if answers is None:  # its folder was deleted meanwhile
            return
        score = finite(answers.member.metrics.get(self._specification.objective.name))
        seconds = self._clock() - one.since
        if one.goes_on:  # the part before is not in it
            seconds = max(seconds, forecast(self._finals, self._costs)[one.trial_id])
        ended = EndedBeginning(number=one.number, seed=self._seed(one.number), score=score, seconds=round(seconds, 3))
        finals = self._finals.with_ended(one.trial_id, ended)
        if score is None:
            finals = _dropped(finals, one.trial_id, f"{self._specification.objective.name} was no number")
        self._change(judged(finals, self._specification.objective))
        self._found.pop(one.trial_id, None)
        self._bundling.offer(self._finals)

    def failed(self, name: str, error: InfeasibleError) -> None:
        """Drop a finalist that cannot be trained."""
        one = self._under_way.pop(name)
        _log.warning("Finalist %s is dropped: %s.", one.trial_id, error)
        self._change(judged(_dropped(self._finals, one.trial_id, str(error)), self._specification.objective))

    def far(self, name: str, done: int, total: int | None) -> None:
        """Take in how far one is."""
        if name in self._under_way and total is not None:
            self._under_way[name].pace.note(done, total)

    def unwanted(self) -> Collection[str]:
        """Return those that end in vain: the time is up, or will be before them, or their finalist was dropped."""
        self._bundling.offer(self._finals)
        if self._bundling.last is not self._kept_bundle:
            self._change(self._finals)
        self._tell()
        left = self.left()
        if left <= 0:
            self._is_over = True
            return self._leave([*self._under_way])
        stay = {one.trial_id for one in self._finals.finalists if one.stays}
        late = {name: one for name, one in self._under_way.items() if one.pace.is_late(left)}
        for one in late.values():
            seconds = self._clock() - one.since + (one.pace.seconds_left or 0.0)
            self._found[one.trial_id] = max(seconds, self._found.get(one.trial_id, 0.0))
        if not any(one.beginnings for one in self._finals.finalists) and self._is_too_slow():
            late |= self._under_way
        dropped = [name for name, one in self._under_way.items() if one.trial_id not in stay]
        return self._leave([*{*late, *dropped}])

    def left(self) -> float:
        """Return the seconds that are left for training."""
        return self._budget.left() - self._bundling.reserve

    def finish(self) -> Bundle:
        """Write the last bundle and return it; some beginning must have ended with a score."""
        if self._budget.left() > _UNUSED * (self._budget.limit or 0.0):
            unused = why_none(self._finals, (), seconds=self._seconds(), left=self.left(), used=self._used)
            self._change(self._finals.model_copy(update={"unused": unused}))
        self._tell(is_last_step=True)
        bundle = self._bundling.finish(self._finals)
        self._change(self._finals)
        self._tell(is_last_step=True)
        return bundle

    @property
    def finals(self) -> Finals:
        """What there is by now, with what the last bundle's networks were found to be worth."""
        last = self._bundling.last
        return self._finals if last is None else self._finals.model_copy(update={"worth": last.worth})

    @property
    def _used(self) -> list[str]:
        """Return who gets further beginnings first: the chosen one, and others of a bundle that knew all planned."""
        finals, last = self._finals, self._bundling.last
        used = [] if finals.chosen is None else [finals.chosen]
        planned = {f"{one.trial_id}-b{number}" for one in finals.finalists if one.stays for number in one.scores}
        planned = {name for name in planned if int(name.rpartition("-b")[2]) <= finals.planned}
        return used if last is None or not planned <= last.beginnings else [*used, *last.used]

    @property
    def _active(self) -> list[str]:
        return [one.trial_id for one in self._finals.finalists if one.is_active]

    def _make_plan(self, costs: Mapping[str, Cost], seconds: float) -> Plan:
        each = [costs[name] for name in self._active]
        return make_plan(each, epochs=self._finals.epochs, seconds=seconds, slots=self._slots)

    def _plan(self) -> None:
        """Choose how many finalists stay, and how many and how long their beginnings are."""
        plan = self._make_plan(self._costs, self.left())
        kept = plan.kept(self._active)
        finalists = tuple(one.model_copy(update={"is_active": one.trial_id in kept}) for one in self._finals.finalists)
        changes: dict[str, object] = {"finalists": finalists, "planned": plan.beginnings, "epochs": plan.epochs}
        if any(one.beginnings for one in finalists):  # others of another length could not be compared with them
            changes["epochs"] = self._finals.epochs
        self._change(self._finals.model_copy(update=changes | {"limit": self._budget.limit}))

    def _is_too_slow(self) -> bool:
        """Whether, before any beginning has ended, the plan is out of reach at the speed that was met; then plan anew.

        What was planned by the search's trials is of no use where those ran on other machines.
        """
        expected = forecast(self._finals, self._costs)
        taken = {name: self._clock() - one.since for name, one in self._under_way.items()}
        met = [
            (taken[name] + one.pace.seconds_left) / expected[one.trial_id]
            for name, one in self._under_way.items()
            if one.pace.seconds_left is not None
        ]
        if not met or max(met) <= _SLOWER:
            return False
        costs = {name: cost.times(max(met)) for name, cost in self._costs.items()}
        # What is under way may go on: its time is not lost.
        if self._make_plan(costs, self.left() + max(taken.values())).epochs == self._finals.epochs:
            return False
        self._costs, self._found, before = costs, {}, self._finals.epochs
        self._plan()
        _log.warning(
            "Training is %.1f times slower than it was in the search: %d epochs a training instead of %d.",
            max(met),
            self._finals.epochs,
            before,
        )
        return True

    def _seconds(self) -> dict[str, float]:
        expected = forecast(self._finals, self._costs)
        return {name: max(seconds, self._found.get(name, 0.0)) for name, seconds in expected.items()}

    def _seed(self, number: int) -> int:
        return self._specification.settings.seed + _SEEDS_APART * number

    def _which(self) -> list[tuple[str, int]]:
        return [(one.trial_id, one.number) for one in self._under_way.values()]

    def _leave(self, names: Collection[str]) -> Collection[str]:
        for name in names:
            del self._under_way[name]
        return names

    def _change(self, finals: Finals) -> None:
        self._finals, self._kept_bundle = finals, self._bundling.last
        self._keep(self.finals)

    def _tell(self, *, is_last_step: bool = False) -> None:
        if self._watch is not None:
            under_way = {(one.trial_id, one.number): one.pace.share for one in self._under_way.values()}
            name, objective = self._specification.settings.name, self._specification.objective
            left = self._budget.left()
            self._watch(FinalsStanding(name, objective, self.finals, under_way, left, is_last_step))


def _dropped(finals: Finals, trial_id: str, reason: str) -> Finals:
    one = finals.finalist(trial_id)
    assert one is not None
    return finals.but(one.model_copy(update={"dropped": reason}))
