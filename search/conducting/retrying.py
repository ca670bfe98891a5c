"""Which ended trials are tried again: ``--retry failed|infeasible|stopped|TRIAL``.

A retry is a new attempt at the same suggestion, values and seed, from the beginning; the records of earlier attempts
stay beside the new one, which counts: for the ranking, the oracle and the scheduler. It uses up none of the budget.
"""

import logging
from collections.abc import Iterable, Sequence

from datasets import few
from search.conducting.completeness import lost_records
from search.errors import LedgerError, SettingsError
from search.ledger.ledger import Ledger
from search.ledger.records import Record, Retry, TrialState, now

_KINDS = {
    str(TrialState.FAILED): "failed",
    str(TrialState.INFEASIBLE): "infeasible",
    str(TrialState.STOPPED): "stopped before it had a score",
}
"""What is tried again by its state, and what a trial has to be for that."""
_log = logging.getLogger(__name__)


def choose_retries(ledger: Ledger, wanted: Sequence[str]) -> tuple[Retry, ...]:
    """Return the attempts that ``wanted`` asks for: states, or ids of trials. Nothing is written.

    A trial that has not ended goes on anyway and is left out; one whose record is lost begins anew. Raises
    SettingsError, one line, for one that is not there or has a score.
    """
    if not wanted:
        return ()
    by_id, lost = {record.trial_id: record for record in ledger.records(history=False)}, lost_records(ledger)
    chosen: dict[str, int] = {}
    for one in wanted:
        trials = [
            trial_id
            for trial_id, record in by_id.items()
            if one == trial_id or (one == str(record.state) and _has_no_score(record))
        ]
        if one in _KINDS and not trials:
            _log.warning("--retry %s: no trial is %s.", one, _KINDS[one])
        elif not trials:
            raise SettingsError(
                f"--retry {one}: expected {', '.join(_KINDS)} or the id of a trial, and no trial has that id: "
                f"`{ledger.layout.command('leaderboard', ledger.layout.name)}` lists them"
            )
        for trial_id in trials:
            record = by_id[trial_id]
            if record.state.is_ended() and not _has_no_score(record):
                raise SettingsError(
                    f"--retry {one}: trial {trial_id} is {record.state}: only one that is failed, infeasible or "
                    f"{_KINDS['stopped']} is tried again"
                )
            if record.state.is_ended() or trial_id in lost:
                chosen[trial_id] = record.attempts + 1
    return tuple(Retry(trial_id=trial_id, attempt=attempt, asked=now()) for trial_id, attempt in chosen.items())


def check_retries(ledger: Ledger, retries: Iterable[Retry]) -> None:
    """Raise LedgerError, one line, where a trial has had another attempt since its retry was chosen."""
    now_at = {record.trial_id: record.attempts for record in ledger.records(history=False)}
    if other := [one.trial_id for one in retries if now_at.get(one.trial_id) != one.attempt - 1]:
        raise LedgerError(f"--retry: {few(other)} had another attempt by another command just now: give this one again")


def kinds_to_retry(records: Iterable[Record]) -> list[str]:
    """Return the kinds of those of ``records`` that may be tried again, as `choose_retries` takes them."""
    found = {str(record.state) for record in records if _has_no_score(record)}
    return [kind for kind in _KINDS if kind in found]


def _has_no_score(record: Record) -> bool:
    """Whether an ended trial is of one of the kinds that are tried again."""
    return record.was_cut or record.state in (TrialState.FAILED, TrialState.INFEASIBLE)
