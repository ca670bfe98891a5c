import keras_tuner
import pytest

from search import GridOracle
from search.testing.driving import OBJECTIVE, quiet, trials


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
