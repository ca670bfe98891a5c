"""What every oracle keeps to, whatever it proposes."""

import json

import keras_tuner
import pytest
from search_tests.oracle_driving import NAMES, begin, branched, end, made, resumed, run, searched, small

pytestmark = pytest.mark.parametrize("name", NAMES)
# Bayesian optimisation starts to learn after three trials a dimension: 27 here.
MANY = 40


def test_no_two_trials_share_their_values(name: str) -> None:
    values = run(made(name, branched()), MANY)
    assert len(values) == MANY
    assert len({json.dumps(one, sort_keys=True) for one in values}) == MANY


def test_only_active_hyperparameters_have_values(name: str) -> None:
    oracle = made(name, branched())
    for values in run(oracle, MANY):
        hp = oracle.get_space()
        hp.values = values
        assert set(values) == {one.name for one in hp.space if hp.is_active(one)}
        assert values["classes"] == 5


def test_the_same_seed_and_results_give_the_same_suggestions(name: str) -> None:
    first = run(made(name, branched()), MANY)
    assert run(made(name, branched()), MANY) == first
    if name != "grid":
        assert run(made(name, branched(), seed=8), MANY) != first


@pytest.mark.parametrize("before", [5, 33])
def test_an_oracle_resumed_from_json_goes_on_alike(name: str, before: int) -> None:
    oracle = made(name, branched())
    run(oracle, before)
    if name == "grid":
        end(oracle, oracle.trials[f"{before - 1:04d}"])
    other = resumed(oracle, name, branched())
    for number in range(6):
        ours, theirs = begin(oracle), begin(other)
        assert (ours.trial_id, ours.hyperparameters.values) == (theirs.trial_id, theirs.hyperparameters.values)
        end(oracle, ours, failed=number == 3)
        end(other, theirs, failed=number == 3)


def test_an_exhausted_space_stops_the_search(name: str) -> None:
    oracle = made(name, small())
    trials = []
    while (trial := begin(oracle)).status == "RUNNING":
        trials.append(trial)
        end(oracle, trial)
    assert trial.status == "STOPPED"
    tried = {json.dumps(searched(trial), sort_keys=True) for trial in trials}
    assert len(tried) == 12
    # Only a promotion has the values of another trial.
    assert len(tried) == sum("tuner/trial_id" not in trial.hyperparameters.values for trial in trials)


def test_failures_do_not_end_the_search(name: str) -> None:
    oracle = made(name, branched())
    for _ in range(MANY):
        trial = begin(oracle)
        assert trial.status == "RUNNING"
        end(oracle, trial, failed=True)


# Keras Tuner looks for the best of nothing but NaN.
@pytest.mark.filterwarnings("ignore:All-NaN axis encountered:RuntimeWarning")
def test_a_trial_that_scores_nan_counts_as_failed(name: str) -> None:
    oracle = made(name, branched())
    trial = begin(oracle)
    oracle.update_trial(trial.trial_id, {"val_macro_f1": float("nan")})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    assert oracle.trials[trial.trial_id].status == "FAILED"
    assert begin(oracle).status == "RUNNING"


def test_a_hyperparameter_met_during_the_search_is_searched_from_then_on(name: str) -> None:
    oracle = made(name, branched())
    run(oracle, 12)
    end(oracle, oracle.trials["0011"])
    trial = begin(oracle)
    trial.hyperparameters.Choice("pooling", ["max", "average"])
    end(oracle, trial)
    later = run(oracle, 4)
    assert all("pooling" in values for values in later)
    after = resumed(oracle, name, branched())
    assert begin(after).hyperparameters.values == begin(oracle).hyperparameters.values


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


def test_it_is_a_real_oracle(name: str) -> None:
    assert isinstance(made(name, branched()), keras_tuner.Oracle)
