"""What is kept of a trial, from its suggestion to its end.

A record, once its state is ended, never changes. All times are ISO 8601 in UTC.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from datasets import finite
from search.values import Values


class TrialState(StrEnum):
    """Where a trial stands.

    ``stopped``: early, by the scheduler or at the end of the time; ``infeasible``: the configuration's own fault.
    """

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    INFEASIBLE = "infeasible"
    FAILED = "failed"

    def is_ended(self) -> bool:
        """Whether nothing more will happen to the trial."""
        return self not in (TrialState.PENDING, TrialState.RUNNING)


class SearchState(StrEnum):
    """Where a search stands. ``interrupted``: it has not ended, nor the fit that it is of, and no driver is alive."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class State(BaseModel):
    """What a driver last said of its search: the state, why, and since when, ISO 8601; None where it did not."""

    model_config = ConfigDict(frozen=True)

    state: SearchState
    reason: str | None = None
    since: str | None = None


class Suggestion(BaseModel):
    """One configuration to try, as the oracle proposed it.

    ``values`` are the oracle's own, ``tuner/…`` keys included; ``seed`` (≥ 1) is the trial's, from the search's.
    ``epochs`` (≥ 1) are those that its schedule runs over where the time left is short of the search's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trial_id: str
    values: Values
    seed: int
    suggested: str
    epochs: int | None = None

    @property
    def hyperparameters(self) -> Values:
        """The values without the oracle's bookkeeping."""
        return {name: value for name, value in self.values.items() if not name.startswith("tuner/")}

    @property
    def until(self) -> int | None:
        """Epoch, counted with its parent's, after which the trial is to end; None where the oracle leaves it open."""
        until = self.values.get("tuner/epochs")
        return None if until is None else int(until)

    @property
    def last_epoch(self) -> int | None:
        """Epoch after which the trial ends, if not after the search's last."""
        return self.epochs if self.until is None else self.until

    @property
    def parent(self) -> str | None:
        """Trial id of the trial that this one continues (a promotion), or None."""
        parent = self.values.get("tuner/trial_id")
        return None if parent is None else str(parent)


class Record(BaseModel):
    """A trial's state, score and history.

    ``score`` is the best epoch's objective, ``metrics`` are that epoch's; ``history[metric][i]`` is epoch i + 1's.
    ``seconds`` counts training only; ``start_seconds`` are those before the first epoch, when the trial began or went
    on, ``epoch_seconds`` those of an epoch since (None in records of earlier versions). ``until`` is the epoch after
    which the trial ends, as `Suggestion.last_epoch`. ``worker`` is the host and the id of the process that trains it,
    or did last (None in records of earlier versions). ``reason`` says why an ended trial is infeasible or failed, or
    that the time was up. A metric may be NaN or infinite, and reads back as it was. ``attempts`` counts how often the
    trial was begun anew, this time included. ``unheard`` counts the processes that have begun to train it since its
    last epoch and have not come to say how that went: each was ended, as by the system, or is at it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    trial_id: str
    state: TrialState
    hyperparameters: Values
    score: float | None = None
    epochs: int = 0
    best_epoch: int | None = None
    metrics: dict[str, float] = {}
    history: dict[str, list[float]] = {}
    seconds: float = 0.0
    epoch_seconds: float | None = None
    start_seconds: float | None = None
    started: str | None = None
    ended: str | None = None
    reason: str | None = None
    parent: str | None = None
    until: int | None = None
    attempts: int = 1
    unheard: int = 0
    worker: str | None = None

    @property
    def seconds_an_epoch(self) -> float | None:
        """Seconds of one of its epochs, > 0, start-up not counted where that was measured; None before the first."""
        if self.epoch_seconds is not None:
            return self.epoch_seconds or None
        return self.seconds / self.epochs if self.epochs and self.seconds else None

    @property
    def finite_score(self) -> float | None:
        """The score; None for one that is no number to compare with."""
        return finite(self.score)

    @property
    def is_scored(self) -> bool:
        """Whether the trial has ended with a score to compare it by."""
        return self.state in (TrialState.COMPLETED, TrialState.STOPPED) and self.finite_score is not None

    @property
    def succeeded(self) -> bool:
        """Whether an ended trial has a score for the oracle to learn from."""
        return self.score is not None and self.state not in (TrialState.INFEASIBLE, TrialState.FAILED)

    @property
    def was_cut(self) -> bool:
        """Whether the end of the time has stopped the trial before it had a score: nothing is known of its values."""
        return self.state is TrialState.STOPPED and self.score is None

    def but(self, **changes: object) -> "Record":
        """Return a copy with ``changes``, validated."""
        return Record.model_validate(self.model_dump() | changes)


def in_order_of_end(records: Iterable[Record]) -> list[Record]:
    """Return those of ``records`` that have ended, the first to end first."""
    ended = (record for record in records if record.state.is_ended())
    return sorted(ended, key=lambda record: (record.ended or "", record.trial_id))


class Retry(BaseModel):
    """A request to try an ended trial again: ``attempt`` is the number of the new attempt, ≥ 2."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trial_id: str
    attempt: int
    asked: str


def pending(suggestion: Suggestion, *, attempts: int = 1) -> Record:
    """Make the record of a trial that has been suggested and has not reported anything yet, or not since a retry."""
    return Record(
        trial_id=suggestion.trial_id,
        state=TrialState.PENDING,
        hyperparameters=suggestion.hyperparameters,
        parent=suggestion.parent,
        until=suggestion.last_epoch,
        attempts=attempts,
    )


def out_of_time(record: Record) -> Record:
    """Return the record of a trial that the end of the time has stopped: its score is that of its epochs so far."""
    epochs = "1 epoch" if record.epochs == 1 else f"{record.epochs} epochs"
    return record.but(state=TrialState.STOPPED, reason=f"the time was up after {epochs}", ended=now())


def now() -> str:
    """Return the present moment, ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
