"""Which finishes more epochs an hour on two CPUs: one trial with both, or two trials with one each.

    python tests/benchmarks/trainer/cpus_per_trial.py [--epochs 4] [--repeats 2] [--network plain] [--dataset DATASET]

Each trial is a process of its own whose thread pools are bounded as a worker's (`limit_threads`), trains the built-in
space's default model as a trial does (augmentation, validation, scores, checkpoints), and has traced everything in an
epoch that is not counted. The two ways take turns; the trials of the other way wait meanwhile. Starting a trial is left
out: it uses one CPU whatever the trial has, which speaks for one CPU a trial as well.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from common import rendered_dataset, say

from datasets import Dataset

WAYS = {"one trial with 2 CPUs": (2,), "two trials with 1 CPU each": (1, 1)}
"""CPUs of each trial."""


@dataclass(frozen=True)
class Worker:
    """A process that trains so many epochs whenever it is told to, and says how many seconds it took."""

    process: subprocess.Popen[str]

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def start(cpus: int, options: argparse.Namespace, dataset: Path) -> Worker:
    command = [sys.executable, __file__, "--worker", str(cpus), "--epochs", str(options.epochs)]
    command += ["--dataset", str(dataset), *(["--network", options.network] if options.network else [])]
    return Worker(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))


def work(cpus: int, epochs: int, dataset: Path, network: str | None) -> None:
    """Be a worker until the input ends."""
    from training_speed import EPOCHS, trial

    from search import Builder, GalaxyHyperModel, training_options
    from trainer import limit_threads

    if not limit_threads(cpus):
        raise SystemExit("TensorFlow has started with other threads")
    opened, values = Dataset.open(dataset), {"network": network} if network else {}
    make = Builder(GalaxyHyperModel(input_shape=opened.image_shape, num_classes=len(opened.classes)), values)
    make()
    with tempfile.TemporaryDirectory() as folder:
        run = trial(opened, values, training_options(make.values, epochs=EPOCHS), Path(folder))
        run.step()
        say("ready")
        for _ in sys.stdin:
            began = time.perf_counter()
            for _ in range(epochs):
                run.step()
            say(f"{time.perf_counter() - began}")


def compare(options: argparse.Namespace, dataset: Path) -> None:
    workers = {way: [start(cpus, options, dataset) for cpus in each] for way, each in WAYS.items()}
    for worker in (worker for each in workers.values() for worker in each):
        worker.hear()
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(options.repeats):
        for way, each in workers.items():
            for worker in each:
                worker.tell()
            rates[way].append(sum(3600 * options.epochs / float(worker.hear()) for worker in each))
    for worker in (worker for each in workers.values() for worker in each):
        worker.end()
    medians = {way: statistics.median(found) for way, found in rates.items()}
    for way, rate in medians.items():
        say(f"{way}: {rate:,.0f} epochs an hour ({', '.join(f'{one:,.0f}' for one in rates[way])})")
    one, two = medians.values()
    say(f"two trials finish {two / one:.2f} times as many")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--network", help="another of the space's networks than its default")
    parser.add_argument("--dataset", type=Path, help="imported images; by default 2,000 are rendered, 64×64")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        work(options.worker, options.epochs, options.dataset, options.network)
        return
    with tempfile.TemporaryDirectory() as name:
        compare(options, options.dataset or rendered_dataset(Path(name), 2000))


if __name__ == "__main__":
    main()
