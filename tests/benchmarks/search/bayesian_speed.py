"""CPU time of a Bayesian suggestion in 10 dimensions, against Keras Tuner's own oracle in the same run.

Run from the repository's root: ``python tests/benchmarks/search/bayesian_speed.py [--trials 50 200] [--repeats 3]``.
The peer takes about 30 s a suggestion at 1,000 trials. One BLAS thread each.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import argparse
import statistics
import sys
import time
import warnings

import keras_tuner
import numpy as np

from search import BayesianOracle

DIMENSIONS = 10


def with_trials(kind: type[keras_tuner.Oracle], count: int, *, seed: int) -> keras_tuner.Oracle:
    """Return an oracle that knows ``count`` completed trials of a smooth function with noise."""
    hp = keras_tuner.HyperParameters()
    for dimension in range(DIMENSIONS):
        hp.Float(f"x{dimension}", 0.0, 1.0)
    oracle = kind(objective=keras_tuner.Objective("score", "max"), hyperparameters=hp, max_trials=None, seed=seed)
    generator = np.random.default_rng(seed)
    optimum = generator.random(DIMENSIONS)
    for number in range(count):
        point = generator.random(DIMENSIONS)
        own = hp.copy()
        own.values = {f"x{dimension}": float(value) for dimension, value in enumerate(point)}
        trial = keras_tuner.engine.trial.Trial(own, trial_id=f"{number:04d}", status="COMPLETED")
        trial.score = float(np.exp(-((point - optimum) ** 2).sum()) + generator.normal(scale=0.01))
        oracle.trials[trial.trial_id] = trial
    return oracle


def seconds(oracle: keras_tuner.Oracle) -> float:
    started = time.process_time()
    oracle.populate_space("next")
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[50, 200, 500, 1000])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true", help="time ours only")
    options = parser.parse_args()
    # scikit-learn's optimiser reports failed line searches as warnings.
    warnings.simplefilter("ignore")
    seconds(with_trials(BayesianOracle, 40, seed=1))  # the first call pays for what is loaded late
    for count in options.trials:
        ours, peers = [], []
        for seed in range(1, options.repeats + 1):
            ours += [seconds(with_trials(BayesianOracle, count, seed=seed)) for _ in range(3)]
            if not options.no_peer:
                peers.append(seconds(with_trials(keras_tuner.oracles.BayesianOptimizationOracle, count, seed=seed)))
        mine, peer = statistics.median(ours), statistics.median(peers or [float("nan")])
        sys.stdout.write(f"{count:5d} trials: ours {mine:.4f} s, peer {peer:.3f} s of CPU; ratio {peer / mine:.0f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
