"""CPU time of a TPE suggestion, against Optuna's own ``ask`` on the same study, and of telling it a result.

Run from the repository's root: ``python tests/benchmarks/search/tpe_speed.py [--trials 200 2000] [--repeats 30]``. One
BLAS thread; ours and Optuna's are taken in turns. Ours is the oracle's whole ``create_trial`` and ``end_trial``, files
left out; Optuna's is ``ask`` with all ten distributions, and ``tell``.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import keras_tuner
import numpy as np
import optuna

from search import make_oracle
from trainer import Objective

DIMENSIONS = 10
NAMES = [f"x{dimension}" for dimension in range(DIMENSIONS)]


def space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    for name in NAMES:
        hp.Float(name, 0.0, 1.0)
    return hp


def score(values: dict[str, float]) -> float:
    return -sum((values[name] - 0.3) ** 2 for name in NAMES)


def same_history(count: int) -> tuple[keras_tuner.Oracle, optuna.Study]:
    """Return an oracle and a study of Optuna's that know the same ``count`` finished trials."""
    oracle = make_oracle("tpe", hyperparameters=space(), objective=Objective("score", "max"), max_trials=1, seed=1)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(multivariate=True, group=True, constant_liar=True, seed=1),
    )
    distributions = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in NAMES}
    generator = np.random.default_rng(1)
    for number in range(count):
        values = {name: float(value) for name, value in zip(NAMES, generator.random(DIMENSIONS), strict=True)}
        own = oracle.hyperparameters.copy()
        own.values = values
        trial = keras_tuner.engine.trial.Trial(own, trial_id=f"{number:04d}", status="COMPLETED")
        trial.score = score(values)
        oracle.trials[trial.trial_id] = trial
        study.add_trial(optuna.trial.create_trial(params=values, distributions=distributions, value=trial.score))
    return oracle, study


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = call()
    return time.process_time() - started, result


def measure(count: int, repeats: int) -> None:
    oracle, study = same_history(count)
    distributions = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in NAMES}
    learning, trial = timed(lambda: oracle.create_trial("first"))
    ours, theirs, told = [], [], []
    for number in range(repeats):
        seconds, trial = timed(lambda number=number: oracle.create_trial(f"tuner-{number}"))
        ours.append(seconds)
        seconds, asked = timed(lambda: study.ask(fixed_distributions=distributions))
        theirs.append(seconds)
        study.tell(asked, score(asked.params))
        oracle.update_trial(trial.trial_id, {"score": score(trial.hyperparameters.values)})
        trial.status = "COMPLETED"
        told.append(timed(lambda trial=trial: oracle.end_trial(trial))[0])
    mine, peer = statistics.median(ours), statistics.median(theirs)
    sys.stdout.write(
        f"{count:5d} trials: ours {1e3 * mine:.1f} ms, Optuna's ask {1e3 * peer:.1f} ms, ratio {mine / peer:.2f}; "
        f"telling {1e3 * statistics.median(told):.2f} ms; learning all again once {learning:.2f} s\n"
    )
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[200, 500, 1000, 2000])
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    # Optuna's groups are experimental; Keras Tuner uses deprecated names of threading.
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for count in options.trials:
        measure(count, options.repeats)


if __name__ == "__main__":
    main()
