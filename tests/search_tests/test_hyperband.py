"""Brackets, rounds and promotions, whatever fails on the way."""

import json
from collections import Counter
from typing import Any

import keras_tuner
import pytest
from keras_tuner.engine.trial import Trial
from search_tests.oracle_driving import OBJECTIVE

from search import HyperbandOracle, make_oracle
from search.oracles.leaving_out import leave_out
from search.space.typed_space import TypedSpace
from search.testing.driving import end, searched
from search.testing.kinds import branched, small


def made(hp: keras_tuner.HyperParameters, *, epochs: int = 4) -> HyperbandOracle:
    oracle = make_oracle("hyperband", hyperparameters=hp, objective=OBJECTIVE, max_trials=1, seed=7, max_epochs=epochs)
    assert isinstance(oracle, HyperbandOracle)
    return oracle


def play(
    oracle: keras_tuner.Oracle, *, at_a_time: int = 1, failing: tuple[str, ...] = (), cut: tuple[str, ...] = ()
) -> list[Trial]:
    """Run the oracle to its end, ``at_a_time`` trials beside each other, the oldest ending first; give all trials."""
    trials: list[Trial] = []
    running: list[Trial] = []
    while True:
        trial = oracle.create_trial(f"worker-{len(trials)}")
        if trial.status == "RUNNING":
            trials.append(trial)
            running.append(trial)
            if len(running) < at_a_time:
                continue
        elif trial.status == "STOPPED":
            assert not running
            return trials
        assert running, "the oracle waits for nobody"
        ended = running.pop(0)
        if ended.trial_id in cut:
            leave_out(oracle, ended)
        else:
            end(oracle, ended, failed=ended.trial_id in failing)


def facts(trials: list[Trial]) -> list[dict[str, Any]]:
    # The parent names the newest bracket, also where it promotes from an older one.
    return [{name: v for name, v in t.hyperparameters.values.items() if name != "tuner/bracket"} for t in trials]


@pytest.mark.parametrize("at_a_time", [1, 3, 8])
@pytest.mark.parametrize("epochs", [4, 9])
def test_where_nothing_fails_it_suggests_what_keras_tuners_does(epochs: int, at_a_time: int) -> None:
    parent = keras_tuner.oracles.HyperbandOracle(
        objective=keras_tuner.Objective(OBJECTIVE.name, "max"),
        hyperparameters=TypedSpace.of(branched()),  # of Keras Tuner's own space it leaves out the greatest value
        seed=7,
        max_epochs=epochs,
    )
    parent.verbose, parent.save, parent._save_trial = 0, lambda: None, lambda _: None
    ours = play(made(branched(), epochs=epochs), at_a_time=at_a_time)
    assert facts(ours) == facts(play(parent, at_a_time=at_a_time))
    assert len(ours) == {4: 10, 9: 23}[epochs]


def test_only_a_promotion_has_the_values_of_another_and_it_goes_on_where_that_ended() -> None:
    trials = play(made(branched(), epochs=9), at_a_time=4)
    by_id = {trial.trial_id: trial for trial in trials}
    roots = [trial for trial in trials if "tuner/trial_id" not in trial.hyperparameters.values]
    assert len({json.dumps(searched(trial), sort_keys=True) for trial in roots}) == len(roots)
    promoted = [trial for trial in trials if "tuner/trial_id" in trial.hyperparameters.values]
    assert promoted
    for trial in promoted:
        parent = by_id[trial.hyperparameters.get("tuner/trial_id")]
        assert searched(trial) == searched(parent)
        assert trial.hyperparameters.get("tuner/initial_epoch") == parent.hyperparameters.get("tuner/epochs")
        assert trial.hyperparameters.get("tuner/bracket") == parent.hyperparameters.get("tuner/bracket")
    assert len({trial.hyperparameters.get("tuner/trial_id") for trial in promoted}) == len(promoted)


def rounds(trials: list[Trial]) -> Counter[tuple[int, int]]:
    return Counter((t.hyperparameters.get("tuner/bracket"), t.hyperparameters.get("tuner/round")) for t in trials)


@pytest.mark.parametrize("at_a_time", [1, 4])
def test_a_failed_trial_counts_as_the_worst_of_its_round(at_a_time: int) -> None:
    whole = rounds(play(made(branched()), at_a_time=at_a_time))
    assert whole == {(1, 0): 5, (1, 1): 2, (0, 0): 3}
    # Keras Tuner's promotes one of these five, and none where two more fail.
    assert rounds(play(made(branched()), at_a_time=at_a_time, failing=("0000",))) == whole
    assert rounds(play(made(branched()), at_a_time=at_a_time, failing=("0000", "0001", "0003"))) == whole


@pytest.mark.parametrize("at_a_time", [1, 2])
def test_what_was_cut_before_it_had_a_score_leaves_its_place_to_another(at_a_time: int) -> None:
    cut = ("0000", "0003", "0007")  # two of the first round, and a promotion
    trials = play(made(branched()), at_a_time=at_a_time, cut=cut)
    assert rounds([trial for trial in trials if trial.trial_id not in cut]) == {(1, 0): 5, (1, 1): 2, (0, 0): 3}
    promoted = trials[7].hyperparameters.values
    assert promoted["tuner/round"] == 1
    parents = [trial.hyperparameters.values.get("tuner/trial_id") for trial in trials if trial.trial_id not in cut]
    assert promoted["tuner/trial_id"] in parents
    assert not {*parents} & {*cut}


@pytest.mark.parametrize("at_a_time", [1, 4])
def test_a_round_without_enough_that_can_go_on_is_smaller_and_nothing_waits_for_the_rest(at_a_time: int) -> None:
    four = rounds(play(made(branched()), at_a_time=at_a_time, failing=("0000", "0001", "0002", "0003")))
    assert four == {(1, 0): 5, (1, 1): 1, (0, 0): 3}
    every = tuple(f"{number:04}" for number in range(30))
    assert rounds(play(made(branched()), at_a_time=at_a_time, failing=every)) == {(1, 0): 5, (0, 0): 3}


def test_in_a_bracket_of_three_rounds_failures_shrink_the_later_ones() -> None:
    failing = tuple(f"{number:04}" for number in range(7))
    found = rounds(play(made(branched(), epochs=9), failing=failing))
    assert found == {(2, 0): 9, (2, 1): 2, (2, 2): 1, (1, 0): 5, (1, 1): 2, (0, 0): 3}


@pytest.mark.parametrize("at_a_time", [1, 5])
def test_a_small_space_is_tried_to_its_last_and_the_best_still_go_on(at_a_time: int) -> None:
    trials = play(made(small(), epochs=27), at_a_time=at_a_time)
    roots = [trial for trial in trials if "tuner/trial_id" not in trial.hyperparameters.values]
    assert len(roots) == 12
    assert max(trial.hyperparameters.get("tuner/epochs") for trial in trials) == 27


def test_a_trial_may_be_promoted_until_its_bracket_has_others() -> None:
    oracle = made(branched())
    first = [oracle.create_trial(f"worker-{number}") for number in range(5)]
    assert all(oracle.may_promote(trial.trial_id) for trial in first)
    end(oracle, first[0], failed=True)
    for trial in first[1:]:
        end(oracle, trial)
    assert [oracle.may_promote(trial.trial_id) for trial in first] == [False, True, True, True, True]
    promoted = [oracle.create_trial(f"worker-{number}") for number in (5, 6)]
    assert {trial.hyperparameters.get("tuner/round") for trial in promoted} == {1}
    assert not any(oracle.may_promote(trial.trial_id) for trial in [*first, *promoted])
