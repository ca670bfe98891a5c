"""The oracles of a search by their names, driven as `search.testing` does."""

import keras_tuner

from search import make_oracle
from search.testing.driving import kept, searched, taken_up, trials
from search.values import Values
from trainer import Objective

NAMES = ["tpe", "bayesian", "random", "grid", "hyperband"]
OBJECTIVE = Objective("val_macro_f1", "max")


def made(name: str, hp: keras_tuner.HyperParameters, *, seed: int = 7) -> keras_tuner.Oracle:
    return make_oracle(name, hyperparameters=hp, objective=OBJECTIVE, max_trials=1, seed=seed)


def run(oracle: keras_tuner.Oracle, count: int) -> list[Values]:
    """Run ``count`` trials, two at a time, and leave the last one running; return their values."""
    return [searched(trial) for trial in trials(oracle, count, at_a_time=1)]


def resumed(oracle: keras_tuner.Oracle, name: str, hp: keras_tuner.HyperParameters) -> keras_tuner.Oracle:
    """Return a new oracle that goes on from what JSON keeps of ``oracle``."""
    return taken_up(made(name, hp, seed=99), kept(oracle))
