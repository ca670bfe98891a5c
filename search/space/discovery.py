"""Hyperparameters that a trial discovers when it builds its model, and what they mean to the oracle.

A hyperparameter that only some branch declares is not always found before the search. The worker that discovers it uses
its default and reports it. From then on the oracle proposes values for it, and every earlier trial counts as one with
the default: that is what the trial itself used, and what Keras Tuner's own Bayesian oracle assumes.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner

Declared = Sequence[Mapping[str, Any]]


def as_space(declared: Declared) -> keras_tuner.HyperParameters:
    """Return the hyperparameters that `as_json` wrote."""
    # Keras Tuner changes the mappings that it reads.
    return keras_tuner.HyperParameters.from_config({"space": copy.deepcopy(list(declared)), "values": {}})


def as_json(space: keras_tuner.HyperParameters) -> list[dict[str, Any]]:
    """Return the hyperparameters of ``space``, without values, as JSON takes them."""
    declared: list[dict[str, Any]] = space.get_config()["space"]
    return declared


def unknown(oracle: keras_tuner.Oracle, space: keras_tuner.HyperParameters) -> list[Any]:
    """Return the hyperparameters of ``space`` that ``oracle`` does not know; none if its space is not to change."""
    if not (oracle.allow_new_entries and oracle.tune_new_entries):
        return []
    return [one for one in space.space if not oracle.hyperparameters._exists(one.name, one.conditions)]


def update_oracle(oracle: keras_tuner.Oracle, space: keras_tuner.HyperParameters) -> None:
    """Add what is new in ``space`` to the oracle's space, and its default to every trial in which it is active."""
    if unknown(oracle, space):
        oracle.update_space(space)
    complete_trials(oracle)


def complete_trials(oracle: keras_tuner.Oracle) -> None:
    """Give every trial the default of each active hyperparameter that it lacks."""
    for trial in oracle.trials.values():
        size = len(trial.hyperparameters.space)
        trial.hyperparameters.merge(oracle.hyperparameters, overwrite=False)
        if len(trial.hyperparameters.space) > size:
            oracle._record_values(trial)
