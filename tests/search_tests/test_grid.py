import keras_tuner
import pytest
from search_tests.oracle_driving import made as driven

from search import GridOracle
from search.oracles.leaving_out import leave_out
from search.testing.driving import OBJECTIVE, begin, quiet, searched, trials


def test_it_goes_on_behind_what_was_cut_before_it_had_a_score() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("x", [1, 2, 3])
    oracle = quiet(GridOracle(objective=keras_tuner.Objective(OBJECTIVE, "max"), hyperparameters=hp))
    found = []
    while (trial := begin(oracle)).status == "RUNNING":
        found.append(trial.hyperparameters.values["x"])
        leave_out(oracle, trial)
    assert found == [1, 2, 3]


@pytest.mark.parametrize("at_a_time", [0, 1, 3])
def test_what_a_trial_never_declared_is_not_varied_for_it(at_a_time: int) -> None:
    oracle = quiet(GridOracle(objective=keras_tuner.Objective(OBJECTIVE, "max")))
    met = []
    for trial in trials(oracle, 100, at_a_time=at_a_time):
        hp = trial.hyperparameters
        deep = hp.Boolean("deep")
        met.append((deep, hp.Choice("layers", [1, 2, 3]) if deep else hp.Choice("head", ["flatten", "average"])))
    # Each of the three with both heads, which Keras Tuner cannot know to have no meaning there.
    assert len(met) == 2 + 3 * 2
    assert len(set(met)) == 2 + 3


@pytest.mark.parametrize("at_a_time", [0, 2])
def test_a_default_beside_its_step_by_its_last_digit_is_no_value_of_its_own(at_a_time: int) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("dropout", 0.0, 0.4, step=0.1, default=0.3)  # 3 * 0.1 is 0.30000000000000004
    hp.Choice("layers", [1, 2, 3])
    for oracle in (
        driven("grid", hp),
        quiet(GridOracle(objective=keras_tuner.Objective(OBJECTIVE, "max"), hyperparameters=hp)),
    ):
        found = [searched(trial) for trial in trials(oracle, 100, at_a_time=at_a_time)]
        # The default first of each, then the others as they come.
        assert [(round(float(one["dropout"]), 9), one["layers"]) for one in found] == [
            (dropout, layers) for dropout in (0.3, 0.0, 0.1, 0.2, 0.4) for layers in (1, 2, 3)
        ]
