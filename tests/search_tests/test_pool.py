"""An oracle that has a pool chooses of it alone, by its own judgement."""

from itertools import count as count_from

import keras_tuner
import pytest
from keras_tuner.engine.trial import TrialStatus

from search import make_oracle, random_point
from search.space.typed_space import TypedSpace
from search.testing.driving import OBJECTIVE, begin, end, score, searched
from search.values import Values
from trainer import Objective

_LEARNING = ("tpe", "bayesian")


def _space() -> keras_tuner.HyperParameters:
    space = TypedSpace()
    space.Int("size", 1, 100)
    space.Choice("kind", ["plain", "deep"], default="plain")
    with space.conditional_scope("kind", ["deep"]):
        space.Float("depth", 0.0, 100.0)
    return space


def _pool(space: keras_tuner.HyperParameters, count: int) -> list[Values]:
    pool: list[Values] = []
    for seed in count_from(1):
        values = random_point(space, seed=10 * seed)
        if values not in pool:
            pool.append(values)
        if len(pool) == count:
            return pool
    raise AssertionError


def _oracle(name: str, seed: int = 1) -> keras_tuner.Oracle:
    return make_oracle(
        name,
        hyperparameters=_space(),
        objective=Objective(OBJECTIVE, "max"),
        max_trials=None,
        seed=seed,
        max_epochs=9,
    )


@pytest.mark.parametrize("name", ["random", "tpe", "bayesian", "hyperband"])
def test_all_of_the_pool_is_tried_nothing_else_and_nothing_twice(name: str) -> None:
    oracle, pool = _oracle(name), _pool(_space(), 25)
    oracle.pool = pool
    tried = []
    while (trial := begin(oracle)).status == TrialStatus.RUNNING:
        if "tuner/trial_id" not in trial.hyperparameters.values:
            tried.append(searched(trial))
        end(oracle, trial)
    assert trial.status == TrialStatus.STOPPED
    assert all(values in pool for values in tried)
    if name == "hyperband":  # which has a count of its own
        assert len({str(values) for values in tried}) == len(tried) == 17
    else:
        assert sorted(map(str, tried)) == sorted(map(str, pool))


@pytest.mark.parametrize("name", _LEARNING)
def test_what_is_like_the_best_is_chosen_earlier(name: str) -> None:
    """`score` is best at 20: among a hundred the learning oracle finds more of the best than come by chance."""
    pool = _pool(_space(), 100)
    best = sorted(pool, key=score, reverse=True)[:20]
    found = 0
    for seed in (1, 2, 3):
        oracle = _oracle(name, seed)
        oracle.pool = pool
        for _ in range(30):
            trial = begin(oracle)
            found += searched(trial) in best
            end(oracle, trial)
    # By chance 30 of 100 hold 6 of the best 20; 18 of three runs.
    assert found > 27, found


@pytest.mark.parametrize("name", _LEARNING)
def test_the_same_seed_chooses_alike(name: str) -> None:
    def chosen() -> list[Values]:
        oracle, found = _oracle(name), []
        oracle.pool = _pool(_space(), 40)
        for _ in range(20):
            found.append(searched(trial := begin(oracle)))
            end(oracle, trial)
        return found

    assert chosen() == chosen()
