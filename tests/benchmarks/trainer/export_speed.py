"""How fast an exported model is in its own runtime, against Keras and against the classifier it was made from.

    python tests/benchmarks/trainer/export_speed.py MODEL [--images 512] [--repeats 5]

MODEL is a bundle of `galaxy train`. Each runtime has its default settings, all but LiteRT's, which is told to use as
many threads as there are CPUs. They take turns, so that all meet the same load from elsewhere; the rates are medians.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trainer import Classifier, ExportFormat, export_model, exported_name

BATCH = 64
Run = Callable[[npt.NDArray[np.uint8]], object]


def keras_predict(classifier: Classifier) -> Run:
    def run(images: npt.NDArray[np.uint8]) -> None:
        floats = images / np.float32(255)
        for model in classifier.bundle.models:
            model.predict(floats, batch_size=BATCH, verbose=0)

    return run


def loaded(path: Path, form: ExportFormat) -> Run:
    if form is ExportFormat.ONNX:
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        return lambda images: session.run(["probabilities"], {"images": images})
    if form is ExportFormat.LITERT:
        from ai_edge_litert.interpreter import Interpreter

        runner = Interpreter(str(path), num_threads=os.cpu_count()).get_signature_runner()
        return lambda images: runner(images=images)
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    return lambda images: (model, model.serve(images))[1]["probabilities"].numpy()


def seconds(run: Run, images: npt.NDArray[np.uint8]) -> float:
    began = time.perf_counter()
    for start in range(0, len(images), BATCH):
        run(images[start : start + BATCH])
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    classifier = Classifier.load(options.model)
    runs: dict[str, Run] = {"keras predict": keras_predict(classifier), "classifier": classifier.probabilities}
    side = classifier.bundle.manifest.preprocessing.image_size
    images = np.random.default_rng(1).integers(0, 256, (options.images, side, side, 3), np.uint8)
    with tempfile.TemporaryDirectory() as place:
        for form in ExportFormat:
            began = time.perf_counter()
            path = export_model(classifier, form, Path(place) / exported_name(classifier, form))
            size = sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
            sys.stdout.write(f"{form}: written in {time.perf_counter() - began:.1f} s, {size / 2**20:.1f} MiB\n")
            runs[form.value] = loaded(path, form)
        report(runs, images, options.repeats)


def report(runs: dict[str, Run], images: npt.NDArray[np.uint8], repeats: int) -> None:
    batches: dict[str, list[float]] = {name: [] for name in runs}
    singles: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(images[:BATCH])
        run(images[:1])
    for _ in range(repeats):
        for name, run in runs.items():
            batches[name].append(seconds(run, images))
            singles[name] += [seconds(run, images[:1]) for _ in range(5)]
    first = next(iter(runs))
    for name in runs:
        rate, latency = len(images) / statistics.median(batches[name]), 1000 * statistics.median(singles[name])
        faster = statistics.median(base / own for base, own in zip(batches[first], batches[name], strict=True))
        quicker = statistics.median(base / own for base, own in zip(singles[first], singles[name], strict=True))
        sys.stdout.write(
            f"{name}: {rate:.0f} images/s ({faster:.2f}x {first}), one image {latency:.1f} ms ({quicker:.2f}x)\n"
        )


if __name__ == "__main__":
    main()
