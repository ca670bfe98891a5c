"""A user's own search space in a current directory of its own: tiny models, and ways to fail."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_MODELS = '''
import os
from pathlib import Path
import keras
import keras_tuner
import tensorflow as tf

HERE = Path(__file__).parent
FATES = ["fine", "unbuildable", "diverging", "lost twice", "lost always", "too large"]

def tiny(hp, batch_size=True):
    """A network small enough to train in a blink; notes which process builds it."""
    units = hp.Int("units", 2, 40)
    if batch_size:
        hp.Choice("batch_size", [16])
    with (HERE / "built.txt").open("a") as file:
        file.write(f"{os.getpid()} {units}\\n")
    model = keras.Sequential([
        keras.layers.Input((32, 32, 3)),
        keras.layers.AveragePooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dense(5, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

class Mortal(keras.Sequential):
    """Loses its worker twice: at the first batch after a checkpoint. Notes each start without one."""

    def train_step(self, data):
        tf.py_function(self.live, [], [])
        return super().train_step(data)

    def live(self):
        if not list(HERE.glob("runs/first/checkpoints/0003/last*")):
            (HERE / f"from scratch {os.getpid()}").touch()
        elif len(list(HERE.glob("died *"))) < 2:
            (HERE / f"died {os.getpid()}").touch()
            os._exit(1)

def branching(hp):
    """Has a hyperparameter, and one of training, that only a build of one branch meets."""
    if hp.Boolean("x"):
        hp.Int("only_here", 3, 9)
        hp.Choice("batch_size", [16, 32])
    return tiny(hp, batch_size=False)

def picky(hp):
    """Can be built with its defaults alone."""
    units = hp.Int("units", 2, 40)
    if units != 2:
        raise ValueError(f"cannot build {units} units")
    return tiny(hp)

def hungry(hp):
    """Builds, and runs out of memory at its first step, in TensorFlow's way; not with its defaults."""
    model = tiny(hp)
    if hp.get("units") > 2:
        model.train_step = starve
    return model

def starve(data):
    raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

def failing(hp):
    """One way to end for each fate; a lost worker is one whose process ends in the middle of building."""
    fate = hp.Choice("fate", FATES)
    if fate == "unbuildable":
        raise ValueError("Negative dimension size\\nand a second line")
    if fate == "too large":
        raise MemoryError("no 12 GiB left")
    model = tiny(hp)
    if fate == "lost twice":
        hp.Choice("only_here", [7, 8])
        model = Mortal(model.layers)
        model.compile("adam", "sparse_categorical_crossentropy")
    if fate == "diverging":
        model.compile(keras.optimizers.SGD(float("nan")), "sparse_categorical_crossentropy")
    if fate == "lost always":
        os._exit(1)
    return model

HOARD = []

def leaking(hp):
    """A network whose sixth trial in a process leaves something large behind."""
    HOARD.append(bytearray(b"x" * 2**29) if len(HOARD) == 5 else None)
    return tiny(hp)

class EachFate(keras_tuner.Oracle):
    """One trial for each fate, then one more that is fine."""

    def populate_space(self, trial_id):
        number = len(self.start_order)
        if number > len(FATES):
            return {"status": "STOPPED", "values": None}
        return {"status": "RUNNING", "values": {"fate": (FATES + ["fine"])[number], "units": 4 + number}}
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory the current one, with the user's module `my_models` in it."""
    (tmp_path / "my_models.py").write_text(_MODELS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "my_models", raising=False)
    return tmp_path


@pytest.fixture
def head() -> Iterator[str]:
    """Start a head node of our own on loopback and give its address; only its own processes are ended after."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ray = str(Path(sys.executable).with_name("ray"))
    # Sockets lie below the folder, and their paths may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder:
        options = ["--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=2"]
        options += ["--include-dashboard=false", f"--temp-dir={folder}", "--object-store-memory=100000000"]
        process = subprocess.Popen(
            [ray, "start", *options, "--disable-usage-stats"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_for(port, process)
            yield f"127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(120):
        assert process.poll() is None, "ray start --head ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(2)  # the port opens before the node has joined
                return
        time.sleep(0.5)
    raise AssertionError("ray start --head did not open its port within a minute")
