"""How good Bayesian suggestions are, against Keras Tuner's own oracle: the criterion's minimum, and simple regret.

Run from the repository's root: ``python tests/benchmarks/search/bayesian_quality.py acquisition [--states 200]`` or
``… regret [--seeds 10] [--trials 60] [--functions branin hartmann6] [--output regret.json]``; with an output file, what
it holds already is not run again. One BLAS thread.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import argparse
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial

from search import BayesianOracle
from search.oracles.gaussian_process import Floats, Posterior

Peer = keras_tuner.oracles.BayesianOptimizationOracle
KINDS = {"ours": BayesianOracle, "peer": Peer}


def branin(x: Floats) -> float:
    """Branin's function over the unit square; its minimum is 0.397887 (Dixon and Szegő, 1978)."""
    a, b = 15.0 * x[0] - 5.0, 15.0 * x[1]
    bowl = (b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6) ** 2
    return float(bowl + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10)


def hartmann6(x: Floats) -> float:
    """Hartmann's function in six dimensions; its minimum is −3.32237 (Dixon and Szegő, 1978)."""
    a = np.array(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    )
    p = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    return float(-np.array([1.0, 1.2, 3.0, 3.2]) @ np.exp(-(a * (x - p) ** 2).sum(axis=1)))


FUNCTIONS = {"branin": (branin, 2, 0.397887), "hartmann6": (hartmann6, 6, -3.32237)}


def space(dimensions: int) -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    for dimension in range(dimensions):
        hp.Float(f"x{dimension}", 0.0, 1.0)
    return hp


def oracle(kind: str, dimensions: int, *, seed: int) -> keras_tuner.Oracle:
    made = KINDS[kind](
        objective=keras_tuner.Objective("score", "min"), hyperparameters=space(dimensions), max_trials=1000, seed=seed
    )
    made.verbose, made.save, made._save_trial = 0, lambda: None, lambda _: None
    return made


def point(values: dict[str, Any]) -> Floats:
    return np.array([values[f"x{dimension}"] for dimension in range(len(values))])


def learn(made: keras_tuner.Oracle, points: Floats, scores: Floats) -> None:
    for number, (place, score) in enumerate(zip(points, scores, strict=True)):
        own = made.hyperparameters.copy()
        own.values = {f"x{dimension}": float(value) for dimension, value in enumerate(place)}
        trial = Trial(own, trial_id=f"{number:04d}", status="COMPLETED")
        trial.score = float(score)
        made.trials[trial.trial_id] = trial


def observations(state: int) -> tuple[Floats, Floats]:
    """Return points and scores of a random kind, size and dimension, derived from ``state``."""
    generator = np.random.default_rng(state)
    dimensions, count = int(generator.integers(2, 11)), int(generator.integers(30, 200))
    points, optimum = generator.random((count, dimensions)), generator.random(dimensions)
    distances = points - optimum
    scores = {
        0: lambda: (distances**2).sum(axis=1),
        1: lambda: np.sin(6 * distances).sum(axis=1),
        2: lambda: -np.exp(-4 * (distances**2).sum(axis=1)),
        3: lambda: np.abs(distances).sum(axis=1) + np.cos(12 * distances[:, 0]),
    }[state % 4]()
    return points, scores + generator.choice([0.0, 0.05]) * generator.normal(size=count)


def acquisition(states: int) -> None:
    """Let both minimise the criterion of the process that the peer fitted; both points are judged by the peer's own."""
    better, equal, likelier = 0, 0, 0
    for state in range(states):
        points, scores = observations(state)
        dimensions = points.shape[1]
        peer, ours = oracle("peer", dimensions, seed=state + 1), oracle("ours", dimensions, seed=state + 1)
        learn(peer, points, scores)
        learn(ours, points, scores)
        theirs = point(peer.populate_space("next")["values"])
        length = float(peer.gpr.kernel_.length_scale)
        posterior = Posterior.given(points, scores, length=length, noise=peer.alpha)
        mine = ours.best_points(posterior)[0][0]
        bounds = [mean - peer.beta * deviation for mean, deviation in [judged(peer, mine), judged(peer, theirs)]]
        scale = float(np.std(scores))
        better += bounds[0] < bounds[1] - 1e-6 * scale
        equal += abs(bounds[0] - bounds[1]) <= 1e-6 * scale
        own = np.log(ours._posterior(list(ours.trials.values()), []).length)
        found = peer.gpr.log_marginal_likelihood([own])
        likelier += found >= peer.gpr.log_marginal_likelihood_value_ - 1e-3
        if (state + 1) % 10 == 0 or state + 1 == states:
            sys.stdout.write(
                f"{state + 1} states: acquisition better in {better}, equal in {equal}, "
                f"worse in {state + 1 - better - equal}; likelihood as great in {likelier}\n"
            )
            sys.stdout.flush()


def judged(peer: keras_tuner.Oracle, place: Floats) -> tuple[float, float]:
    mean, deviation = peer.gpr.predict(place.reshape(1, -1), return_std=True)
    return float(mean[0]), float(deviation[0])


def regret(kind: str, name: str, *, seed: int, trials: int) -> float:
    function, dimensions, minimum = FUNCTIONS[name]
    made = oracle(kind, dimensions, seed=seed)
    best = np.inf
    for _ in range(trials):
        trial = made.create_trial("tuner")
        score = function(point(trial.hyperparameters.values))
        best = min(best, score)
        made.update_trial(trial.trial_id, {"score": score})
        trial.status = "COMPLETED"
        made.end_trial(trial)
    return float(best - minimum)


def regrets(functions: list[str], *, seeds: int, trials: int, output: Path | None) -> None:
    known: dict[str, float] = json.loads(output.read_text()) if output and output.exists() else {}
    for name in functions:
        found: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for seed in range(1, seeds + 1):
            for kind in KINDS:
                key = f"{name}/{kind}/{seed}/{trials}"
                if key not in known:
                    known[key] = regret(kind, name, seed=seed, trials=trials)
                    if output:
                        output.write_text(json.dumps(known, indent=1))
                found[kind].append(known[key])
        medians = ", ".join(
            f"{kind} {np.median(values):.2e} (worst {max(values):.2e})" for kind, values in found.items()
        )
        sys.stdout.write(f"{name}, {trials} trials, {seeds} seeds: median regret {medians}\n")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["acquisition", "regret"])
    parser.add_argument("--states", type=int, default=200)
    parser.add_argument("--functions", nargs="+", choices=list(FUNCTIONS), default=list(FUNCTIONS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    # scikit-learn's optimiser and Keras Tuner's use of threading report what is of no interest here.
    warnings.simplefilter("ignore")
    if options.what == "acquisition":
        acquisition(options.states)
    else:
        regrets(options.functions, seeds=options.seeds, trials=options.trials, output=options.output)


if __name__ == "__main__":
    main()
