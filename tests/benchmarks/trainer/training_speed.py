"""How fast we train the built-in space's default model, against plain ``model.fit(arrays)`` of the same network.

    python tests/benchmarks/trainer/training_speed.py [--network plain] [--threads 1 2] [--dataset DATASET]

An epoch of each in turns, with validation; images a second are the training images over the time of the whole epoch,
the medians of ``--repeats`` epochs after one that is not counted.

*fit*: ``model.compile(AdamW, CategoricalCrossentropy, ["accuracy"]); model.fit(images, labels, batch_size=…,
validation_data=…)`` on float32 arrays in memory: Keras's defaults, float32, Keras's own layers, no augmentation. Of an
equivariant network it is the ordinary one that computes the same, with weights of its own for each turn. *ours*:
`TrainingRun` with the space's default values: images read from the dataset's files and augmented, computed in bfloat16
where the processor has it, `FusedBatchNormalization`, `FusedAdamW`, all scores and the two checkpoints of an epoch.
*ours, float32*: the same in float32. *ours, plain data*: not augmented either, as fit's.

The network's own work is 3 times 2 floating-point operations a weight and output pixel (forward, and backward to
weights and inputs); the share is that of the rate of a large float32 `tf.matmul` on as many threads.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from common import rendered_dataset, say, seconds

from datasets import Augmentation, Dataset, Split, open_folder
from search import Builder, GalaxyHyperModel, training_options
from trainer import Objective, TrainingOptions, TrainingRun, limit_threads
from trainer.final.portable import portable

GOAL = 1.2
EPOCHS = 1000  # more than are trained: the schedule's horizon


def sgemm_rate(side: int = 2048) -> float:
    """Return the floating-point operations a second of a float32 matrix product, the best of five."""
    import tensorflow as tf

    matrix = tf.random.normal((side, side))
    tf.matmul(matrix, matrix).numpy()
    return 2 * side**3 / min(seconds(lambda: tf.matmul(matrix, matrix).numpy()) for _ in range(5))


def work_per_image(model: Any) -> float:
    """Return the floating-point operations of a training step for one image: multiplications and additions."""
    kernels = ((layer, weight) for layer in model.layers for weight in layer.trainable_weights if weight.ndim > 1)
    return 3.0 * sum(2 * prod(weight.shape) * prod(layer.output.shape[1:-1]) for layer, weight in kernels)


def trial(dataset: Dataset, values: dict[str, Any], options: TrainingOptions, folder: Path) -> TrainingRun:
    """Prepare a training as a trial does it."""
    space = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    return TrainingRun(
        Builder(space, values),
        dataset,
        options,
        objective=Objective.parse("val_macro_f1"),
        seed=1,
        checkpoints=open_folder(folder),
    )


def plain_fit(network: Any, dataset: Dataset, batch_size: int) -> Callable[[], object]:
    """Return what fits the same network for an epoch as a user of Keras would write it."""
    import keras

    model = portable(network)  # in float32, of Keras's own layers
    model.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=1e-4),
        keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
    )

    def arrays(split: Split) -> tuple[Any, Any]:
        rows = dataset.rows(split)
        labels = np.eye(len(dataset.classes), dtype=np.float32)[dataset.labels[rows]]
        return dataset.take(rows) / np.float32(255), labels

    (images, labels), validation = arrays(Split.TRAIN), arrays(Split.VALIDATION)
    return lambda: model.fit(images, labels, batch_size=batch_size, validation_data=validation, verbose=0)


def compare(dataset: Dataset, values: dict[str, Any], *, threads: int, repeats: int, folder: Path) -> None:
    if not limit_threads(threads):
        raise SystemExit("TensorFlow has started with other threads")
    space = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    make = Builder(space, values)
    network = make()
    options = training_options(make.values, epochs=EPOCHS)
    ways = {
        "ours": options,
        "ours, float32": replace(options, precision="float32"),
        "ours, plain data": replace(options, augmentation=Augmentation()),
    }
    runs: dict[str, Callable[[], object]] = {
        name: trial(dataset, values, way, folder / f"{threads}-{index}").step
        for index, (name, way) in enumerate(ways.items())
    }
    runs["fit"] = plain_fit(network, dataset, options.batch_size)
    images, work = len(dataset.rows(Split.TRAIN)), work_per_image(portable(network))
    sgemm = sgemm_rate()
    say(f"{threads} thread(s): {work / 1e9:.3f} GFLOP an image and step; sgemm {sgemm / 1e9:.0f} GFLOP/s")
    rates = in_turn(runs, images, repeats)
    for name, rate in rates.items():
        ratio = rate / rates["fit"]
        say(f"  {name}: {rate:,.0f} images/s, {ratio:.2f} times fit; {rate * work / sgemm:.0%} of the sgemm rate")
    met = "PASS" if rates["ours"] >= GOAL * rates["fit"] else "miss"
    say(f"  {met}: ours against fit (goal ≥ {GOAL})")


def in_turn(runs: dict[str, Callable[[], object]], images: int, repeats: int) -> dict[str, float]:
    """Run an epoch of each in turns; return the medians of images a second."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            took = seconds(run)
            if repeat:
                taken[name].append(took)
    return {name: images / statistics.median(times) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--network", help="another of the space's networks than its default")
    parser.add_argument("--dataset", type=Path, help="imported images; by default 2,000 are rendered, 64×64")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = options.dataset or rendered_dataset(folder, 2000)
        if len(options.threads) > 1:  # thread pools cannot change once TensorFlow has started
            for threads in options.threads:
                command = [sys.executable, __file__, "--threads", str(threads), "--repeats", str(options.repeats)]
                command += ["--dataset", str(place), *(["--network", options.network] if options.network else [])]
                subprocess.run(command, check=True)
            return
        values = {"network": options.network} if options.network else {}
        compare(Dataset.open(place), values, threads=options.threads[0], repeats=options.repeats, folder=folder)


if __name__ == "__main__":
    main()
