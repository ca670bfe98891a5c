"""A trial that the time has cut before it had a score: our oracles learn nothing from it, as nothing is known of it."""

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from search.oracles.keras_tuner_internals import go_on_behind
from search.oracles.typed_oracle import TypedOracle


def can_leave_out(oracle: keras_tuner.Oracle) -> bool:
    """Say whether an oracle can do without the end of a trial: one of a user's own may wait for it, and is told."""
    return isinstance(oracle, TypedOracle)


def leave_out(oracle: TypedOracle, trial: Trial) -> None:
    """Let ``trial`` be neither running nor ended for ``oracle``, which is told nothing: STOPPED is no status of those.

    Its id and its values are not given again.
    """
    trial.status = TrialStatus.STOPPED
    oracle.ongoing_trials = {
        worker: running for worker, running in oracle.ongoing_trials.items() if running.trial_id != trial.trial_id
    }
    go_on_behind(oracle, trial)
    oracle.leave_out(trial.trial_id)
