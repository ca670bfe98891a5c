"""What a search costs beside training: overhead a trial, share of the workers' time spent in fit, growth of a worker.

    python tests/benchmarks/search/overhead.py                          # overhead a trial, against Ray Tune's defaults
    python tests/benchmarks/search/overhead.py --what share             # 24 trials of about 10 s on two workers
    python tests/benchmarks/search/overhead.py --what memory            # one worker, 100 trials
    python tests/benchmarks/search/overhead.py --what hyperband         # worker processes over its waits for a rung

Real Ray, a sample of 250 galaxies at 32×32 pixels, a network of one hidden layer, two epochs. The workers note when
each building, training (its tracing counted in) and validation begins and ends: these are *fit*; what lies between
them, from the first to the last, is overhead: checkpoints, reports, records, suggestions, and what Ray does.
The peer trains the same networks by the same trainer in a Ray Tune function with default settings, and so in a new
process for each trial. For ``share`` each epoch is drawn out by sleeping in it, so that a busy machine does not matter.
"""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cluster import run_search
from datasets import ImportOptions, import_dataset, render_sample
from search import SearchSettings

_MODULE = '''
"""Imported by each worker: a tiny space, and notes of what the trainer does and when."""
import os
import time
from functools import wraps
from pathlib import Path
import keras
import psutil
import trainer.fitting.run
from trainer.fitting.loop import TrainingLoop

NOTES = Path(__file__).with_name("notes")
NOTES.mkdir(exist_ok=True)
EPOCH_SECONDS = float(os.environ.get("EPOCH_SECONDS", "0"))

def noted(function, least=0.0):
    @wraps(function)
    def call(*args, **kwargs):
        began = time.time()
        result = function(*args, **kwargs)
        time.sleep(max(0.0, began + least - time.time()))
        ended, process = time.time(), psutil.Process()
        note = function.__name__, began, ended, process.memory_info().rss, process.create_time()
        with (NOTES / f"{process.pid}").open("a") as file:
            file.write(" ".join(map(str, note)) + "\\n")
        return result
    return call

if not hasattr(TrainingLoop.train, "__wrapped__"):
    trainer.fitting.run.build_model = noted(trainer.fitting.run.build_model)
    TrainingLoop.train = noted(TrainingLoop.train, EPOCH_SECONDS)
    TrainingLoop.validate = noted(TrainingLoop.validate)

def network(units):
    model = keras.Sequential([
        keras.layers.Input((32, 32, 3)),
        keras.layers.AveragePooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dense(5, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

def build(hp):
    return network(hp.Int("units", 2, 2000))
'''


@dataclass(frozen=True)
class Note:
    """What one worker did once: times in seconds since the epoch, ``resident`` in bytes."""

    what: str
    began: float
    ended: float
    resident: int
    born: float


@dataclass(frozen=True)
class Notes:
    """The notes of each worker process, in order."""

    workers: tuple[tuple[Note, ...], ...]

    @property
    def all(self) -> list[Note]:
        return sorted((note for worker in self.workers for note in worker), key=lambda note: note.began)

    @property
    def trials(self) -> int:
        return sum(note.what == "build_model" for note in self.all)

    @property
    def fit(self) -> float:
        return sum(note.ended - note.began for note in self.all)

    def overhead(self) -> float:
        """Seconds a trial that one worker after another spent beside fit, from the first note to the last."""
        return (self.all[-1].ended - self.all[0].began - self.fit) / (self.trials - 1)

    def share(self, *, from_birth: bool) -> float:
        """Share of the workers' time spent in fit, from each one's start or its first trial to its last."""
        spent = sum(worker[-1].ended - (worker[0].born if from_birth else worker[0].began) for worker in self.workers)
        return self.fit / spent

    def between_trials(self) -> list[float]:
        """Seconds from the end of each trial to the beginning of the next one on the same worker."""
        gaps = []
        for worker in self.workers:
            for before, after in itertools.pairwise(worker):
                if after.what == "build_model":
                    gaps.append(after.began - before.ended)
        return gaps


def read_notes(folder: Path) -> Notes:
    """Read and take away what the workers have noted; this process's own dry run does not count."""
    found = defaultdict(list)
    for path in (folder / "notes").iterdir():
        for line in path.read_text().splitlines():
            what, began, ended, resident, born = line.split()
            found[path.name].append(Note(what, float(began), float(ended), int(resident), float(born)))
        path.unlink()
    found.pop(str(os.getpid()), None)
    return Notes(tuple(tuple(worker) for worker in found.values()))


def searched(
    folder: Path, name: str, *, trials: int, epochs: int = 2, concurrency: int = 1, oracle: str = "tpe"
) -> Notes:
    """Run a search on a Ray of its own; return what its workers noted."""
    settings = SearchSettings(
        name=name,
        oracle=oracle,
        scheduler="none",
        trials=trials,
        epochs=epochs,
        concurrency=concurrency,
        hypermodel="noting:build",
    )
    run_search("d", settings)
    return read_notes(folder)


def by_ray_tune(folder: Path, *, trials: int) -> Notes:
    """Train as many networks in a Ray Tune function with default settings, one at a time."""
    import ray
    from ray import tune

    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        tune.Tuner(
            partial(_tune_function, folder=folder),
            param_space={"units": tune.randint(2, 2000)},
            tune_config=tune.TuneConfig(num_samples=trials, max_concurrent_trials=1),
            run_config=tune.RunConfig(storage_path=str(folder / "tune"), verbose=0),
        ).fit()
    finally:
        ray.shutdown()
    return read_notes(folder)


def _tune_function(config: dict[str, Any], *, folder: Path) -> None:
    sys.path.insert(0, str(folder))
    import noting  # type: ignore[import-not-found]
    from ray import tune

    from datasets import Dataset, open_folder
    from trainer import Objective, TrainingOptions, TrainingRun

    run = TrainingRun(
        partial(noting.network, config["units"]),
        Dataset.open(folder / "d"),
        TrainingOptions(epochs=2),
        objective=Objective("val_macro_f1", "max"),
        seed=1,
        checkpoints=open_folder(folder / "checkpoints" / str(config["units"])),
    )
    while not run.finished:
        report = run.step()
        tune.report({"score": report.metrics["val_macro_f1"]})


def timed_suggestions() -> list[float]:
    """Return a list that how long each suggestion blocked Tune's loop, while a trial ran, is added to."""
    from cluster.driving.searcher import ConductorSearcher

    real, waits = ConductorSearcher.suggest, list[float]()

    def suggest(searcher: ConductorSearcher, trial_id: str) -> Any:
        running, began = bool(searcher._trials), time.monotonic()
        result = real(searcher, trial_id)
        if running:
            waits.append(time.monotonic() - began)
        return result

    ConductorSearcher.suggest = suggest  # type: ignore[method-assign]
    return waits


def overhead(folder: Path, trials: int) -> None:
    ours = searched(folder, "overhead", trials=trials)
    say(f"ours: {ours.overhead():.3f} s of overhead a trial, {ours.fit / ours.trials:.2f} s of fit")
    say(f"  between trials {statistics.median(ours.between_trials()):.3f} s (median); {len(ours.workers)} process(es)")
    peer = by_ray_tune(folder, trials=max(3, trials // 4))
    say(f"Ray Tune: {peer.overhead():.3f} s of overhead a trial, {peer.fit / peer.trials:.2f} s of fit")
    say(f"  {len(peer.workers)} processes for {peer.trials} trials; {peer.overhead() / ours.overhead():.0f} times ours")


def share(folder: Path, trials: int) -> None:
    os.environ["EPOCH_SECONDS"] = "4.5"
    waits = timed_suggestions()
    found = searched(folder, "share", trials=trials, concurrency=2)
    say(f"{found.trials} trials of {found.fit / found.trials:.1f} s on {len(found.workers)} workers in fit:")
    say(f"  {found.share(from_birth=False):.1%} of their time from each one's first trial to its last,")
    say(f"  {found.share(from_birth=True):.1%} with the start of the processes and the import of TensorFlow")
    say(f"  longest wait of Tune's loop for a suggestion while a trial ran: {max(waits, default=0.0):.3f} s")


def memory(folder: Path, trials: int) -> None:
    found = searched(folder, "memory", trials=trials, epochs=1)
    after = [note.resident / 2**20 for note in found.all if note.what == "validate"]
    say(f"resident after 10 trials {after[9]:.0f} MiB, after {len(after)} {after[-1]:.0f}: x{after[-1] / after[9]:.2f}")
    say(f"  largest {max(after) / after[9]:.2f} times that after 10; {len(found.workers)} process(es)")


def hyperband(folder: Path, trials: int) -> None:
    for concurrency in (2, 4):
        found = searched(
            folder, f"by-{concurrency}", trials=trials, epochs=9, concurrency=concurrency, oracle="hyperband"
        )
        say(f"hyperband: {found.trials} trials, {concurrency} at a time, on {len(found.workers)} processes in all")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def prepare(folder: Path) -> None:
    (folder / "noting.py").write_text(_MODULE)
    render_sample(folder / "s", count=250, seed=1)
    import_dataset(folder / "s", folder / "d", ImportOptions(image_size=32))
    os.chdir(folder)
    sys.path.insert(0, str(folder))


def main() -> None:
    kinds: dict[str, tuple[Callable[[Path, int], None], int]] = {
        "overhead": (overhead, 16),
        "share": (share, 24),
        "memory": (memory, 100),
        "hyperband": (hyperband, 23),
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=kinds, default="overhead")
    parser.add_argument("--trials", type=int, help="how many, by default as the text above says")
    options = parser.parse_args()
    # Ray puts its workers behind everything else on the machine (nice 15): beside other work that would be measured.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    run, count = kinds[options.what]
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        run(Path(folder), options.trials or count)


if __name__ == "__main__":
    main()
