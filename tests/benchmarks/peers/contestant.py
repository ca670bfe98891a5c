"""One contestant, in a process of its own: ``python -m benchmarks.peers.contestant FOLDER``.

FOLDER has ``job.json``: contestant, mode, dataset, epochs, seed, and the seconds of the clock for who asks for them. It
searches until it is ended from outside; called again, it goes on as its documentation has it. Noted beside is how long
each suggestion took.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from benchmarks.peers.jobs import GALAXY, RAY_TUNE, SAME

JOB, SUGGESTIONS, SEARCH = "job.json", "suggestions.txt", "search"
_STARTS = 3
"""Of Ray, on a machine that is too busy."""


def main() -> None:
    folder = Path(sys.argv[1]).absolute()
    job = json.loads((folder / JOB).read_text())
    own = job["contestant"].replace("-", "_")
    place = folder / SEARCH
    place.mkdir(exist_ok=True)
    note_suggestions(folder / SUGGESTIONS, job["contestant"])
    options = {"seed": job["seed"], "epochs": job["epochs"]}
    if job["contestant"] == RAY_TUNE:
        start_ray()
    if job["mode"] == SAME:
        module = importlib.import_module("benchmarks.peers.contestants.our_trainer")
        search = getattr(module, f"search_with_{own}")
    else:
        search = importlib.import_module(f"benchmarks.peers.contestants.with_{own}").search
        if job["contestant"] == GALAXY:
            options = {"seed": job["seed"], "seconds": job["seconds"]}
    search(job["dataset"], str(place), **options)


def start_ray() -> None:
    """Start a Ray of its own: by itself the peer would join any that the machine has."""
    import ray

    for left in reversed(range(_STARTS)):
        try:
            ray.init("local")
            return
        except Exception as error:  # it has no class of its own for that; it gives its start 30 s
            if left == 0 or "timed out during startup" not in str(error):
                raise
            ray.shutdown()


def note_suggestions(file: Path, contestant: str) -> None:
    """From now on write the seconds of each suggestion to ``file``, a line each."""
    if contestant == RAY_TUNE:
        from ray.tune.search.optuna import OptunaSearch

        OptunaSearch.suggest = _noted(OptunaSearch.suggest, file)
    else:
        from keras_tuner.engine.oracle import Oracle

        Oracle.create_trial = _noted(Oracle.create_trial, file)


def _noted(suggest: Callable, file: Path) -> Callable:
    @wraps(suggest)
    def noted(*given: object, **named: object) -> object:
        began = time.perf_counter()
        found = suggest(*given, **named)
        with file.open("a") as notes:
            notes.write(f"{time.perf_counter() - began:.6f}\n")
        return found

    return noted


if __name__ == "__main__":
    main()
