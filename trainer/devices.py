"""What TensorFlow sees of this machine's devices, and whether it can train on them."""

import time
from dataclasses import dataclass

import numpy as np

from trainer.errors import one_line
from trainer.frameworks import keras, tf


@dataclass(frozen=True)
class Devices:
    """What TensorFlow has found.

    Attributes:
        version: TensorFlow's.
        gpus: The GPUs' names.
        seconds: How long a step of training took, with its compilation.
        fault: Why there was none, in one line; None where there was.
    """

    version: str
    gpus: tuple[str, ...]
    seconds: float
    fault: str | None

    def __str__(self) -> str:
        kinds = ", ".join(self.gpus) or "no GPU"
        step = f"a step in {self.seconds:.1f} s" if self.fault is None else self.fault
        return f"{self.version}: {kinds}; {step}"


def try_devices() -> Devices:
    """Train a small convolutional network for a step on whatever TensorFlow takes by itself."""
    gpus = tf.config.list_physical_devices("GPU")
    began, fault = time.monotonic(), None
    try:
        for gpu in gpus:
            # Not all of its memory: trials may run there.
            tf.config.experimental.set_memory_growth(gpu, True)
        model = keras.Sequential(
            [
                keras.layers.Input((32, 32, 3)),
                keras.layers.Conv2D(8, 3, activation="relu"),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(5, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        model.train_on_batch(np.zeros((16, 32, 32, 3), np.float32), np.zeros(16, np.int64))
    except Exception as error:  # of TensorFlow's own, CUDA's and cuDNN's: each is what is asked for
        fault = one_line(error)
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    names = tuple(str(detail.get("device_name", "a GPU")) for detail in details)
    return Devices(tf.__version__, names, time.monotonic() - began, fault)
