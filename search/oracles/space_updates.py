"""Hyperparameters that a trial discovers when it builds its model, and what they mean to the oracle.

A hyperparameter that only some branch declares is not always found before the search. The worker that discovers it uses
its default and reports it. From then on the oracle proposes values for it, and every earlier trial counts as one with
the default: that is what the trial itself used, and what Keras Tuner's own Bayesian oracle assumes.
"""

import logging

import keras_tuner
from keras_tuner.engine.hyperparameters import HyperParameter
from keras_tuner.engine.trial import Trial

from search.oracles.keras_tuner_internals import record_values
from search.space.declared import range_of

_log = logging.getLogger(__name__)

OUTSIDE = "outside of the space as it is now"
"""Message of a trial that was suggested before the space was edited, and of which the oracle is to learn nothing."""


def unknown(oracle: keras_tuner.Oracle, space: keras_tuner.HyperParameters) -> list[HyperParameter]:
    """Return the hyperparameters of ``space`` that ``oracle`` does not know; none if its space is not to change."""
    if not (oracle.allow_new_entries and oracle.tune_new_entries):
        return []
    known = [(one.name, one.conditions) for one in oracle.hyperparameters.space]
    return [one for one in space.space if (one.name, one.conditions) not in known]


def warn_of_other_ranges(oracle: keras_tuner.Oracle, space: keras_tuner.HyperParameters, *, said: set[str]) -> None:
    """Warn, once for each name, of hyperparameters that have another range in ``space`` than the oracle proposes of.

    Ranges that hang on other values cannot be searched, and Keras Tuner keeps the first one without a word.
    """
    for one in space.space:
        same = (known for known in oracle.hyperparameters.space if known.name == one.name)
        known = next((known for known in same if known.conditions == one.conditions), None)
        if known is None or one.name in said or range_of(known) == range_of(one):
            continue
        said.add(one.name)
        _log.warning(
            "Hyperparameter %r is %s in a trial and %s in the space, of which values are proposed: "
            "give it a range that hangs on no other value.",
            one.name,
            range_of(one),
            range_of(known),
        )


def update_oracle(oracle: keras_tuner.Oracle, space: keras_tuner.HyperParameters) -> None:
    """Add what is new in ``space`` to the oracle's space, and its default to every trial in which it is active."""
    if unknown(oracle, space):
        oracle.update_space(space)
    complete_trials(oracle)


def complete_trials(oracle: keras_tuner.Oracle) -> None:
    """Give every trial the default of each active hyperparameter that it lacks."""
    for trial in oracle.trials.values():
        if is_outside(trial):
            continue
        size = len(trial.hyperparameters.space)
        trial.hyperparameters.merge(oracle.hyperparameters, overwrite=False)
        if len(trial.hyperparameters.space) > size:
            record_values(oracle, trial)


def is_outside(trial: Trial) -> bool:
    """Whether the trial lies outside of the oracle's space: it has no values then."""
    return bool(trial.message == OUTSIDE)
