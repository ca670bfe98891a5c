"""A search of tiny trials whose workers note, in a file of their own, what they really run."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from cluster.nodes.memory import NodeMemory
from datasets import ImportOptions, import_dataset, open_folder

GALAXY = str(Path(sys.executable).with_name("galaxy"))
# 72 images to train on, in batches of 16 of which the last, partial one is left out.
STEPS_PER_EPOCH = 4
LINES_PER_EPOCH = STEPS_PER_EPOCH + 2
_MODULE = '''
import os
import time
from pathlib import Path
import keras
import tensorflow as tf
from trainer.fitting.run import TrainingRun

HERE = Path(__file__).parent

def note(units, kind, number):
    with (HERE / "ran.txt").open("a") as file:
        file.write(f"{units} {kind} {number} {os.getpid()} {time.time()}\\n")

@keras.saving.register_keras_serializable("kills")
class Noting(keras.Sequential):
    """Notes each step of training before it is made."""
    units = 0
    def train_step(self, data):
        tf.py_function(self.begin, [self.optimizer.iterations], [])
        return super().train_step(data)
    def begin(self, iterations):
        note(self.units, "step", int(iterations))
        time.sleep(0.02)

def noted_save(run, confusion, save=TrainingRun._save):
    """Notes each checkpoint before and after it is written; waits after it where it is told to, to be killed there."""
    units = run._loop.built.model.units
    note(units, "saving", run.epoch)
    save(run, confusion)
    note(units, "saved", run.epoch)
    if (HERE / "pause").exists():
        time.sleep(5)

TrainingRun._save = noted_save

def build(hp):
    units = hp.Int("units", 2, 2000)
    hp.Choice("batch_size", [16])
    model = Noting([
        keras.layers.Input((16, 16, 3)),
        keras.layers.AveragePooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(1 + units % 7),
        keras.layers.Dense(2, activation="softmax"),
    ])
    model.units = units
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
'''


@dataclass(frozen=True)
class Line:
    """What a worker noted: a configuration is known by its ``units``.

    ``kind`` is 'step' (``number`` steps were made before), or 'saving' or 'saved' (the checkpoint after ``number``
    epochs); ``when`` is in seconds since 1970.
    """

    units: int
    kind: str
    number: int
    pid: int
    when: float


@dataclass(frozen=True)
class NotedSearch:
    """One search whose workers note in ``folder``; its dataset and storage are below ``uri``: that folder, or on S3.

    Ray ends workers once ``memory`` bytes more are used than when this was made; None: where it does by itself.
    """

    folder: Path
    uri: str
    name: str
    oracle: str
    scheduler: str
    trials: int
    epochs: int
    concurrency: int
    memory: int | None = None

    @property
    def storage(self) -> str:
        """Where the search is kept."""
        return open_folder(self.uri).child("runs").uri

    @property
    def dataset(self) -> str:
        """Where its dataset is."""
        return open_folder(self.uri).child("d").uri

    @cached_property
    def environment(self) -> dict[str, str]:
        """What the search is started in."""
        node = NodeMemory.now()
        limits = {}
        if self.memory is not None and node is not None:
            limits["RAY_memory_usage_threshold"] = f"{min(0.95, (node.used + self.memory) / node.limit):.4f}"
        return {**os.environ, "GALAXY_CACHE": str(self.folder / "cache"), **limits}

    def prepare(self) -> None:
        """Write the module and the dataset, unless an earlier search in the folder has."""
        if (self.folder / "noting.py").exists():
            return
        (self.folder / "noting.py").write_text(_MODULE)
        pixels = np.random.default_rng(1)
        for label, name in enumerate(("dark", "bright")):
            (self.folder / "s" / name).mkdir(parents=True)
            for number in range(60):
                image = pixels.integers(90 * label, 90 * label + 120, (16, 16, 3)).astype(np.uint8)
                Image.fromarray(image).save(self.folder / "s" / name / f"{number}.png")
        options = ImportOptions(image_size=16, validation=0.2, test=0.2)
        import_dataset(self.folder / "s", self.dataset, options)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the search, or resume it once it has its name."""
        claimed = open_folder(self.storage).child(self.name).exists("specification.json")
        command = ["resume", self.name] if claimed else ["search", self.dataset, "--name", self.name, *self._options()]
        with (self.folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [GALAXY, *command, "--storage", self.storage],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self.environment,
            )

    def lines(self) -> list[Line]:
        """Return what was noted, in order; a driver notes the batch that it tries, too."""
        path = self.folder / "ran.txt"
        parts = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [Line(int(units), kind, int(number), int(pid), float(when)) for units, kind, number, pid, when in parts]

    def _options(self) -> list[str]:
        options = ["--oracle", self.oracle, "--trials", str(self.trials), "--epochs", str(self.epochs)]
        options += ["--concurrency", str(self.concurrency), "--max-failures", "20", "--hypermodel", "noting:build"]
        # More than it ever takes: what it has taken outlasts the kills, too.
        options += ["--time-limit", "24h"]
        return [*options, "--scheduler", self.scheduler]
