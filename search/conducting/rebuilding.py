"""Bringing a fresh oracle to where the ledger says the last one was.

An oracle's state is kept after each suggestion, so after a kill it may lack the last suggestion and the records since:
the ledger, which is written first, has both.
"""

from collections.abc import Mapping, Sequence

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from search.ledger.records import Record, Suggestion, in_order_of_end
from search.oracles.hyperband import HyperbandOracle
from search.oracles.keras_tuner_internals import record_values
from search.values import JsonObject


def rebuild_oracle(
    oracle: keras_tuner.Oracle,
    state: JsonObject | None,
    suggestions: Sequence[Suggestion],
    records: Mapping[str, Record],
) -> list[Record]:
    """Give ``oracle``, just made, the trials, the state and the generators that the ledger holds.

    Args:
        state: what its ``get_state`` gave last; None if it was never kept.
        suggestions: all, in the order in which they were made.
        records: those of ended trials, by trial id.

    Returns:
        The records that the oracle has not been told, in the order of their end: the caller tells them.
    """
    told = set(state["end_order"]) if state is not None else set()
    for suggestion in suggestions:
        oracle.trials[suggestion.trial_id] = _trial(oracle, suggestion)
    for trial_id in told:
        _settle(oracle.trials[trial_id], records[trial_id])
    if state is not None:
        oracle.set_state({**state, "ongoing_trials": {}})
    started = set(oracle.start_order)
    for number, suggestion in enumerate(suggestions):
        trial = oracle.trials[suggestion.trial_id]
        if suggestion.trial_id not in started:
            if isinstance(oracle, HyperbandOracle):
                oracle.restore(trial)
            oracle.start_order.append(suggestion.trial_id)
            record_values(oracle, trial)
        if suggestion.trial_id not in told:
            oracle.ongoing_trials[f"worker-{number}"] = trial
    return [record for record in in_order_of_end(records.values()) if record.trial_id not in told]


def _trial(oracle: keras_tuner.Oracle, suggestion: Suggestion) -> Trial:
    hyperparameters = oracle.hyperparameters.copy()
    hyperparameters.values = dict(suggestion.values)
    return Trial(hyperparameters, trial_id=suggestion.trial_id, status=TrialStatus.RUNNING)


def _settle(trial: Trial, record: Record) -> None:
    """Put a trial where `Oracle.end_trial` left it."""
    if record.succeeded:
        trial.status, trial.score, trial.best_step = TrialStatus.COMPLETED, record.score, record.best_epoch or 0
    else:
        trial.status, trial.message = TrialStatus.FAILED, record.reason
