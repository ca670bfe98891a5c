"""How fast images get from file to batch, against ``keras.utils.image_dataset_from_directory`` and Keras's layers.

Run from the repository's root:
``python tests/benchmarks/datasets/pipeline_speed.py [--dataset DATASET] [--images 8192] [--repeats 3]``. Each side
starts with its files out of the page cache, opens them, and makes shuffled and augmented float32 batches of as many
images: ours from the Arrow files through `prefetched`, the peer from the source's JPEG files, as Keras's users do. What
ours does once, the import, is not counted; see import_speed.py.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import keras
import tensorflow as tf
from measuring import (
    BATCH_SIZE,
    VARIED,
    ZIP,
    arguments,
    exhaust,
    forget,
    goal,
    in_turn,
    keras_layers,
    memcpy_rate,
    real_dataset,
    say,
    say_load,
    say_rate,
    temporary_folder,
    unpack,
)

from datasets import Batches, Dataset
from trainer.fitting.feeding import prefetched

TIMES = 10


def ours(place: Path, images: int) -> None:
    dataset = Dataset.open(place)
    rows = dataset.rows(None)[:: len(dataset) // images][:images]
    exhaust(prefetched(Batches(dataset, rows, BATCH_SIZE, shuffled=True, augmentation=VARIED).epoch()))


def peer(folder: Path) -> None:
    layers = keras_layers()
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        source = keras.utils.image_dataset_from_directory(
            folder, image_size=(64, 64), batch_size=BATCH_SIZE, seed=1, interpolation="bilinear"
        )
    varied = source.map(lambda images, labels: (layers(images / 255, training=True), labels), tf.data.AUTOTUNE)
    exhaust(varied.prefetch(tf.data.AUTOTUNE))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=8192)
    options = parser.parse_args()
    with temporary_folder() as folder, real_dataset(options.dataset) as dataset:
        unpack(ZIP, folder, images=options.images)
        images = options.images
        count = sum(path.is_file() for path in folder.rglob("*"))
        place = Path(dataset.info.path)
        del dataset  # mapped files stay in the page cache
        memcpy = memcpy_rate()
        say(f"images/s of about {images} images, files not in the page cache, taken in turns:")
        runs: dict[str, Callable[[], object]] = {"Keras": lambda: peer(folder), "ours": lambda: ours(place, images)}
        rates = in_turn(
            runs,
            images={"Keras": count, "ours": images},
            repeats=options.repeats,
            before=lambda: (forget(folder), forget(place)),
        )
    for name, rate in rates.items():
        say_rate(name, rate, 3 * 64 * 64, memcpy)
    for clock in ("wall", "cpu"):
        times = getattr(rates["ours"], clock) / getattr(rates["Keras"], clock)
        goal(f"file to batch against Keras, by {clock} time", times, TIMES, at_least=True, unit="×")
    say_load()


if __name__ == "__main__":
    main()
