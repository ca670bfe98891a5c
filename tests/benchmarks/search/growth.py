"""CPU time of reading, resuming, suggesting and telling in searches of 200, 2,000 and 10,000 finished trials.

Run from the repository's root: ``python tests/benchmarks/search/growth.py [--trials 200 2000 10000]``. The searches are
written straight to a folder: 20 epochs of history and 8 hyperparameters a trial. ``leaderboard`` is a whole process of
the command, imports counted in. Resuming is the conductor's part (ledger read, oracle rebuilt) and the scheduler's;
suggesting and telling are the conductor's, with all that they write.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import argparse
import itertools
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import keras_tuner
import optuna

from cluster.driving.scheduling import make_scheduler
from datasets import open_folder
from search import (
    Conductor,
    Ledger,
    Record,
    SearchLayout,
    SearchSettings,
    SearchSpecification,
    SearchState,
    Suggestion,
    TrialState,
    create_search,
    make_oracle,
)

sys.path.insert(0, str(Path(__file__).parents[2]))
from search_tests import examples

GALAXY = str(Path(sys.executable).with_name("galaxy"))
EPOCHS, REPEATS = 20, 20
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy", "val_macro_f1", "val_balanced_accuracy")


class Forgetful(Ledger):
    """Takes no note of an oracle that is told of thousands of trials at once."""

    def write_oracle(self, state: dict[str, Any]) -> None:
        pass


def space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    for number in range(8):
        hp.Float(f"x{number}", 0.0, 1.0)
    return hp


def specification(name: str, trials: int, oracle: str) -> SearchSpecification:
    return examples.specification(
        SearchSettings(name=name, trials=trials + 10 * REPEATS, epochs=EPOCHS, oracle=oracle),
        created="2026-01-02T03:00:00.000+00:00",
    )


def ended(suggestion: Suggestion, number: int, chance: random.Random) -> Record:
    """Make the record of a completed trial, ``number`` seconds after the search's start."""
    history = {metric: [chance.random() for _ in range(EPOCHS)] for metric in METRICS}
    best = max(range(EPOCHS), key=history["val_macro_f1"].__getitem__)
    when = f"2026-01-02T{3 + number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000+00:00"
    return Record(
        trial_id=suggestion.trial_id,
        state=TrialState.COMPLETED,
        hyperparameters=suggestion.hyperparameters,
        score=history["val_macro_f1"][best],
        epochs=EPOCHS,
        best_epoch=best + 1,
        metrics={metric: values[best] for metric, values in history.items()},
        history=history,
        seconds=12.5,
        started=when,
        ended=when,
    )


def fill(layout: SearchLayout, asked: SearchSpecification, count: int) -> None:
    """Write a finished search of ``count`` trials, as its driver would have left it."""
    create_search(layout, asked)
    ledger, chance = Ledger(layout), random.Random(1)
    for number in range(count):
        values: dict[str, Any] = {f"x{position}": chance.random() for position in range(8)}
        suggestion = Suggestion(trial_id=f"{number:04d}", values=values, seed=1 + number, suggested=asked.created)
        ledger.write_suggestion(suggestion)
        ledger.write_record(ended(suggestion, number, chance))
    ledger.write_state(SearchState.FINISHED)


def cpu() -> float:
    return time.process_time()


def leaderboard(storage: str, name: str, *options: str) -> float:
    """Return the CPU seconds of a whole ``galaxy leaderboard``, children counted."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [GALAXY, "leaderboard", name, "--storage", storage, *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(storage: str, count: int, oracle_name: str) -> dict[str, float]:
    """Return CPU seconds by what they were spent on, for a search of ``count`` trials."""
    name = f"{oracle_name}-{count}"
    asked, layout = specification(name, count, oracle_name), SearchLayout(open_folder(storage).child(name))
    fill(layout, asked, count)
    found: dict[str, float] = {}
    oracle = make_oracle(oracle_name, hyperparameters=space(), objective=asked.objective, max_trials=1, seed=1)
    Conductor.resumed(asked, Forgetful(layout), oracle)
    Ledger(layout).write_oracle(oracle.get_state())
    began = cpu()
    oracle = make_oracle(oracle_name, hyperparameters=space(), objective=asked.objective, max_trials=1, seed=1)
    conductor = Conductor.resumed(asked, Ledger(layout), oracle)
    found["resume"] = cpu() - began
    began = cpu()
    make_scheduler(asked, conductor.records())
    found["scheduler"] = cpu() - began
    chance, suggesting, telling = random.Random(2), [], []
    for number in range(REPEATS):
        began = cpu()
        suggestion = conductor.suggest()
        suggesting.append(cpu() - began)
        assert isinstance(suggestion, Suggestion)
        record = ended(suggestion, count + number, chance)
        began = cpu()
        conductor.end(record)
        telling.append(cpu() - began)
    found["suggest"], found["tell"] = statistics.median(suggesting), statistics.median(telling)
    found["leaderboard"] = leaderboard(storage, name)
    found["leaderboard --json"] = leaderboard(storage, name, "--json")
    found["leaderboard --json --history"] = leaderboard(storage, name, "--json", "--history")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[200, 2000, 10000])
    parser.add_argument("--oracle", default="tpe")
    options = parser.parse_args()
    # Keras Tuner uses deprecated names of threading.
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as storage:
        found = {count: measure(storage, count, options.oracle) for count in options.trials}
    for what in found[options.trials[0]]:
        seconds = [found[count][what] for count in options.trials]
        ratios = [f"x{after / before:.1f}" for before, after in itertools.pairwise(seconds)]
        sys.stdout.write(f"{what:30s} " + json.dumps([round(second, 4) for second in seconds]) + f" {ratios}\n")


if __name__ == "__main__":
    main()
