"""Our oracles in a tuner of Keras Tuner's, with its own files, retries and failures."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from search import BayesianOracle, GridOracle, HyperbandOracle, RandomOracle, TPEOracle
from search.testing.driving import score, searched

MAKERS: dict[str, Callable[..., keras_tuner.Oracle]] = {
    "tpe": lambda **arguments: TPEOracle(num_initial_points=4, **arguments),
    "bayesian": lambda **arguments: BayesianOracle(num_initial_points=4, **arguments),
    "random": RandomOracle,
    "grid": GridOracle,
    # It counts its trials by itself: as many as epochs where those are few.
    "hyperband": lambda max_trials, **arguments: HyperbandOracle(max_epochs=max_trials, **arguments),
}
OBJECTIVE = keras_tuner.Objective("loss", "min")
pytestmark = pytest.mark.parametrize("name", MAKERS)


def build(hp: keras_tuner.HyperParameters) -> keras.Model:
    units = hp.Int("units", 2, 8, step=2, sampling="log", default=np.int64(4))
    if hp.Boolean("deep"):
        # Nothing declares it before a trial meets it.
        hp.Float("dropout", 0.0, 0.5, default=np.float32(0.25))
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(hp.Float("rate", 1e-3, 1e-1, sampling="log")), "mse")
    return model


def test_a_tuner_searches_and_its_next_run_goes_on(name: str, tmp_path: Path) -> None:
    def search(trials: int) -> keras_tuner.Tuner:
        oracle = MAKERS[name](objective=OBJECTIVE, max_trials=trials, seed=3)
        tuner = keras_tuner.Tuner(oracle, build, directory=tmp_path, project_name="mine")
        images, labels = np.ones((8, 4), "float32"), np.ones((8, 1), "float32")
        tuner.search(images, labels, epochs=1, batch_size=8, verbose=0)
        return tuner

    first, second = search(2), search(3)
    known = {trial.trial_id: trial.hyperparameters.values for trial in first.oracle.trials.values()}
    again = {trial.trial_id: trial.hyperparameters.values for trial in second.oracle.trials.values()}
    assert again.items() >= known.items()
    assert len(again) == (2 if name == "hyperband" else 3)
    assert second.get_best_models()[0].count_params() > 0


class Interrupted(keras_tuner.errors.FatalError):  # type: ignore[misc]
    pass


class Tuner(keras_tuner.Tuner):  # type: ignore[misc]
    """Trains nothing. Each third trial fails at first, each fifth for good; one may be interrupted."""

    def __init__(self, *args: object, interrupted: str | None = None, **kwargs: object) -> None:
        self.interrupted, self.runs = interrupted, list[str]()
        super().__init__(*args, **kwargs)

    def run_trial(self, trial: Any, *args: object, **kwargs: object) -> float:
        if trial.trial_id == self.interrupted:
            raise Interrupted
        self.runs.append(trial.trial_id)
        if int(trial.trial_id) % 5 == 4:
            raise ValueError("cannot be built")
        if int(trial.trial_id) % 3 == 2 and self.runs.count(trial.trial_id) == 1:
            raise ValueError("passes")
        hp = trial.hyperparameters
        if hp.Boolean("deep", default=True):
            hp.Float("dropout", 0.0, 0.5, step=np.float32(0.25), default=np.float32(0.25))
        hp.Int("units", 2, 8, step=2, sampling="log", default=np.int64(4))
        return -score(searched(trial))


def tuner(name: str, folder: Path, *, interrupted: str | None = None) -> Tuner:
    oracle = MAKERS[name](objective=None, max_trials=12, seed=3, max_retries_per_trial=1)
    return Tuner(oracle, directory=folder, project_name="mine", interrupted=interrupted)


def values(tuner: Tuner) -> dict[str, object]:
    return {
        trial.trial_id: (trial.status, repr(trial.hyperparameters.values)) for trial in tuner.oracle.trials.values()
    }


def test_a_tuner_that_was_interrupted_goes_on_as_if_it_had_not_been(name: str, tmp_path: Path) -> None:
    whole = tuner(name, tmp_path / "whole")
    whole.search(verbose=0)
    assert {whole.runs.count(trial) for trial in whole.oracle.trials} == {1, 2}
    assert {trial.status for trial in whole.oracle.trials.values()} == {"COMPLETED", "FAILED"}
    part = tuner(name, tmp_path / "part", interrupted=whole.runs[-3])
    with contextlib.suppress(Interrupted):
        part.search(verbose=0)
    assert part.runs == whole.runs[: len(part.runs)]
    rest = tuner(name, tmp_path / "part")
    rest.search(verbose=0)
    assert rest.runs[0] == part.interrupted
    assert values(rest) == values(whole)
