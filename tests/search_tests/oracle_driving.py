"""Driving an oracle without a tuner: a space with branches, and results that follow from the values."""

import json
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial

from search import GridOracle, make_oracle
from trainer import Objective

NAMES = ["tpe", "bayesian", "random", "grid", "hyperband"]
OBJECTIVE = Objective("val_macro_f1", "max")


def branched() -> keras_tuner.HyperParameters:
    """Return a space of every kind of hyperparameter, some of them active under one optimizer only."""
    hp = keras_tuner.HyperParameters()
    hp.Fixed("classes", 5)
    kind = hp.Choice("optimizer", ["adamw", "sgd"])
    hp.Float("rate", 1e-4, 1e-1, sampling="log")
    hp.Int("units", 32, 250, step=32)
    hp.Choice("batch_size", [32, 64, 128])
    with hp.conditional_scope("optimizer", ["sgd"]):
        if kind is not None:
            hp.Boolean("nesterov")
            hp.Float("momentum", 0.0, 0.9, step=0.1, parent_name="nesterov", parent_values=[True])
    hp.Float("beta", 0.9, 0.999, sampling="reverse_log", parent_name="optimizer", parent_values=["adamw"])
    return hp


def small() -> keras_tuner.HyperParameters:
    """Return a space of 12 combinations."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("head", ["flatten", "average"])
    hp.Int("layers", 1, 3)
    hp.Float("dropout", 0.0, 0.5, step=0.25, parent_name="head", parent_values=["flatten"])
    return hp


def made(name: str, hp: keras_tuner.HyperParameters, *, seed: int = 7) -> keras_tuner.Oracle:
    return make_oracle(name, hyperparameters=hp, objective=OBJECTIVE, max_trials=1, seed=seed)


def score(values: dict[str, Any]) -> float:
    """Return a smooth score of the numbers among ``values``, best at 0.2."""
    numbers = [float(value) for value in values.values() if not isinstance(value, str)]
    return -sum((number / 100.0 - 0.2) ** 2 for number in numbers)


def begin(oracle: keras_tuner.Oracle) -> Trial:
    return oracle.create_trial(f"worker-{len(oracle.trials)}")


def end(oracle: keras_tuner.Oracle, trial: Trial, *, failed: bool = False) -> None:
    if failed:
        trial.status, trial.message = "FAILED", "does not fit"
    else:
        oracle.update_trial(trial.trial_id, {OBJECTIVE.name: score(trial.hyperparameters.values)})
        trial.status = "COMPLETED"
    oracle.end_trial(trial)


def searched(trial: Trial) -> dict[str, Any]:
    """Return the trial's hyperparameters, without what the oracle notes among them for itself."""
    return {name: value for name, value in trial.hyperparameters.values.items() if not name.startswith("tuner/")}


def run(oracle: keras_tuner.Oracle, count: int) -> list[dict[str, Any]]:
    """Run ``count`` trials, every fifth of them failing, and leave the last one running; return their values.

    Two run at a time, but under grid search, which waits for the first trials in case they meet a new hyperparameter.
    """
    values, running = [], None
    one_by_one = isinstance(oracle, GridOracle)
    for number in range(count):
        if one_by_one and running is not None:
            end(oracle, running, failed=number % 5 == 4)
        trial = begin(oracle)
        assert trial.status == "RUNNING"
        values.append(searched(trial))
        if not one_by_one and running is not None:
            end(oracle, running, failed=number % 5 == 4)
        running = trial
    return values


def resumed(oracle: keras_tuner.Oracle, name: str, hp: keras_tuner.HyperParameters) -> keras_tuner.Oracle:
    """Return a new oracle made from what JSON keeps of ``oracle``: its state and its trials."""
    kept = json.loads(json.dumps([oracle.get_state(), [trial.get_state() for trial in oracle.trials.values()]]))
    other = made(name, hp, seed=99)
    other.trials = {state["trial_id"]: Trial.from_state(state) for state in kept[1]}
    other.set_state(kept[0])
    return other
