"""How fast a classifier is: a batch against the bare model, one image against `model.predict`, and the cold start.

    python tests/benchmarks/trainer/classify_speed.py MODEL [--images 2048] [--repeats 5]

MODEL is a bundle of `galaxy train`. The bare model is the same network as one compiled function of float batches of
the same size, without scaling of the pixels, calibration or checks. Contenders take turns, so that all meet the same
load from elsewhere; the ratios are medians over the rounds. The cold start is that of a new process, from its first
line of Python to its first answer; the peak of memory is that of a stream of files, and of one twice as long.
"""

import argparse
import io
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
from common import seconds
from PIL import Image

BATCH = 64
COLD = """
import sys, time
began = time.perf_counter()
import numpy as np
from trainer import Classifier
imported = time.perf_counter()
classifier = Classifier.load(sys.argv[1])
loaded = time.perf_counter()
side = classifier.bundle.manifest.preprocessing.image_size
classifier.probabilities(np.zeros((1, side, side, 3), np.uint8))
answered = time.perf_counter()
print(f"import {imported - began:.2f} s, load {loaded - imported:.2f} s, first answer {answered - loaded:.2f} s")
"""


def stream(count: int, size: int) -> "Iterator[object]":
    """Yield image files of noise: JPEGs of ``size`` pixels a side, the same few again and again."""
    from datasets import ImageFile

    generator = np.random.default_rng(1)
    encoded = []
    for _ in range(8):
        target = io.BytesIO()
        Image.fromarray(generator.integers(0, 256, (size, size, 3), np.uint8)).save(target, "JPEG")
        encoded.append(target.getvalue())
    for number in range(count):
        yield ImageFile(f"{number}.jpg", lambda data=encoded[number % 8]: data)  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--images", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    cold = subprocess.run([sys.executable, "-c", COLD, options.model], capture_output=True, text=True, check=True)
    sys.stdout.write(f"cold start: {cold.stdout}")

    from trainer import Classifier  # after the cold start, which it would warm

    classifier = Classifier.load(options.model)
    report_batch(classifier, options.images, options.repeats)
    report_single(classifier, options.repeats)
    report_memory(classifier, options.images)


def report_batch(classifier, count: int, repeats: int) -> None:  # type: ignore[no-untyped-def]
    import tensorflow as tf

    side = classifier.bundle.manifest.preprocessing.image_size
    images = np.random.default_rng(1).integers(0, 256, (count, side, side, 3), np.uint8)
    floats = (images / np.float32(255)).astype(np.float32)
    models = classifier.bundle.models
    shape = tf.TensorSpec((None, side, side, 3), tf.float32)
    bare = tf.function(lambda batch: [model(batch, training=False) for model in models], input_signature=[shape])

    def run_bare() -> None:
        for start in range(0, count, BATCH):
            _ = [outputs.numpy() for outputs in bare(floats[start : start + BATCH])]

    classifier.probabilities(images[:BATCH])
    bare(floats[:BATCH])
    rounds = [(seconds(run_bare), seconds(lambda: classifier.probabilities(images))) for _ in range(repeats)]
    ratio = statistics.median(plain / ours for plain, ours in rounds)
    plain, ours = (count / statistics.median(column) for column in zip(*rounds, strict=True))
    sys.stdout.write(f"batch: bare {plain:.0f}, classifier {ours:.0f} images/s; ratio {ratio:.3f} (wanted: >= 0.95)\n")
    cpu = [
        (seconds(run_bare, time.process_time), seconds(lambda: classifier.probabilities(images), time.process_time))
        for _ in range(repeats)
    ]
    sys.stdout.write(f"batch, CPU time: ratio {statistics.median(plain / ours for plain, ours in cpu):.3f}\n")


def report_single(classifier, repeats: int) -> None:  # type: ignore[no-untyped-def]
    side = classifier.bundle.manifest.preprocessing.image_size
    image = np.random.default_rng(1).integers(0, 256, (1, side, side, 3), np.uint8)
    floats = (image / np.float32(255)).astype(np.float32)

    def predict() -> None:
        for model in classifier.bundle.models:
            model.predict(floats, verbose=0)

    predict()
    classifier.probabilities(image)
    rounds = [(seconds(predict), seconds(lambda: classifier.probabilities(image))) for _ in range(10 * repeats)]
    ratio = statistics.median(ours / keras for keras, ours in rounds)
    keras, ours = (1000 * statistics.median(column) for column in zip(*rounds, strict=True))
    sys.stdout.write(
        f"one image: predict {keras:.1f}, classifier {ours:.1f} ms; ratio {ratio:.3f} (wanted: <= 0.333)\n"
    )


def report_memory(classifier, count: int) -> None:  # type: ignore[no-untyped-def]
    for times in (1, 2):
        began = time.perf_counter()
        for _ in classifier.classify(stream(times * count, 128)):
            pass
        rate = times * count / (time.perf_counter() - began)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(f"stream of {times * count:,} files: {rate:.0f} images/s, peak of the process {peak:.0f} MB\n")


if __name__ == "__main__":
    main()
