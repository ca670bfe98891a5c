"""Driving an oracle without a tuner: results follow from the values, and no file is written."""

import json
import math
from collections.abc import Iterator

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from search.oracles.keras_tuner_internals import keep_no_files
from search.values import Values

OBJECTIVE = "score"


def quiet(oracle: keras_tuner.Oracle) -> keras_tuner.Oracle:
    """Let ``oracle`` neither print nor write, nor give up after failures."""
    oracle.verbose, oracle.max_consecutive_failed_trials = 0, math.inf
    keep_no_files(oracle)
    return oracle


def score(values: Values) -> float:
    """Return a smooth score of the numbers among ``values``, best at 20."""
    numbers = [float(value) for value in values.values() if not isinstance(value, str)]
    return -sum((number / 100.0 - 0.2) ** 2 for number in numbers)


def begin(oracle: keras_tuner.Oracle) -> Trial:
    """Ask for the next trial, as a tuner that runs nothing else."""
    return oracle.create_trial(f"worker-{len(oracle.trials)}")


def end(oracle: keras_tuner.Oracle, trial: Trial, *, failed: bool = False) -> None:
    """Tell ``oracle`` of the end of ``trial``, with its score or as failed for good."""
    if failed:
        trial.status, trial.message = TrialStatus.FAILED, "does not fit"
    else:
        oracle.update_trial(trial.trial_id, {oracle.objective.name: score(trial.hyperparameters.values)})
        trial.status = TrialStatus.COMPLETED
    oracle.end_trial(trial)


def searched(trial: Trial) -> Values:
    """Return the trial's hyperparameters, without what the oracle notes among them for itself."""
    return {name: value for name, value in trial.hyperparameters.values.items() if not name.startswith("tuner/")}


def trials(oracle: keras_tuner.Oracle, count: int, *, failing: int = 5, at_a_time: int = 2) -> Iterator[Trial]:
    """Run trials, each given when it begins, until there are ``count`` or no more; ``at_a_time`` are left running.

    Every ``failing``-th to end fails. Where the oracle waits for running trials, the oldest ends first.
    """
    running: list[Trial] = []
    ended = begun = 0
    while begun < count:
        trial = begin(oracle)
        if trial.status == TrialStatus.RUNNING:
            begun += 1
            running.append(trial)
            yield trial
        elif not running:
            assert trial.status == TrialStatus.STOPPED, "the oracle waits, but no trial is running"
            return
        if trial.status != TrialStatus.RUNNING or len(running) > at_a_time:
            ended += 1
            end(oracle, running.pop(0), failed=ended % failing == 0)


def kept(oracle: keras_tuner.Oracle) -> str:
    """Return as JSON what `taken_up` goes on from: the oracle's state and its trials."""
    return json.dumps([oracle.get_state(), [trial.get_state() for trial in oracle.trials.values()]])


def taken_up(oracle: keras_tuner.Oracle, text: str) -> keras_tuner.Oracle:
    """Let ``oracle``, just made, go on from what `kept` wrote."""
    state, trials = json.loads(text)
    oracle.trials = {trial["trial_id"]: Trial.from_state(trial) for trial in trials}
    oracle.set_state(state)
    return oracle
