"""Making an oracle by its name, and making it fit to be driven from outside a Keras Tuner `Tuner`."""

from collections.abc import Callable

import keras_tuner

import search
from datasets import place_of, place_of_code, placed, unexited
from search.compatibility import FACTOR, HYPERBAND
from search.errors import SettingsError, SpaceError
from search.oracles.keras_tuner_internals import count_no_failures, keep_no_files, know_whatever_the_epochs
from search.oracles.new_values import propose_new_values
from search.oracles.own_oracle import name_faults, refuse_unkept_state
from search.space.hypermodel import import_object
from search.space.typed_space import TypedSpace
from trainer import Objective, one_line

# Public names, imported when they are used: Optuna costs its import only those who use it.
_ORACLES = {
    "tpe": "TPEOracle",
    "bayesian": "BayesianOracle",
    "random": "RandomOracle",
    "grid": "GridOracle",
    HYPERBAND: "HyperbandOracle",
}


_OF_BAYESIAN = {"num_initial_points": 10}
"""As many trials drawn at random as `TPEOracle` has. Its own default is three for each hyperparameter: of the built-in
space that is a hundred."""
_SEEDS = 2**32
"""As many as NumPy's generator takes."""


def make_oracle(
    reference: str,
    *,
    hyperparameters: keras_tuner.HyperParameters,
    objective: Objective,
    max_trials: int | None,
    seed: int,
    max_epochs: int = 100,
) -> keras_tuner.Oracle:
    """Make the oracle called ``reference``, or the user's own that a ``module:factory`` returns.

    ``max_trials`` is None where a time alone ends the search; ``max_epochs`` is `hyperband`'s, which counts its trials
    by itself.

    Raises SettingsError for an unknown name, SpaceError for a factory that cannot be imported, raises anything or
    returns no Oracle, or one whose state JSON does not take.
    """
    factory, own = _factory(reference), ":" in reference
    arguments = {
        "hyperparameters": TypedSpace.of(hyperparameters),
        "objective": keras_tuner.Objective(objective.name, objective.direction),
        "seed": seed,
        **({"max_epochs": max_epochs, "factor": FACTOR} if reference == HYPERBAND else {"max_trials": max_trials}),
        **(_OF_BAYESIAN | {"seed": seed % _SEEDS} if reference == "bayesian" else {}),
    }
    try:
        with unexited():
            oracle = factory(**arguments)
    except Exception as error:
        if not own:
            raise
        fault = f"--oracle {reference}: it is called with {'=, '.join(arguments)}=, and raised {one_line(error)}"
        raise SpaceError(placed(fault, place_of(error) or place_of_code(factory))) from error
    if not isinstance(oracle, keras_tuner.Oracle):
        fault = f"--oracle {reference}: expected a keras_tuner.Oracle, got {type(oracle).__name__}"
        raise SpaceError(placed(fault, place_of_code(factory)))
    if own:
        name_faults(oracle, reference)
        refuse_unkept_state(oracle)
    return _driven_from_outside(oracle)


def _factory(reference: str) -> Callable[..., object]:
    if ":" not in reference and reference not in _ORACLES:
        raise SettingsError(f"--oracle {reference}: expected one of {', '.join(_ORACLES)} or module:factory")
    own = _ORACLES.get(reference)
    named: object = import_object(reference, option="--oracle") if own is None else getattr(search, own)
    if not callable(named):
        raise SpaceError(f"--oracle {reference}: expected a function or class, found {type(named).__name__}")
    return named


def _driven_from_outside(oracle: keras_tuner.Oracle) -> keras_tuner.Oracle:
    """Leave to the ledger what is the ledger's: the oracle neither prints, nor retries, nor stops, nor writes files.

    And hold it to what every trial relies on, whoever wrote the oracle.
    """
    oracle.verbose = 0
    oracle.max_retries_per_trial = 0
    count_no_failures(oracle)
    # The budget is counted in records, outside; without a limit of its own an oracle pads all its trial ids alike.
    oracle.max_trials = None
    keep_no_files(oracle)
    know_whatever_the_epochs(oracle)
    propose_new_values(oracle)
    return oracle
