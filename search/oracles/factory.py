"""Making an oracle by its name, and making it fit to be driven from outside a Keras Tuner `Tuner`."""

import importlib
from collections.abc import Callable
from typing import Any

import keras_tuner

from search.errors import SettingsError, SpaceError
from search.hyperband_size import FACTOR, HYPERBAND
from search.oracles.keras_tuner_internals import keep_no_files
from search.space.hypermodel import import_object
from trainer import Objective

# By name, not imported: Optuna costs its import only those who use it.
_HOMES = {
    "tpe": "search.oracles.tpe:TPEOracle",
    "bayesian": "search.oracles.bayesian:BayesianOracle",
    "random": "search.oracles.random_search:RandomOracle",
    "grid": "search.oracles.grid:GridOracle",
    HYPERBAND: "search.oracles.hyperband:HyperbandOracle",
}
_NEVER = 2**62


def make_oracle(
    reference: str,
    *,
    hyperparameters: keras_tuner.HyperParameters,
    objective: Objective,
    max_trials: int,
    seed: int,
    max_epochs: int = 100,
) -> keras_tuner.Oracle:
    """Make the oracle called ``reference``, or the user's own that a ``module:factory`` returns.

    ``max_epochs`` is `hyperband`'s, which counts its trials by itself.

    Raises SettingsError for an unknown name, SpaceError for a factory that cannot be imported or returns no Oracle.
    """
    oracle = _factory(reference)(
        hyperparameters=hyperparameters,
        objective=keras_tuner.Objective(objective.name, objective.direction),
        seed=seed,
        **({"max_epochs": max_epochs, "factor": FACTOR} if reference == HYPERBAND else {"max_trials": max_trials}),
    )
    if not isinstance(oracle, keras_tuner.Oracle):
        raise SpaceError(f"--oracle {reference}: expected a keras_tuner.Oracle, got {type(oracle).__name__}")
    return _driven_from_outside(oracle)


def _factory(reference: str) -> Callable[..., Any]:
    if ":" in reference:
        found = import_object(reference, option="--oracle")
        if not callable(found):
            raise SpaceError(f"--oracle {reference}: expected a function or class, found {type(found).__name__}")
        return found
    if reference not in _HOMES:
        raise SettingsError(f"--oracle {reference}: expected one of {', '.join(_HOMES)} or module:factory")
    module, _, name = _HOMES[reference].partition(":")
    factory: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return factory


def _driven_from_outside(oracle: keras_tuner.Oracle) -> keras_tuner.Oracle:
    """Leave to the ledger what is the ledger's: the oracle neither prints, nor retries, nor stops, nor writes files."""
    oracle.verbose = 0
    oracle.max_retries_per_trial = 0
    oracle.max_consecutive_failed_trials = _NEVER
    # The budget is counted in records, outside; without a limit of its own an oracle pads all its trial ids alike.
    oracle.max_trials = None
    keep_no_files(oracle)
    return oracle
