"""The conductor as Ray Tune's searcher and callback: what Tune's loop tells goes to one thread, oracle's and ledger's.

Tune calls a searcher on its event loop, where waiting stops every trial from being served. So each call is queued for
the conductor's thread, in order: a trial's end is recorded and told to the oracle before the suggestion that follows.

A trial whose worker was lost is given out again, under another id of Tune's: Tune's own tries know no pause.
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import cast

from ray.tune.search import Searcher

from cluster.driving.again import Again
from cluster.driving.conductor_thread import ConductorThread
from cluster.driving.places import Places
from cluster.driving.ray_internals import LostWorkerError
from cluster.errors import OutOfTimeError
from cluster.workers.deadline import Deadline
from cluster.workers.trainable import (
    DIFFERS,
    FAULT,
    FORGIVEN,
    HELD,
    METRIC,
    NODE,
    WAITING,
    TrialConfig,
    as_record,
)
from search import Conductor, NoSuggestion, Record, SearchLayout, Suggestion, TrialState, now

# With trials running, Tune's loop must go on serving them; with none, there is nothing else to do than wait.
_SUGGESTION_SECONDS = 0.25
_ENDED = "waits for memory: its worker was ended for want of it"


class ConductorSearcher(Searcher):
    """Gives Ray Tune the conductor's suggestions, and the conductor Ray Tune's results.

    ``is_ray_gone`` says whether Ray has gone away: a worker that is lost then is no failure of its trial. As many
    trials run at a time as the settings say, or as the ``places`` carry, whatever node joins or leaves.
    ``late_seconds`` after the end of the trials' time `check` gives those up that still run.
    """

    def __init__(
        self,
        conductor: Conductor,
        layout: SearchLayout,
        *,
        is_ray_gone: Callable[[], bool],
        places: Places,
        late_seconds: float = 0.0,
        resuming: str = "the same command",
    ) -> None:
        super().__init__(metric=METRIC, mode=conductor.specification.objective_direction)
        self._conductor = conductor
        self._thread = ConductorThread(conductor)
        self._search = layout.root.uri
        self._is_ray_gone, self._places = is_ray_gone, places
        # Ray Tune's id of each running trial → the oracle's.
        self._trials: dict[str, str] = {}
        # Those of them, by Ray Tune's id, for which other programs have left no memory for long.
        self._held: set[str] = set()
        # Those that have begun on their worker; and those that their nodes hand over, as they are to take none.
        self._begun: set[str] = set()
        self._handed_over: set[str] = set()
        self._failures: dict[str, Exception] = {}
        settings = conductor.specification.settings
        self._again = Again(most_failures=settings.max_failures, command=resuming)
        self._late_seconds, self._over_since = late_seconds, math.inf
        self._is_abandoned = False
        self._is_finished = False

    def __getstate__(self) -> dict[str, object]:
        """Leave everything out: Tune pickles the searcher beside its snapshots, which nothing here ever reads."""
        return {}

    def suggest(self, trial_id: str) -> dict[str, object] | None:
        """Return the next trial's config; None for "ask again"; Searcher.FINISHED when there will be no more."""
        self._thread.raise_what_failed()
        self._raise_if_abandoned()
        own = self._next()
        if own is NoSuggestion.STOPPED and not self._trials and (self._is_ending or not self._again):
            return cast("dict[str, object]", Searcher.FINISHED)  # a string, which the base class does not declare
        if isinstance(own, NoSuggestion):
            return None
        self._trials[trial_id] = own
        cpus, for_memory = self._conductor.specification.settings.cpus_per_trial, self._again.last_for_memory(own)
        budget = self._conductor.budget
        deadline = Deadline.after(budget.left()).told()
        deadline_scored = Deadline.after(budget.left(prolonged=False)).told()
        return {
            **TrialConfig(
                search=self._search,
                trial=own,
                cpus=cpus,
                ended_for_memory=for_memory,
                deadline=deadline,
                deadline_scored=deadline_scored,
            )
        }

    def on_trial_result(self, trial_id: str, result: dict[str, object]) -> None:
        """Keep a running trial's report."""
        record = as_record(result)
        if not result.get(WAITING):
            self._begun.add(trial_id)
        if FORGIVEN in result:
            self._again.forgive(record.trial_id)
        self._held.discard(trial_id)
        if WAITING in result:
            if result.get(HELD):
                self._held.add(trial_id)
            if self._held >= self._trials.keys():
                self._again.give_up_memory(f"{record.trial_id} {record.reason}")
            self._thread.note_waiting(record.trial_id, record.reason)
            return
        self._take_in(result, record)
        self._thread.queue(self._conductor.progress, record)

    def on_trial_complete(self, trial_id: str, result: dict[str, object] | None = None, error: bool = False) -> None:
        """Record a trial that has ended; one that failed waits for its reason, which Tune gives callbacks alone."""
        if error or result is None:
            return
        if FAULT in result:
            self._give_back(trial_id, result)
            return
        if "record" not in result:
            return
        if trial_id in self._handed_over:
            self._hand_over(trial_id, result)
            return
        if result.get(WAITING):  # the search was stopped: the trial has not ended
            self._trials.pop(trial_id)
            return
        record = as_record(result)
        self._take_in(result, record)
        if not record.state.is_ended():
            record = record.but(state=TrialState.STOPPED, ended=now())
        self._end(trial_id, record)

    def on_trial_start(self, trial_id: str) -> None:
        """Note that a worker has the trial."""
        self._begun.discard(trial_id)
        self._thread.note_start(self._trials[trial_id])

    def note_failure(self, trial_id: str, error: Exception) -> None:
        """Keep what failed a trial until `on_trial_lost`."""
        self._failures[trial_id] = error

    def on_trial_lost(self, trial_id: str, reason: str, *, for_memory: bool) -> None:
        """Let a trial go on whose worker was lost; record it as failed where that was more often than allowed.

        What it scored on the way does not rank it then. It is no failure where the worker was ended for want of memory,
        where its node was lost, and where it had not begun the trial.
        """
        error = self._failures.pop(trial_id, None)
        self._raise_if_abandoned()
        if self._is_ray_gone():
            return
        own = self._trials[trial_id]
        node = error.node if isinstance(error, LostWorkerError) else None
        if for_memory or not isinstance(error, LostWorkerError):
            goes_on = self._again.take_back(own, for_memory=for_memory, is_alone=len(self._trials) == 1)
        elif self._places.is_leaving(node) or self._places.is_lost(node):
            goes_on = self._again.lost_with_node(own)
        elif trial_id not in self._begun:
            self._places.failed(node, reason)
            self._again.could_not_begin(own, reason)
            goes_on = True
        else:
            goes_on = self._again.take_back(own, for_memory=False, is_alone=len(self._trials) == 1)
        if goes_on:
            self._trials.pop(trial_id)
            if for_memory:
                self._thread.note_waiting(own, _ENDED)
        else:
            record = self._conductor.record(own)
            self._end(trial_id, record.but(state=TrialState.FAILED, score=None, reason=reason, ended=now()))

    def should_stop(self, trial_id: str, result: Mapping[str, object]) -> bool:
        """Whether to take a trial from its worker.

        The node cannot do its part or is to take no trials, or the trial waits and the search was asked to stop.
        """
        if FAULT in result:
            return True
        if not result["done"] and self._places.is_leaving(cast("str | None", result.get(NODE))):
            self._handed_over.add(trial_id)
        return trial_id in self._handed_over or (bool(result.get(WAITING)) and self._conductor.stopping)

    def check(self) -> None:
        """Raise what ends the search while its trials run.

        NoMemoryError or NoNodeError if for ten minutes nothing could run, PlaceLostError if another driver has gone on,
        OutOfTimeError if trials still run when their workers had to have left them.
        """
        if self._seconds_left() <= 0:
            raise OutOfTimeError
        self._conductor.check()
        self._again.check()
        self._places.raise_if_nobody()

    def close(self) -> None:
        """Wait until everything queued is durable. Raises what failed on the way there.

        OutOfTimeError where that takes longer than the search's time, as behind a suggestion that is long in coming.
        """
        self._thread.close(seconds=self._seconds_left())

    def abandon(self, *, wait: bool = True) -> None:
        """Take in nothing more; what is being written is finished. Tune may go on calling, which then raises.

        Does not ``wait`` for a suggestion or a write where there is no time for that.
        """
        self._is_abandoned = True
        self._thread.abandon(wait=wait)

    def save(self, checkpoint_path: str) -> None:
        """Save nothing: the ledger is the truth."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing: resuming rebuilds from the ledger."""

    def _take_in(self, result: dict[str, object], record: Record) -> None:
        """Take in what a result says of the space and of its node."""
        if WAITING not in result:
            self._again.trained(record.trial_id)
            if NODE in result:
                self._places.worked(str(result[NODE]))
        self._thread.update_space(str(result["declared"]))

    def _give_back(self, trial_id: str, result: dict[str, object]) -> None:
        """Let a trial go on elsewhere for which its worker could do nothing."""
        own, node, reason = self._trials.pop(trial_id), cast("str | None", result.get(NODE)), str(result[FAULT])
        if DIFFERS in result:
            self._places.differs(node, reason)
        else:
            self._places.failed(node, reason)
        self._again.could_not_begin(own, reason)

    def _hand_over(self, trial_id: str, result: dict[str, object]) -> None:
        """Let a trial go on elsewhere, from its last epoch, whose node is to take none."""
        self._handed_over.discard(trial_id)
        own, record = self._trials.pop(trial_id), as_record(result)
        if not result.get(WAITING):
            self._take_in(result, record)
            self._thread.queue(self._conductor.progress, record)
        self._again.preempted(own)

    def _seconds_left(self) -> float:
        """Return the seconds after which trials that still run are given up; their time may end early, at any look."""
        if not self._conductor.is_over:
            return self._conductor.budget.left() + self._late_seconds
        self._over_since = min(self._over_since, time.monotonic())
        return max(0.0, self._over_since + self._late_seconds - time.monotonic())

    @property
    def _is_ending(self) -> bool:
        """Whether nothing begins any more, nor goes on."""
        return self._conductor.stopping or self._conductor.is_over

    def _most(self) -> int:
        # One at least: what waits for a node makes an autoscaler start one.
        return self._conductor.specification.settings.concurrency or max(1, self._places.trials())

    def _next(self) -> str | NoSuggestion:
        """Return which trial to give out next: one that is to go on, else what the conductor suggests."""
        if len(self._trials) >= self._most():
            return NoSuggestion.IDLE
        while not self._is_ending and (name := self._again.due()) is not None:
            if self._conductor.may_begin(name):
                return name
        if self._is_finished or self._conductor.is_over:
            return NoSuggestion.STOPPED
        # Those that are to go on keep their turn while they pause.
        if not self._conductor.stopping and len(self._trials) + len(self._again) >= self._most():
            return NoSuggestion.IDLE
        suggestion = self._thread.suggestion(seconds=_SUGGESTION_SECONDS if self._trials else None)
        # Not the end: those that run may yet have to go on elsewhere.
        self._is_finished = suggestion is NoSuggestion.STOPPED
        return suggestion.trial_id if isinstance(suggestion, Suggestion) else suggestion

    def _end(self, trial_id: str, record: Record) -> None:
        self._trials.pop(trial_id)
        self._begun.discard(trial_id)
        self._thread.queue(self._conductor.end, record)

    def _raise_if_abandoned(self) -> None:
        if self._is_abandoned:
            raise RuntimeError("the search is abandoned")
