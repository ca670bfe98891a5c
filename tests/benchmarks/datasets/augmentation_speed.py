"""How fast images are flipped, turned, zoomed and shifted, against Keras's four layers in turn in tf.data.

Run from the repository's root:
``python tests/benchmarks/datasets/augmentation_speed.py [--dataset DATASET] [--images 8192] [--repeats 5]``. Ours is
one thread: `datasets.augment` alone (bytes to bytes), then whole `Batches` of an open dataset (shuffled rows of the
files to float32 batches). The peer gets its images from memory and the fastest of 1, 2 and AUTOTUNE parallel calls.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from measuring import (
    BATCH_SIZE,
    VARIED,
    arguments,
    exhaust,
    goal,
    in_turn,
    keras_layers,
    memcpy_rate,
    real_dataset,
    say,
    say_load,
    say_rate,
)

from datasets import Batches
from datasets.training.augmenting import augment

TIMES = 10


def augment_all(images: npt.NDArray[np.uint8]) -> None:
    generator = np.random.default_rng(1)
    for start in range(0, len(images), BATCH_SIZE):
        augment(images[start : start + BATCH_SIZE], VARIED, generator=generator)


def peer(images: npt.NDArray[np.uint8], calls: int) -> tf.data.Dataset:
    layers = keras_layers()
    source = tf.data.Dataset.from_tensor_slices(images).batch(BATCH_SIZE)
    return source.map(
        lambda batch: layers(tf.cast(batch, tf.float32) / 255, training=True), num_parallel_calls=calls
    ).prefetch(2)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=8192)
    options = parser.parse_args()
    with real_dataset(options.dataset) as dataset:
        rows = dataset.rows(None)[: options.images]
        images = dataset.take(rows)
        memcpy = memcpy_rate()
        pipelines = {f"Keras, {calls} calls": peer(images, calls) for calls in (1, 2, tf.data.AUTOTUNE)}
        batches = Batches(dataset, rows, BATCH_SIZE, shuffled=True, augmentation=VARIED)
        runs: dict[str, Callable[[], object]] = {
            **{name: partial(exhaust, pipeline) for name, pipeline in pipelines.items()},
            "augment": lambda: augment_all(images),
            "Batches": lambda: exhaust(batches.epoch()),
        }
        for run in runs.values():
            run()
        say(f"images/s of {len(images)} images, taken in turns:")
        rates = in_turn(runs, images=dict.fromkeys(runs, len(images)), repeats=options.repeats)
    for name, rate in rates.items():
        say_rate(name, rate, images[0].nbytes, memcpy)
    peers = [rate for name, rate in rates.items() if name.startswith("Keras")]
    for name in ("augment", "Batches"):
        for clock, best in (("wall", max(rate.wall for rate in peers)), ("cpu", max(rate.cpu for rate in peers))):
            times = getattr(rates[name], clock) / best
            goal(f"{name} against Keras's layers in tf.data, by {clock} time", times, TIMES, at_least=True, unit="×")
    say_load()


if __name__ == "__main__":
    main()
