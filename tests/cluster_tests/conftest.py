"""A user's own search space in a current directory of its own: tiny models, and ways to fail."""

import os
import signal
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from cluster.driving import in_process

_MODELS = '''
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
import keras
import keras_tuner
import tensorflow as tf

HERE = Path(__file__).parent
HOARD = []
FATES = ["fine", "unbuildable", "diverging", "lost", "lost always", "too large"]

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
        elif not list(HERE.glob("died *")):
            (HERE / f"died {os.getpid()}").touch()
            os._exit(1)

def branching(hp):
    """Has a hyperparameter, and one of training, that only a build of one branch meets."""
    if hp.Boolean("x"):
        hp.Int("only_here", 3, 9)
        hp.Choice("batch_size", [16, 32])
    return tiny(hp, batch_size=False)

def frail(hp):
    """Is lost with the process that builds it, or has that told to end, once for each file that asks for it."""
    for name in ("lost", "told", "told again"):
        try:
            (HERE / name).unlink()
        except FileNotFoundError:
            continue
        if name == "lost":
            os._exit(1)
        os.kill(os.getpid(), signal.SIGTERM)
        break
    return tiny(hp)

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

def beside_others(hp):
    """The first time, another program takes the memory: with 40 units all that Ray allows, for some seconds; with 30
    units the control group that is joined has too little."""
    model = tiny(hp)
    first = HERE / f"first {hp.get('units')}"
    if hp.get("units") == 30 and not first.exists():
        first.touch()
        Path((HERE / "group").read_text(), "cgroup.procs").write_text(str(os.getpid()))
        HOARD.append(2**28 * b"x")
    if hp.get("units") == 40 and not first.exists():
        first.touch()
        hog = f"import time; held = {(HERE / 'hog').read_text()} * 2**28 * b'x'; time.sleep(6)"
        subprocess.Popen([sys.executable, "-c", hog], start_new_session=True)
        time.sleep(60)
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
    if fate == "lost":
        hp.Choice("only_here", [7, 8])
        model = Mortal(model.layers)
        model.compile("adam", "sparse_categorical_crossentropy")
    if fate == "diverging":
        model.compile(keras.optimizers.SGD(float("nan")), "sparse_categorical_crossentropy")
    if fate == "lost always":
        os._exit(1)
    return model

def scoring(hp):
    """Scores what its hyperparameter says, whatever it learns, by a metric of its own."""
    score = hp.Choice("score", ["0.5", "inf", "nan", "0.25"])
    model = tiny(hp, batch_size=False)

    def mine(true, predicted):
        return tf.fill(tf.shape(true)[:1], float(score))

    model.compile("adam", "sparse_categorical_crossentropy", metrics=[mine])
    return model

def leaking(hp):
    """A network whose sixth trial in a process leaves something large behind."""
    HOARD.append(bytearray(b"x" * 2**29) if len(HOARD) == 5 else None)
    return tiny(hp)

def idling(hp):
    """The first trial takes long; the second is soon over, and some seconds later its worker is lost."""
    model = tiny(hp)
    if hp.get("units") == 20:
        time.sleep(12)
    if hp.get("units") == 21:
        threading.Timer(6, os._exit, [1]).start()
    return model

class TwoThenOne(keras_tuner.Oracle):
    """Two trials at a time, then, once both have ended, two more."""

    def populate_space(self, trial_id):
        number = len(self.start_order)
        if number == 2 and self.ongoing_trials:
            return {"status": "IDLE", "values": None}
        return {"status": "STOPPED" if number > 3 else "RUNNING", "values": {"units": 20 + number}}

class EachFate(keras_tuner.Oracle):
    """One trial for each fate, then one more that is fine."""

    def populate_space(self, trial_id):
        number = len(self.start_order)
        if number > len(FATES):
            return {"status": "STOPPED", "values": None}
        return {"status": "RUNNING", "values": {"fate": (FATES + ["fine"])[number], "units": 4 + number}}
'''


def orphaned() -> dict[str, str]:
    """Return an environment in which Ray takes its driver for an orphan, as nohup's and systemd's drivers are one."""
    with subprocess.Popen(["true"]) as gone:
        pass
    return {**os.environ, "RAY_RAYLET_PID": str(gone.pid)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory the current one, with the user's module `my_models` in it."""
    (tmp_path / "my_models.py").write_text(_MODELS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "my_models", raising=False)
    return tmp_path


def end_at(monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException) -> Iterator[int]:
    """Let ``error`` end step ``number``, from 0, of all that trials in this process make; give what counts them."""
    real, steps = in_process.TrialSession.step, count()

    def step(session: in_process.TrialSession) -> object:
        if next(steps) == number:
            raise error
        return real(session)

    monkeypatch.setattr(in_process.TrialSession, "step", step)
    return steps


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Amazon's cloud in this process, beside the S3 server of other tests, whose buckets a new one would take away."""
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    cloud = mock_aws()
    cloud.start(reset=False)
    yield
    cloud.stop(remove_data=False)


@pytest.fixture(autouse=True, scope="module")
def signals_kept() -> Iterator[None]:
    """Put the signals' handlers back when a module ends: a node of Ray's that starts in this process has its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
