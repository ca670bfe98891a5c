"""Bringing a fresh oracle to where the ledger says the last one was.

An oracle's state is kept after each suggestion, so after a kill it may lack the last suggestion and the records since:
the ledger, which is written first, has both.
"""

from collections.abc import Collection, Mapping, Sequence

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from search.ledger.records import Record, Suggestion, in_order_of_end
from search.oracles.grid import GridOracle
from search.oracles.hyperband import HyperbandOracle
from search.oracles.keras_tuner_internals import record_values
from search.oracles.leaving_out import can_leave_out, leave_out
from search.oracles.space_updates import OUTSIDE, is_outside
from search.space.declared import active, on_steps
from search.space.points import fitted
from search.values import JsonObject, Values


def rebuild_oracle(
    oracle: keras_tuner.Oracle,
    state: JsonObject | None,
    suggestions: Sequence[Suggestion],
    records: Mapping[str, Record],
    *,
    earlier: Collection[str] = (),
) -> list[Record]:
    """Give ``oracle``, just made, the trials, the state and the generators that the ledger holds.

    Args:
        state: what its ``get_state`` gave last; None if it was never kept.
        suggestions: all, in the order in which they were made.
        records: those of ended trials, by trial id. Of those that were cut before they had a score it learns nothing.
        earlier: the trials, by id, that were suggested in a space that has been edited since. Those that do not fit in
            the oracle's space have failed, as far as it knows, and have no values.

    Returns:
        The records that the oracle has not been told, in the order of their end: the caller tells them.
    """
    cut = {trial_id for trial_id, record in records.items() if record.was_cut and can_leave_out(oracle)}
    # Not a trial that is tried again: it was told of an attempt that no longer counts. An earlier version told of cuts.
    known = records.keys() - cut
    told = {trial_id for trial_id in state["end_order"] if trial_id in known} if state is not None else set()
    for suggestion in suggestions:
        oracle.trials[suggestion.trial_id] = _trial(oracle, suggestion, is_earlier=suggestion.trial_id in earlier)
    outside = {trial_id for trial_id, trial in oracle.trials.items() if is_outside(trial)}
    for trial_id in told - outside:
        _settle(oracle, records[trial_id])
    if state is not None:
        end_order = [trial_id for trial_id in state["end_order"] if trial_id in told]
        _set_state(oracle, {**state, "end_order": end_order}, is_edited=bool(earlier))
    started = set(oracle.start_order)
    for number, suggestion in enumerate(suggestions):
        trial = oracle.trials[suggestion.trial_id]
        is_new = suggestion.trial_id not in started
        if is_new:
            if isinstance(oracle, HyperbandOracle):
                oracle.restore(trial)
            oracle.start_order.append(suggestion.trial_id)
        if suggestion.trial_id in outside:
            continue
        if is_new or trial.hyperparameters.values != suggestion.values:
            record_values(oracle, trial)
        if suggestion.trial_id not in told:
            oracle.ongoing_trials[f"worker-{number}"] = trial
    for trial_id in sorted(cut):
        leave_out(oracle, oracle.trials[trial_id])
    return [record for record in in_order_of_end(records.values()) if record.trial_id not in told | outside | cut]


def _trial(oracle: keras_tuner.Oracle, suggestion: Suggestion, *, is_earlier: bool) -> Trial:
    """Make the trial of a suggestion: with the defaults of what has come into the space since."""
    space = oracle.hyperparameters.copy()
    own = on_steps(space, suggestion.hyperparameters)
    values = fitted(space, own) if is_earlier else own | _defaults(space, own)
    bookkeeping = {name: value for name, value in suggestion.values.items() if name not in own}
    if values is None:
        space.values = bookkeeping
        return Trial(space, trial_id=suggestion.trial_id, status=TrialStatus.FAILED, message=OUTSIDE)
    space.values = values | bookkeeping if is_earlier else suggestion.values | values
    return Trial(space, trial_id=suggestion.trial_id, status=TrialStatus.RUNNING)


def _defaults(space: keras_tuner.HyperParameters, own: Values) -> Values:
    """Return the default of each active hyperparameter that has no value of its own."""
    values = dict(own)
    for one in space.space:
        if one.name not in values and active(one, values):
            values[one.name] = one.default
    return values


def _set_state(oracle: keras_tuner.Oracle, state: JsonObject, *, is_edited: bool) -> None:
    """Give ``oracle`` its state, but not the space of an earlier time where that has been edited."""
    space = oracle.hyperparameters
    oracle.set_state({**state, "ongoing_trials": {}})
    if is_edited:
        oracle.hyperparameters = space
        if isinstance(oracle, GridOracle):
            oracle.leave_places()


def tell_scores(oracle: keras_tuner.Oracle, record: Record, objective: str) -> None:
    """Tell the oracle the score of a trial that has one, at its best epoch; of each epoch where it follows them."""
    if getattr(oracle, "follows_epochs", False) and (history := record.history.get(objective)):
        for epoch, value in enumerate(history, 1):
            oracle.update_trial(record.trial_id, {objective: value}, step=epoch)
    else:
        oracle.update_trial(record.trial_id, {objective: record.score}, step=record.best_epoch or 0)


def _settle(oracle: keras_tuner.Oracle, record: Record) -> None:
    """Put a trial where `Oracle.end_trial` left it."""
    trial = oracle.trials[record.trial_id]
    if record.succeeded:
        if getattr(oracle, "follows_epochs", False):
            tell_scores(oracle, record, oracle.objective.name)
        trial.status, trial.score, trial.best_step = TrialStatus.COMPLETED, record.score, record.best_epoch or 0
    else:
        trial.status, trial.message = TrialStatus.FAILED, record.reason
