"""How long a training epoch of the default model takes, fed by the pipeline, against one constant batch in memory.

Run from the repository's root:
``python tests/benchmarks/datasets/epoch_speed.py [--dataset DATASET] [--threads 1 2] [--steps 20] [--repeats 7]``. Both
are epochs of the same compiled model in the same process, in turns; the pipeline shuffles and augments as a search does
by default. With T threads the process may use T cores, so the thread that makes the batches takes its time from the
model's. Wall times on a loaded machine vary more than the goal asks; CPU time of the whole process varies less.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import keras_tuner
from measuring import arguments, goal, in_turn, memcpy_rate, real_dataset, say, say_load, say_rate

from datasets import Batches, Dataset, training_batches
from datasets.training.batches import Batch
from search import training_options
from search.space.built_in import GalaxyHyperModel
from search.space.hypermodel import Builder
from trainer.fitting.building import build_model
from trainer.fitting.loop import TrainingLoop
from trainer.threads import limit_threads

TIMES = 1.05


class Constant(Batches):
    """As many batches, all of them the first one, made beforehand."""

    def __init__(self, batches: Batches) -> None:
        super().__init__(batches.dataset, batches.rows, batches.batch_size, whole_only=True)
        object.__setattr__(self, "batch", next(iter(batches.epoch())))

    batch: Batch

    def epoch(self, number: int = 0) -> Iterator[Batch]:
        return iter([self.batch] * len(self))


def default_training(dataset: Dataset, steps: int) -> tuple[TrainingLoop, Batches]:
    """Return what trains the default model, and ``steps`` batches of the default augmentation."""
    hypermodel = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    hp = keras_tuner.HyperParameters()
    hypermodel.build(hp)
    options = training_options(hp.values, epochs=1)
    batches = training_batches(
        dataset, batch_size=options.batch_size, balance=options.balance, augmentation=options.augmentation, seed=1
    )
    built = build_model(
        Builder(hypermodel, hp.values),
        seed=1,
        image_shape=dataset.image_shape,
        classes=len(dataset.classes),
        precision=options.precision,
    )
    return TrainingLoop(built), replace(batches, rows=batches.rows[:: max(1, len(batches) // steps)])


def measure(dataset: Dataset, *, threads: int, steps: int, repeats: int) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    limit_threads(threads)
    memcpy = memcpy_rate()
    loop, batches = default_training(dataset, steps)
    constant = Constant(batches)

    def epoch(of: Batches) -> None:
        loop.train(of, epoch=0, learning_rate_factor=lambda _: 1.0)

    say(f"{threads} thread(s) on as many cores, images/s of {len(batches)} batches, taken in turns:")
    epoch(constant)  # traced
    runs: dict[str, Callable[[], object]] = {"constant": partial(epoch, constant), "pipeline": partial(epoch, batches)}
    rates = in_turn(runs, images=dict.fromkeys(runs, batches.rows_per_epoch), repeats=repeats)
    for name, rate in rates.items():
        say_rate(f"{threads} thread(s), {name}", rate, 3 * 64 * 64, memcpy)
    for clock in ("wall", "cpu"):
        times = getattr(rates["constant"], clock) / getattr(rates["pipeline"], clock)
        goal(f"{threads} thread(s), {clock} time against a constant batch", times, TIMES, at_least=False, unit="×")
    say_load()


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    with real_dataset(options.dataset) as dataset:
        if len(options.threads) == 1:
            measure(dataset, threads=options.threads[0], steps=options.steps, repeats=options.repeats)
            return
        for threads in options.threads:  # TensorFlow's pools cannot change, so each in a process of its own
            given = ["--steps", options.steps, "--repeats", options.repeats, "--dataset", dataset.info.path]
            subprocess.run([sys.executable, __file__, "--threads", *map(str, [threads, *given])], check=True)


if __name__ == "__main__":
    main()
