"""What every oracle keeps to: ours, as in any tuner, and Keras Tuner's own, as a search drives them."""

import keras_tuner
import pytest
from search_tests.oracle_driving import NAMES, made, run

from search import BayesianOracle, GridOracle, HyperbandOracle, RandomOracle, TPEOracle, make_oracle
from search.testing import OracleContract
from search.testing.driving import end
from search.testing.kinds import branched
from trainer import Objective

Oracle = keras_tuner.Oracle


class TestTPE(OracleContract):
    avoids = True

    def make(self, **arguments: object) -> Oracle:
        return TPEOracle(**arguments)  # type: ignore[arg-type]


class TestBayesian(OracleContract):
    avoids = True

    def make(self, **arguments: object) -> Oracle:
        return BayesianOracle(**arguments)


class TestRandom(OracleContract):
    def make(self, **arguments: object) -> Oracle:
        return RandomOracle(**arguments)


class TestGrid(OracleContract):
    def make(self, **arguments: object) -> Oracle:
        return GridOracle(**arguments)


class TestHyperband(OracleContract):
    def make(self, *, max_trials: int, **arguments: object) -> Oracle:
        return HyperbandOracle(**arguments)


def driven(name: str, *, objective: keras_tuner.Objective, **arguments: object) -> Oracle:
    """Make an oracle of Keras Tuner's, or one of below, as a search does."""
    reference = name if ":" in name else f"keras_tuner.oracles:{name}"
    return make_oracle(reference, objective=Objective(objective.name, objective.direction), **arguments)  # type: ignore[arg-type]


class TestKerasTunersRandom(OracleContract):
    exhausts = False

    def make(self, **arguments: object) -> Oracle:
        return driven("RandomSearchOracle", **arguments)  # type: ignore[arg-type]


class TestKerasTunersGrid(OracleContract):
    resumes = False

    def make(self, **arguments: object) -> Oracle:
        return driven("GridSearchOracle", **arguments)  # type: ignore[arg-type]


def hyperband(*, max_trials: int, **arguments: object) -> Oracle:
    return keras_tuner.oracles.HyperbandOracle(**arguments)


class TestKerasTunersHyperband(OracleContract):
    exhausts = False

    def make(self, **arguments: object) -> Oracle:
        return driven(f"{__name__}:hyperband", **arguments)  # type: ignore[arg-type]


def bayesian(*, hyperparameters: keras_tuner.HyperParameters, **arguments: object) -> Oracle:
    # Of many hyperparameters its process takes seconds a proposal.
    return keras_tuner.oracles.BayesianOptimizationOracle(
        hyperparameters=hyperparameters, num_initial_points=4 if len(hyperparameters.space) == 1 else 12, **arguments
    )


# The process says so of spaces as small as these.
@pytest.mark.filterwarnings("ignore:The optimal value found for dimension")
class TestKerasTunersBayesian(OracleContract):
    resumes = False
    many = 5

    def make(self, **arguments: object) -> Oracle:
        return driven(f"{__name__}:bayesian", **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_telling_it_of_a_trial_does_not_look_through_the_others(name: str) -> None:
    oracle = made(name, branched())
    run(oracle, 12)
    trial = oracle.trials["0011"]

    class Forbidden(dict):  # type: ignore[type-arg]
        def values(self) -> None:  # type: ignore[override]
            raise AssertionError("looked through all trials")

        __iter__ = items = values  # type: ignore[assignment]

    oracle.trials = Forbidden(oracle.trials.items())
    end(oracle, trial)
