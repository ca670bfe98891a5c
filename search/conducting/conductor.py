"""Oracle and ledger in step: what is suggested, what is recorded, and in which order.

A suggestion is durable before it is handed out; a record is durable before the oracle learns of it. A conductor is not
thread-safe: its owner calls it from one thread.
"""

import hashlib
from collections import deque
from enum import Enum

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from search.conducting.checkpoint_retention import CheckpointRetention
from search.conducting.completeness import check_complete, check_parents
from search.conducting.edited_space import current_space
from search.conducting.fail_fast import FAIL_FAST_TRIALS, common_failure
from search.conducting.rebuilding import rebuild_oracle, tell_scores
from search.conducting.timing import Timing
from search.conducting.warm_start import as_suggestion, read_warm_start
from search.ledger.known_space import KnownSpace
from search.ledger.ledger import Ledger
from search.ledger.records import Record, Suggestion, now, pending
from search.ledger.specification import SearchSpecification
from search.ledger.time_budget import TimeBudget
from search.oracles.leaving_out import can_leave_out, leave_out
from search.oracles.space_updates import is_outside, unknown, update_oracle, warn_of_other_ranges
from search.space.discovery import Declared, as_json, as_space
from search.space.points import fitted
from search.values import Values


class NoSuggestion(Enum):
    """Why there is no suggestion, as `keras_tuner.engine.trial.TrialStatus` has it."""

    IDLE = "the oracle waits for a running trial"
    STOPPED = "the budget is used up or the space exhausted"


class Conductor:
    """Asks the oracle, writes the ledger, tells the oracle.

    Attributes:
        stopping: Whether nothing more is suggested because somebody asked to stop.
        exhausted: Whether the oracle had nothing left to suggest before the budget was used up.
        common_failure: Why the first trials failed, if all did for one reason: nothing more is suggested then.
        out_of_time: Whether a trial was not begun because the time is too short for an epoch of it.
        budget: The time that trials may run in.
    """

    def __init__(
        self,
        specification: SearchSpecification,
        ledger: Ledger,
        oracle: keras_tuner.Oracle,
        *,
        budget: TimeBudget | None = None,
        least_share: float = 0.0,
        epoch_seconds: float | None = None,
    ) -> None:
        self.specification = specification
        self.budget, self._least_share = budget or TimeBudget(), least_share
        self._ledger = ledger
        self._oracle = oracle
        self._records: dict[str, Record] = {}
        self._unfinished: deque[Suggestion] = deque()
        self.stopping = False
        self.exhausted = self.out_of_time = False
        self._is_cold, self._epoch_seconds = True, epoch_seconds
        self.common_failure: str | None = None
        self._ended, self._retried = 0, ""
        self._said: set[str] = set()
        self._space = KnownSpace(hyperparameters=as_json(oracle.hyperparameters))
        self._retention = CheckpointRetention(ledger.layout, oracle, known=":" not in specification.settings.oracle)

    @classmethod
    def resumed(
        cls,
        specification: SearchSpecification,
        ledger: Ledger,
        oracle: keras_tuner.Oracle,
        *,
        accept_space: bool = False,
        budget: TimeBudget | None = None,
        least_share: float = 0.0,
        epoch_seconds: float | None = None,
    ) -> "Conductor":
        """Start a search or go on: ``oracle``, just made, learns all the ledger holds; unfinished trials come first.

        What `--warm-start` took from another search comes before the search's own trials, told as ended ones. With
        ``accept_space`` the search goes on in the oracle's space where that was edited, else in the one it had. Without
        a ``budget`` there is no end to its time. Once a trial has a score no other is begun that cannot train
        ``least_share`` of the epochs planned; ``epoch_seconds`` are those of an epoch, as far as is known before any
        trial has trained one.
        """
        check_complete(ledger)
        conductor = cls(
            specification, ledger, oracle, budget=budget, least_share=least_share, epoch_seconds=epoch_seconds
        )
        suggestions = ledger.suggestions()
        check_parents(ledger.layout, suggestions)
        conductor._records = {record.trial_id: record for record in ledger.records()}
        ended = {trial_id: record for trial_id, record in conductor._records.items() if record.state.is_ended()}
        conductor._unfinished.extend(suggestion for suggestion in suggestions if suggestion.trial_id not in ended)
        conductor._retried = max((retry.asked for retry in ledger.retries()), default="")
        conductor._ended = sum(
            (record.ended or "") > conductor._retried and not record.was_cut for record in ended.values()
        )
        conductor.common_failure = common_failure(ended.values(), since=conductor._retried)
        warm_start = read_warm_start(ledger.layout)
        lessons = {} if warm_start is None else {record.trial_id: record for record in warm_start.trials}
        learned_from = [*map(as_suggestion, lessons.values()), *suggestions]
        known = ledger.space()
        space = current_space(known, oracle.hyperparameters, learned_from, accept=accept_space)
        conductor._space = space
        untold = rebuild_oracle(oracle, ledger.oracle_state(), learned_from, lessons | ended, earlier=space.earlier)
        if space != known:
            ledger.write_space(space)
        update_oracle(oracle, as_space(space.hyperparameters))
        for record in untold:
            conductor._tell(record)
        if untold:
            ledger.write_oracle(oracle.get_state())
        conductor._retention.resume(ended)
        return conductor

    def stop(self) -> None:
        """Suggest nothing more; what runs may end. May be called from any thread."""
        self.stopping = True

    def suggest(self) -> Suggestion | NoSuggestion:
        """Return the next configuration to try, made from everything recorded so far, or why there is none."""
        if self.stopping or self.common_failure is not None:
            return NoSuggestion.STOPPED
        while self._unfinished:
            suggestion = self._unfinished.popleft()
            if self.may_begin(suggestion.trial_id):
                return suggestion
        number = len(self._records)
        planned = self.specification.settings.trials
        if planned is not None and number >= planned:
            return NoSuggestion.STOPPED
        epochs = self._timing().fitted(self.specification.settings.epochs)
        if epochs is not None and epochs < self._least_epochs():
            self.out_of_time = True
            return NoSuggestion.STOPPED
        # One tuner id a trial: the oracle believes that every worker is a tuner of its own.
        tuner_id = f"worker-{len(self._oracle.trials)}"
        point = self._point(number)
        trial = self._oracle.create_trial(tuner_id) if point is None else self._given(tuner_id, point)
        if trial.status == TrialStatus.STOPPED:
            self.exhausted = True
            return NoSuggestion.STOPPED
        if trial.status != TrialStatus.RUNNING:
            return NoSuggestion.IDLE
        suggestion = Suggestion(
            trial_id=trial.trial_id,
            values=trial.hyperparameters.values,
            seed=self._seed(trial),
            suggested=now(),
            # The oracle says itself how long a trial trains, and promotions go on with their parents' schedules.
            epochs=None if "tuner/epochs" in trial.hyperparameters.values else epochs,
        )
        self._ledger.write_suggestion(suggestion)
        self._ledger.write_oracle(self._oracle.get_state())
        self._records[suggestion.trial_id] = pending(suggestion)
        return suggestion

    def may_begin(self, trial_id: str) -> bool:
        """Whether a trial, suggested before, can finish an epoch in the time left. May be called from any thread."""
        fits = self._timing().epochs(self._records[trial_id].hyperparameters) != 0
        self.out_of_time |= not fits
        return fits

    @property
    def is_scored(self) -> bool:
        """Whether any trial has a score. May be called from any thread."""
        return any(record.finite_score is not None for record in self.records())

    @property
    def is_over(self) -> bool:
        """Whether the time of all trials is up. May be called from any thread."""
        return self.budget.left() <= 0

    def update_space(self, declared: Declared) -> None:
        """Take in what a trial declared when it built its model: what is new becomes part of the oracle's space."""
        space = as_space(declared)
        warn_of_other_ranges(self._oracle, space, said=self._said)
        new = unknown(self._oracle, space)
        if not new:
            return
        known = self._oracle.hyperparameters.copy()
        known.merge(new, overwrite=False)
        # Durable before the oracle knows of it, as all that it learns.
        self._space = self._space.model_copy(update={"hyperparameters": as_json(known)})
        self._ledger.write_space(self._space)
        update_oracle(self._oracle, space)
        self._ledger.write_oracle(self._oracle.get_state())

    def progress(self, record: Record) -> None:
        """Keep a running trial's last report for readers."""
        self._ledger.write_progress(record)
        self._records[record.trial_id] = record
        self._is_cold &= record.epochs == 0

    def end(self, record: Record) -> None:
        """Record an ended trial, then tell the oracle its best value, or that it has none.

        Of one that the time has cut before it had any ours are told nothing. The oracle's state is not written: it is
        told the record again when a search is resumed.
        """
        record = self._ledger.write_record(record)
        self._records[record.trial_id] = record
        self._ended += not record.was_cut
        if self._ended == FAIL_FAST_TRIALS:
            self.common_failure = common_failure(self._records.values(), since=self._retried)
        self._tell(record)
        self._retention.ended(record.trial_id, self._records)

    def check(self) -> None:
        """Raise PlaceLostError if another driver has gone on with the search. May be called from any thread."""
        self._ledger.check_place()

    def confirm(self) -> None:
        """Do as `check`, and where it is doubtful, as after a sleep of the machine, ask the storage first."""
        self._ledger.confirm_place()

    def record(self, trial_id: str) -> Record:
        """Return the trial as last reported."""
        return self._records[trial_id]

    def records(self) -> tuple[Record, ...]:
        """Return every trial as last reported. May be called from any thread."""
        return tuple(self._records.values())

    def _least_epochs(self) -> float:
        """Return how many epochs a trial must be able to train, to be begun."""
        return max(1.0, self._least_share * self.specification.settings.epochs * self.is_scored)

    def _timing(self) -> Timing:
        left = self.budget.left(prolonged=False)
        if left <= (self._epoch_seconds or 0.0):
            left = self.budget.left()
        return Timing(self.records(), left, self._is_cold, self._epoch_seconds)

    def _seed(self, trial: Trial) -> int:
        """Give a promotion the seed of the trial that it continues, any other one of its own, 1 to 2³¹ − 1.

        It is derived from the search's: the same at any concurrency and after any resume.
        """
        parent = trial.hyperparameters.values.get("tuner/trial_id")
        if parent in self._records:
            return self._ledger.suggestion(parent).seed
        digest = hashlib.sha256(f"{self.specification.settings.seed}/{trial.trial_id}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % (2**31 - 2) + 1

    def _tell(self, record: Record) -> None:
        trial = self._oracle.get_trial(record.trial_id)
        if record.was_cut and can_leave_out(self._oracle):
            leave_out(self._oracle, trial)
            return
        if is_outside(trial):
            return
        if record.succeeded:
            tell_scores(self._oracle, record, self.specification.objective_name)
            trial.status = TrialStatus.COMPLETED
        else:
            trial.status, trial.message = TrialStatus.FAILED, record.reason
        self._oracle.end_trial(trial)

    def _point(self, number: int) -> Values | None:
        """Return the given point that comes next, None if none does or it lies outside of a space edited since."""
        points = self.specification.settings.points
        # Given points come before all others: so many suggestions as there are have been of them.
        if number >= len(points):
            return None
        return fitted(self._oracle.hyperparameters, points[number]) if self._space.earlier else points[number]

    def _given(self, tuner_id: str, values: Values) -> Trial:
        """Let the oracle begin a trial of ``values`` as it begins its own: the trial is like any other to it."""
        propose = self._oracle.populate_space
        self._oracle.populate_space = lambda _trial_id: {"status": TrialStatus.RUNNING, "values": dict(values)}
        try:
            return self._oracle.create_trial(tuner_id)
        finally:
            self._oracle.populate_space = propose
