import warnings

import keras_tuner
import optuna
import pytest
from search_tests.oracle_driving import made, run

from search import TPEOracle
from search.oracles.leaving_out import leave_out
from search.testing.driving import begin
from search.testing.kinds import branched

HyperParameters = keras_tuner.HyperParameters


def two_floats() -> HyperParameters:
    hp = HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Float("y", 0.0, 1.0)
    return hp


def best(oracle: keras_tuner.Oracle, count: int) -> float:
    """Return the best of ``count`` trials of a bowl around (0.7, 0.2)."""
    found = -10.0
    for _ in range(count):
        trial = begin(oracle)
        values = trial.hyperparameters.values
        value = -((values["x"] - 0.7) ** 2) - (values["y"] - 0.2) ** 2
        found = max(found, value)
        oracle.update_trial(trial.trial_id, {"val_macro_f1": value})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    return found


def test_it_learns_what_random_search_does_not() -> None:
    ours = sorted(best(made("tpe", two_floats(), seed=seed), 50) for seed in range(1, 6))
    random = sorted(best(made("random", two_floats(), seed=seed), 50) for seed in range(1, 6))
    assert ours[2] > random[2]


def test_it_minimises_where_less_is_better() -> None:
    oracle = TPEOracle(objective=keras_tuner.Objective("loss", "min"), hyperparameters=two_floats(), seed=1)
    oracle.verbose, oracle.max_trials, oracle.save, oracle._save_trial = 0, None, lambda: None, lambda _: None
    later = []
    for _ in range(60):
        trial = begin(oracle)
        later.append(trial.hyperparameters.values["x"])
        oracle.update_trial(trial.trial_id, {"loss": later[-1]})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    assert sum(later[-20:]) / 20 < 0.2


def test_running_trials_spread_out() -> None:
    oracle = made("tpe", two_floats())
    best(oracle, 40)
    points = [begin(oracle).hyperparameters.values for _ in range(8)]
    gaps = [
        abs(one["x"] - other["x"]) + abs(one["y"] - other["y"])
        for number, one in enumerate(points)
        for other in points[:number]
    ]
    assert min(gaps) > 1e-3


def test_it_avoids_what_fails() -> None:
    oracle = made("tpe", two_floats())
    chosen = []
    for _ in range(80):
        trial = begin(oracle)
        x = trial.hyperparameters.values["x"]
        chosen.append(x)
        if x < 0.5:
            trial.status = "FAILED"
        else:
            oracle.update_trial(trial.trial_id, {"val_macro_f1": 0.5})
            trial.status = "COMPLETED"
        oracle.end_trial(trial)
    assert sum(x < 0.5 for x in chosen[-40:]) < 12


@pytest.mark.parametrize("learns_again", [False, True])
def test_what_was_cut_before_it_had_a_score_is_to_it_as_if_it_had_never_been(learns_again: bool) -> None:
    oracle, without = made("tpe", two_floats()), made("tpe", two_floats())
    best(oracle, 20)
    cut = begin(oracle)
    begin(oracle)
    leave_out(oracle, cut)
    state = oracle.get_state()
    if learns_again:
        oracle.set_state(state)
    without.trials = {name: trial for name, trial in oracle.trials.items() if trial is not cut}
    order = [name for name in state["start_order"] if name != cut.trial_id]
    without.set_state(state | {"start_order": order})
    assert oracle.populate_space("next") == without.populate_space("next")


def test_trials_put_in_by_others_are_learned_from() -> None:
    told, other = made("tpe", branched()), made("tpe", branched())
    run(told, 30)
    other.trials = dict(told.trials)
    assert begin(other).hyperparameters.values != begin(made("tpe", branched())).hyperparameters.values


def test_a_trial_that_is_tried_again_is_told_once() -> None:
    oracle = made("tpe", two_floats())
    oracle.max_retries_per_trial = 1
    trial = begin(oracle)
    trial.status = "INVALID"
    oracle.end_trial(trial)
    again = begin(oracle)
    assert again.trial_id == trial.trial_id
    oracle.update_trial(again.trial_id, {"val_macro_f1": 0.5})
    again.status = "COMPLETED"
    oracle.end_trial(again)
    assert oracle.trials[trial.trial_id].status == "COMPLETED"


def test_optuna_neither_warns_nor_prints_and_keeps_its_settings(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", r"(currentThread|getName)\(\) is deprecated", DeprecationWarning)
        run(made("tpe", branched()), 15)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before
