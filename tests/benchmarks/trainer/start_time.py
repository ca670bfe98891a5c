"""What starting a trial costs in a worker that has trained before: from its values to the end of its first steps.

    python tests/benchmarks/trainer/start_time.py [--repeats 3] [--threads 1] [--dataset DATASET]

For the built-in space's default network and two others of it, on a rendered sample at 64×64, in turns
after one trial of each that is not counted. The medians of: *build*, the space's own building; *variables*, the blank
image through model, loss and metrics, and the optimizer's variables; *trace* and *optimise* of the step of training and
of that of validation (Python to a graph; TensorFlow's own passes over the graph at its first run, beyond what a later
run takes); *checkpoint*, packing and writing the first one; *restore*, reading it into the model.
"""

import argparse
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from common import rendered_dataset, seconds

from datasets import (
    Dataset,
    Folder,
    freeze_loaded,
    open_folder,
    uncollected,
)
from search import Builder, GalaxyHyperModel, complete, discover, training_options
from trainer import TrainingOptions, limit_threads

NETWORKS: dict[str, dict[str, str]] = {name: {"network": name} for name in ("plain", "residual", "equivariant")}
PARTS = (
    "build",
    "variables",
    "trace training",
    "optimise training",
    "trace validation",
    "optimise validation",
    "checkpoint",
    "restore",
)
BATCH = 64


def start_worker() -> None:
    """Load what a worker has loaded before its first trial, and do what it does then."""
    import trainer.fitting.run  # noqa: F401

    freeze_loaded()


def start(dataset: Dataset, values: dict[str, str], training: TrainingOptions, folder: Folder) -> dict[str, float]:
    """Start a trial step by step; return how long each part took."""
    from trainer.fitting.averaging import WeightAverages
    from trainer.fitting.building import build_model
    from trainer.fitting.checkpoints import LAST, TrainingState, pack_checkpoint, restore_checkpoint
    from trainer.fitting.loop import TrainingLoop

    space = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    make, found = Builder(space, values), dict.fromkeys(PARTS, 0.0)

    def build() -> object:
        began = time.perf_counter()
        model = make()
        found["build"] = time.perf_counter() - began
        return model

    began = time.perf_counter()
    built = build_model(
        build,  # type: ignore[arg-type]
        seed=1,
        image_shape=dataset.image_shape,
        classes=len(dataset.classes),
        precision=training.precision,
    )
    found["variables"] = time.perf_counter() - began - found["build"]
    averages = WeightAverages(built.model, training.weight_averaging)
    loop = TrainingLoop(built, after_step=averages.update)
    images, labels = dataset.take(np.arange(BATCH)) / np.float32(255), dataset.labels[:BATCH]
    rate = np.float32(1e-3)
    for name, step, arguments in (
        ("training", loop._train_step, (images, labels, rate)),
        ("validation", loop._validate_step, (images, labels)),
    ):
        with uncollected():  # as the loop's own first step
            found[f"trace {name}"] = seconds(step.get_concrete_function)
        first, second = (seconds(partial(step, *arguments)) for _ in range(2))
        found[f"optimise {name}"] = first - second
    progressed = TrainingState(1, {"loss": [0.0]}, dataset.fingerprint, "val_loss:min")
    found["checkpoint"] = seconds(
        lambda: folder.write_whole(LAST, pack_checkpoint(built.model, averages.variables, progressed))
    )
    found["restore"] = seconds(
        lambda: restore_checkpoint(built.model, averages.variables, folder, LAST, expected=progressed)
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dataset", type=Path, help="imported images; by default a sample is rendered")
    options = parser.parse_args()
    if not limit_threads(options.threads):
        raise SystemExit("TensorFlow has started with other threads")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = options.dataset or rendered_dataset(folder, 250)
        dataset, checkpoints = Dataset.open(place), open_folder(folder / "checkpoints")
        space = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
        training = training_options(complete(discover(space), {}), epochs=1)
        start_worker()
        found: dict[str, list[dict[str, float]]] = {network: [] for network in NETWORKS}
        for _ in range(1 + options.repeats):
            for network, values in NETWORKS.items():
                found[network].append(start(dataset, values, training, checkpoints))
    for network, runs in found.items():
        parts = {part: statistics.median(run[part] for run in runs[1:]) for part in PARTS}
        whole = statistics.median(sum(run.values()) for run in runs[1:])
        sys.stdout.write(f"{network}: {whole:.2f} s (the worker's first: {sum(runs[0].values()):.2f} s)\n")
        sys.stdout.writelines(f"  {part}: {took:.3f} s\n" for part, took in parts.items())


if __name__ == "__main__":
    main()
