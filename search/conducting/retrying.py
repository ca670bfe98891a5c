"""Which ended trials are tried again: ``--retry failed|infeasible|TRIAL``.

A retry is a new attempt at the same suggestion, values and seed, from the beginning; the records of earlier attempts
stay beside the new one, which counts: for the ranking, the oracle and the scheduler. It uses up none of the budget.
"""

import logging
from collections.abc import Sequence

from search.conducting.completeness import lost_records
from search.errors import SettingsError
from search.ledger.ledger import Ledger
from search.ledger.records import Retry, TrialState, now

_KINDS = {str(state): state for state in (TrialState.FAILED, TrialState.INFEASIBLE)}
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
        states = [_KINDS[one]] if one in _KINDS else [*_KINDS.values()]
        trials = [trial_id for trial_id, record in by_id.items() if one in (trial_id, str(record.state))]
        if one in _KINDS and not trials:
            _log.warning("--retry %s: no trial is %s.", one, one)
        elif not trials:
            raise SettingsError(
                f"--retry {one}: expected {', '.join(_KINDS)} or the id of a trial, and no trial has that id: "
                f"`{ledger.layout.command('leaderboard', ledger.layout.name)}` lists them"
            )
        for trial_id in trials:
            record = by_id[trial_id]
            if record.state.is_ended() and record.state not in states:
                raise SettingsError(
                    f"--retry {one}: trial {trial_id} is {record.state}: only trials that are "
                    f"{' or '.join(_KINDS)} are tried again"
                )
            if record.state.is_ended() or trial_id in lost:
                chosen[trial_id] = record.attempts + 1
    return tuple(Retry(trial_id=trial_id, attempt=attempt, asked=now()) for trial_id, attempt in chosen.items())
