"""Oracle and ledger in step: what is suggested, what is recorded, and in which order.

A suggestion is durable before it is handed out; a record is durable before the oracle learns of it. A conductor is not
thread-safe: its owner calls it from one thread.
"""

import hashlib
from collections import deque
from enum import Enum

import keras_tuner
from keras_tuner.engine import trial as trial_module

from search.housekeeping import Housekeeping
from search.ledger import Ledger
from search.rebuilding import rebuild_oracle
from search.records import Record, Suggestion, TrialState, now, pending
from search.specification import SearchSpecification

_Status = trial_module.TrialStatus


class Nothing(Enum):
    """Why there is no suggestion."""

    YET = "the oracle waits for a running trial"
    MORE = "the budget is used up or the space exhausted"


class Conductor:
    """Asks the oracle, writes the ledger, tells the oracle."""

    def __init__(self, specification: SearchSpecification, ledger: Ledger, oracle: keras_tuner.Oracle) -> None:
        self.specification = specification
        self._ledger = ledger
        self._oracle = oracle
        self._records: dict[str, Record] = {}
        self._unfinished: deque[Suggestion] = deque()
        self._stopping = False
        self._exhausted = False
        self._housekeeping = Housekeeping(ledger.layout, oracle, known=":" not in specification.settings.oracle)

    @classmethod
    def resumed(cls, specification: SearchSpecification, ledger: Ledger, oracle: keras_tuner.Oracle) -> "Conductor":
        """Go on with a search: ``oracle``, just made, learns all the ledger holds; unfinished trials come first."""
        conductor = cls(specification, ledger, oracle)
        suggestions = ledger.suggestions()
        conductor._records = {record.trial_id: record for record in ledger.records()}
        ended = {trial_id: record for trial_id, record in conductor._records.items() if record.state.is_ended()}
        conductor._unfinished.extend(suggestion for suggestion in suggestions if suggestion.trial_id not in ended)
        for record in rebuild_oracle(oracle, ledger.oracle_state(), suggestions, ended):
            conductor._tell(record)
        conductor._housekeeping.resume(ended)
        return conductor

    @property
    def stopping(self) -> bool:
        """Whether nothing more is suggested because somebody asked to stop."""
        return self._stopping

    @property
    def exhausted(self) -> bool:
        """Whether the oracle has nothing left to try, with some of the budget unused."""
        return self._exhausted

    def stop(self) -> None:
        """Suggest nothing more; what runs may end. May be called from any thread."""
        self._stopping = True

    def suggest(self) -> Suggestion | Nothing:
        """Return the next configuration to try, made from everything recorded so far, or why there is none."""
        if self._stopping:
            return Nothing.MORE
        if self._unfinished:
            return self._unfinished.popleft()
        number = len(self._records)
        if number >= self.specification.settings.trials:
            return Nothing.MORE
        # One tuner id a trial: the oracle believes that every worker is a tuner of its own.
        trial = self._oracle.create_trial(f"worker-{number}")
        if trial.status == _Status.STOPPED:
            self._exhausted = True
            return Nothing.MORE
        if trial.status != _Status.RUNNING:
            return Nothing.YET
        suggestion = Suggestion(
            trial_id=trial.trial_id,
            values=trial.hyperparameters.values,
            seed=self._seed(trial),
            suggested=now(),
        )
        self._ledger.write_suggestion(suggestion)
        self._ledger.write_oracle(self._oracle.get_state())
        self._records[suggestion.trial_id] = pending(suggestion)
        return suggestion

    def progress(self, record: Record) -> None:
        """Keep a running trial's last report for readers."""
        self._ledger.write_progress(record)
        self._records[record.trial_id] = record

    def end(self, record: Record) -> None:
        """Record an ended trial, then tell the oracle its best value, or that it has none."""
        self._ledger.write_record(record)
        self._records[record.trial_id] = record
        self._tell(record)
        self._housekeeping.ended(record.trial_id, self._records)

    def record(self, trial_id: str) -> Record:
        """Return the trial as last reported."""
        return self._records[trial_id]

    def records(self) -> tuple[Record, ...]:
        """Return every trial as last reported. May be called from any thread."""
        return tuple(self._records.values())

    def _seed(self, trial: trial_module.Trial) -> int:
        """Give a promotion the seed of the trial that it continues, any other one of its own."""
        parent = trial.hyperparameters.values.get("tuner/trial_id")
        if parent in self._records:
            return self._ledger.suggestion(parent).seed
        return _seed(self.specification.settings.seed, trial.trial_id)

    def _tell(self, record: Record) -> None:
        trial = self._oracle.get_trial(record.trial_id)
        if record.score is None or record.state in (TrialState.INFEASIBLE, TrialState.FAILED):
            trial.status, trial.message = _Status.FAILED, record.reason
        else:
            self._oracle.update_trial(
                record.trial_id, {self.specification.objective_name: record.score}, step=record.best_epoch or 0
            )
            trial.status = _Status.COMPLETED
        self._oracle.end_trial(trial)
        self._ledger.write_oracle(self._oracle.get_state())


def _seed(search_seed: int, trial_id: str) -> int:
    """Derive a trial's seed, 1 to 2³¹ − 1, from the search's: the same at any concurrency and after any resume."""
    digest = hashlib.sha256(f"{search_seed}/{trial_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 2) + 1
