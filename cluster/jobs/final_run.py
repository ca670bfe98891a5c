"""The finals while they run: what is trained next, what becomes of it, when it is over."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from cluster.jobs.answered import with_answered, with_dropped
from cluster.jobs.bundling import Bundle, Bundling
from cluster.jobs.outlook import Outlook, beginnings_in, left_before
from cluster.jobs.pace import Pace
from cluster.jobs.settings import seed_of_beginning
from cluster.jobs.under_way import UnderWay
from cluster.workers.final_beginning import FinalBeginning
from cluster.workers.member import Training
from datasets import Folder, few
from search import (
    Cost,
    Finalist,
    Finals,
    FinalsStanding,
    SearchSpecification,
    TimeBudget,
    Which,
    as_measured,
    is_exhausted,
)
from trainer import InfeasibleError, delete_other_lengths, read_answers

# As a share of all the time, what may be left over without a word.
_UNUSED = 0.1
Watch = Callable[[FinalsStanding], None]
_log = logging.getLogger(__name__)


class FinalRun:
    """Says what comes next of a search's finals, and keeps what has come of it; see `cluster.jobs.coming.Coming`."""

    def __init__(
        self,
        specification: SearchSpecification,
        finals: Finals,
        *,
        costs: Callable[[Sequence[Finalist]], Mapping[str, Cost]],
        budget: TimeBudget,
        bundling: Bundling,
        work: Folder,
        keep: Callable[[Finals], None],
        watch: Watch | None,
        longest: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Go on with ``finals``, of which ``planned`` is 0 where there is no plan yet; ``keep`` makes them durable.

        ``costs`` gives what a beginning of each of its finalists costs, by the id that it has there. ``longest`` is of
        how many epochs one may be, where there is time for more than ``finals`` have.
        """
        self._specification, self._budget, self._bundling, self._work = specification, budget, bundling, work
        self._keep, self._watch, self._clock = keep, watch, clock
        self._finals, self._longest = finals, finals.epochs if longest is None else longest
        # Begun anew, they take the place of those before when they are worth a bundle.
        self._fewest = 0
        # What had ended, and its bundle, while all is begun anew for longer and nothing of that has ended.
        self._before: tuple[Finals, Bundle | None] | None = None
        self._kept_bundle = bundling.last
        measured = as_measured(finals, costs(finals.finalists))
        self._outlook = Outlook(measured, left_before(finals, work) if finals.planned else {})
        self._under_way: dict[str, UnderWay] = {}
        self._is_over, self._has_trained = False, False

    def most(self, trials: int) -> int:
        """As many as there are slots, or as the search was to run at a time."""
        wanted = self._specification.settings.concurrency
        self._outlook.slots = max(1, trials if wanted is None else min(trials, wanted) or wanted)
        return self._outlook.slots

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be trained beside what has ended: all was, by an earlier call, or no time is left."""
        if not _has_any(self._finals):
            return False
        return self.left() <= 0 or (bool(self._finals.planned) and self._fitting() is None)

    def why_done(self) -> str:
        """Say why nothing more is trained, and what would let it."""
        reason = self._outlook.why_none(self._finals, left=self.left(), used=self._used)
        return reason if is_exhausted(self._finals) else f"{reason}: --time-limit, with more, lets it go on"

    def next(self) -> Training | None:
        """Return the next beginning that will end in time."""
        if self._is_over:
            return None
        if not self._finals.planned:
            self._plan()
        which = self._fitting()
        if which is None and self._before is not None and not self._under_way:
            self._go_back(longest=self._before[0].epochs)
            which = self._fitting()
        if which is None and self._is_planned_shorter():
            which = self._fitting()
        if which is None:
            return None
        trial_id, number = which
        finalist = self._finals.finalist(trial_id)
        assert finalist is not None
        seed = seed_of_beginning(self._specification, number)
        begun = FinalBeginning(trial_id, number, finalist.hyperparameters, self._finals.epochs, seed)
        goes_on = which in self._outlook.begun
        self._under_way[begun.name] = UnderWay(trial_id, number, self._clock(), goes_on, Pace(self._clock))
        return begun

    def ended(self, name: str) -> None:
        """Keep what a beginning has scored, and who is dropped and chosen then."""
        one = self._under_way.pop(name)
        answers = read_answers(self._work.child(name), epochs=self._finals.epochs)
        if answers is None:  # its folder was deleted meanwhile
            return
        seconds = self._clock() - one.since
        if one.goes_on:  # the part before is not in it
            seconds = max(seconds, self._outlook.seconds(self._finals)[one.trial_id])
        is_first, self._has_trained = not _has_any(self._finals), True
        seed, objective = seed_of_beginning(self._specification, one.number), self._specification.objective
        self._change(
            with_answered(
                self._finals, one.trial_id, one.number, answers, seed=seed, seconds=seconds, objective=objective
            )
        )
        self._outlook.found(one.trial_id)
        if is_first:
            for place in beginnings_in(self._work, self._finals):
                delete_other_lengths(place, epochs=self._finals.epochs)
        self._offer()

    def failed(self, name: str, error: InfeasibleError) -> None:
        """Drop a finalist that cannot be trained."""
        one = self._under_way.pop(name)
        _log.warning("Finalist %s gets no more beginnings in this call: %s.", one.trial_id, error)
        objective = self._specification.objective
        self._change(with_dropped(self._finals, one.trial_id, str(error), objective, failed=True))

    def far(self, name: str, done: int, total: int | None) -> None:
        """Take in how far one is."""
        if name in self._under_way and total is not None:
            self._under_way[name].pace.note(done, total)

    def unwanted(self) -> Collection[str]:
        """Return those that end in vain: the time is up, or will be before them, or their finalist was dropped."""
        self._offer()
        if self._bundling.last is not self._kept_bundle:
            self._change(self._finals)
        self.tell()
        left = self.left()
        if left <= 0:
            self._is_over = True
            return self._leave([*self._under_way])
        stay = {one.trial_id for one in self._finals.finalists if one.stays}
        late = {name: one for name, one in self._under_way.items() if one.pace.is_late(left)}
        for one in late.values():
            self._outlook.found_late(one.trial_id, one.seconds(self._clock()) or 0.0)
        if self._is_planned_anew(left, is_hopeless=len(late) == len(self._under_way)):
            late |= self._under_way
        dropped = [name for name, one in self._under_way.items() if one.trial_id not in stay]
        return self._leave([*{*late, *dropped}])

    def left(self) -> float:
        """Return the seconds that are left for training."""
        return self._budget.left() - self._bundling.reserve

    def tell(self, *, is_last_step: bool = False) -> None:
        """Tell who watches how far it is."""
        if self._watch is not None:
            under_way = {one.which: one.pace.share for one in self._under_way.values()}
            name, objective = self._specification.settings.name, self._specification.objective
            left = self._budget.left()
            self._watch(FinalsStanding(name, objective, self.finals, under_way, left, is_last_step))

    def settle(self) -> None:
        """Take up again what had ended, where nothing of what was begun anew for longer has ended in the time."""
        if self._before is not None:
            _log.warning("Nothing that was trained for longer has ended in time: what had ended before stands.")
            self._go_back(longest=self._before[0].epochs)

    def finish(self) -> Bundle:
        """Write the last bundle and return it; some beginning must have ended with a score."""
        if self._budget.left() > _UNUSED * (self._budget.limit or 0.0):
            unused = self._outlook.why_none(self._finals, left=self.left(), used=self._used)
            _log.warning("%.0f s are left unused: %s.", self._budget.left(), unused)
            self._change(self._finals.model_copy(update={"unused": unused}))
        elif not self._has_trained and (new := [one.trial_id for one in self._finals.finalists if _is_untried(one)]):
            _log.warning("No time is left to train %s: --time-limit, with more, lets it go on.", few(new))
        self.tell(is_last_step=True)
        bundle = self._bundling.finish(self._finals)
        self._change(self._finals)
        self.tell(is_last_step=True)
        return bundle

    @property
    def finals(self) -> Finals:
        """What there is by now, with what the last bundle is of, and what its networks were found to be worth."""
        last = self._bundling.last
        if last is None:
            return self._finals
        return self._finals.model_copy(update={"worth": last.worth, "bundled": tuple(sorted(last.beginnings))})

    @property
    def _used(self) -> list[str]:
        """Return who gets further beginnings first: the chosen one, and others of a bundle that knew all planned."""
        finals, last = self._finals, self._bundling.last
        used = [] if finals.chosen is None else [finals.chosen]
        planned = {f"{one.trial_id}-b{number}" for one in finals.finalists if one.stays for number in one.scores}
        planned = {name for name in planned if int(name.rpartition("-b")[2]) <= finals.planned}
        return used if last is None or not planned <= last.beginnings else [*used, *last.used]

    def _plan(self) -> None:
        before, left, limit = self._finals, self.left(), self._budget.limit
        anew = self._outlook.planned_longer(before, epochs=self._longest, left=left, limit=limit)
        if anew is None:
            self._change(self._outlook.planned(before, left=left, limit=limit))
            self._outlook.begun = left_before(self._finals, self._work)
            return
        _log.warning(
            "There is time to train all that has ended for longer: %d epochs, not %d.", anew.epochs, before.epochs
        )
        planned = anew.planned * sum(one.is_active for one in anew.finalists)
        self._fewest = min(planned, sum(len(one.scores) for one in before.finalists))
        self._before, self._bundling.last, self._kept_bundle = (before, self._bundling.last), None, None
        self._finals = anew
        self._outlook.begun = left_before(anew, self._work)

    def _go_back(self, *, longest: int) -> None:
        """Plan by what had ended again, where what was begun anew for longer is not to be: of ``longest`` at most."""
        assert self._before is not None
        (self._finals, self._bundling.last), self._before = self._before, None
        self._kept_bundle, self._fewest, self._longest = self._bundling.last, 0, longest
        self._plan()

    def _offer(self) -> None:
        """Have a bundle written, unless the one that there is has more networks, of an earlier call."""
        if sum(len(one.scores) for one in self._finals.finalists) >= self._fewest:
            self._bundling.offer(self._finals)

    def _fitting(self) -> Which | None:
        """Return the next beginning that will end in time by the present plan."""
        under_way = [one.which for one in self._under_way.values()]
        return self._outlook.next(self._finals, under_way, left=self.left(), used=self._used)

    def _is_planned_shorter(self) -> bool:
        """Plan shorter schedules where an earlier call's fit no more, and none has ended that sets their length.

        Not beside one whose epochs are all done: it would be thrown away for less.
        """
        before, begun, epochs = self._finals, self._outlook.begun, self._finals.epochs
        if self._under_way or _has_any(before) or any(share >= 1.0 for share in begun.values()):
            return False
        self._finals = self._outlook.planned(before, left=self.left(), limit=self._budget.limit)
        self._outlook.begun = left_before(self._finals, self._work)
        if self._fitting() is None:  # what there was stays, for whoever gives more time
            self._finals, self._outlook.begun = before, begun
            return False
        self._change(self._finals)
        if (now := self._finals.epochs) < epochs:
            _log.warning("Less time is left than was planned: epochs of a training are %d, not %d.", now, epochs)
        return True

    def _is_planned_anew(self, left: float, *, is_hopeless: bool) -> bool:
        """Plan shorter schedules, before any beginning has ended, if training is far slower than forecast."""
        now, epochs = self._clock(), self._finals.epochs
        met = {one.which: seconds for one in self._under_way.values() if (seconds := one.seconds(now)) is not None}
        taken = max((now - one.since for one in self._under_way.values()), default=0.0)
        before = None if self._before is None else self._before[0]
        slower = self._outlook.is_out_of_reach(
            self._finals, met, left=left, taken=taken, is_hopeless=is_hopeless, before=before
        )
        if slower is None:
            return False
        if before is not None:
            self._go_back(longest=epochs - 1)
        else:
            self._plan()
        _log.warning(
            "Training is %.1f times slower than %s: epochs of a training are %d instead of %d.",
            slower,
            "it was in the search" if before is None else "before",
            self._finals.epochs,
            epochs,
        )
        return True

    def _leave(self, names: Collection[str]) -> Collection[str]:
        for name in names:
            del self._under_way[name]
        return names

    def _change(self, finals: Finals) -> None:
        self._finals, self._kept_bundle = finals, self._bundling.last
        if self._before is not None and not _has_any(finals):  # what had ended stands until something has
            return
        self._before = None
        self._keep(self.finals)


def _is_untried(one: Finalist) -> bool:
    return one.dropped is None and not one.beginnings


def _has_any(finals: Finals) -> bool:
    """Say whether any beginning has ended."""
    return any(one.beginnings for one in finals.finalists)
