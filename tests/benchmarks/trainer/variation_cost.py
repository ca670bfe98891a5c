"""What each way of varying and balancing costs: images per CPU second, made and trained on, beside the plain warp's.

Run from the repository's root: ``python tests/benchmarks/trainer/variation_cost.py [--images 1000] [--repeats 7]``.
On a rendered sample at 64×64, one thread, all ways in turns within the run; the median of the repeats.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from common import rendered_dataset

from datasets import Augmentation, Balance, Dataset
from search import Builder, GalaxyHyperModel
from trainer import TrainingOptions, limit_threads
from trainer.fitting.building import build_model
from trainer.fitting.epoch import epoch_batches
from trainer.fitting.loop import TrainingLoop

WARP = Augmentation.of_strength(1)
PLAIN = TrainingOptions(augmentation=WARP)
WAYS = {
    "rotation, zoom, shift, flip": PLAIN,
    "and a black border": replace(PLAIN, augmentation=replace(WARP, border="black")),
    "and brightness": replace(PLAIN, augmentation=replace(WARP, brightness=0.2)),
    "and brightness and colour": replace(PLAIN, augmentation=replace(WARP, brightness=0.2, colour_jitter=0.1)),
    "and noise": replace(PLAIN, augmentation=replace(WARP, noise=4)),
    "and cutout": replace(PLAIN, augmentation=replace(WARP, cutout=0.3)),
    "and mixup": replace(PLAIN, mixup=0.2),
    "and class weights": replace(PLAIN, balance=Balance("weights")),
    "and a fresh undersample": replace(PLAIN, balance=Balance("undersample", fresh=True)),
    "and all at once": replace(
        PLAIN,
        balance=Balance("oversample", fresh=True),
        augmentation=replace(WARP, brightness=0.2, colour_jitter=0.1, noise=4, cutout=0.3),
        mixup=0.2,
    ),
}


def feeding(dataset: Dataset, options: TrainingOptions) -> Callable[[int], float]:
    """Return what makes the batches of an epoch and gives the CPU seconds an image."""
    batches, _ = epoch_batches(dataset, options, seed=1)

    def run(epoch: int) -> float:
        start = time.process_time()
        deque(batches.mixed_epoch(epoch) if options.mixup else batches.epoch(epoch), maxlen=0)
        return (time.process_time() - start) / batches.rows_per_epoch

    return run


def training(dataset: Dataset, options: TrainingOptions) -> Callable[[int], float]:
    """Return what trains the default model for an epoch and gives the CPU seconds an image."""
    batches, _ = epoch_batches(dataset, options, seed=1)
    space = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    built = build_model(
        Builder(space, {}),
        seed=1,
        image_shape=dataset.image_shape,
        classes=len(dataset.classes),
        precision="auto",  # the space's
    )
    loop = TrainingLoop(built, mixed=options.mixup > 0, class_weights=batches.class_weights)

    def run(epoch: int) -> float:
        start = time.process_time()
        loop.train(batches, epoch=epoch, learning_rate_factor=lambda _: 1.0)
        return (time.process_time() - start) / batches.rows_per_epoch

    run(0)  # traces
    return run


def compare(what: str, runs: Mapping[str, Callable[[int], float]], repeats: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(repeats):
        for name, run in runs.items():
            taken[name].append(run(repeat))
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    plain = next(iter(medians.values()))
    for name, seconds in medians.items():
        sys.stdout.write(
            f"{what}: {name}: {1 / seconds:,.0f} images per CPU second, {plain / seconds:.2f} of the plain rate\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    if not limit_threads(1):
        raise SystemExit("TensorFlow has started with more threads")
    with tempfile.TemporaryDirectory() as folder:
        dataset = Dataset.open(rendered_dataset(Path(folder), options.images))
        compare("feeding", {name: feeding(dataset, way) for name, way in WAYS.items()}, options.repeats)
        trained = ("rotation, zoom, shift, flip", "and mixup", "and class weights", "and all at once")
        compare("training", {name: training(dataset, WAYS[name]) for name in trained}, options.repeats)


if __name__ == "__main__":
    main()
