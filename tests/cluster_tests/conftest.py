"""A user's own search space in a current directory of its own: tiny models, and ways to fail."""

from pathlib import Path

import pytest

_MODELS = '''
import os
from pathlib import Path
import keras
import keras_tuner

HERE = Path(__file__).parent
FATES = ["fine", "unbuildable", "diverging", "lost once", "lost always"]

def tiny(hp):
    """A network small enough to train in a blink; notes which process builds it."""
    units = hp.Int("units", 2, 40)
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

def failing(hp):
    """One way to end for each fate; a lost worker is one whose process ends in the middle of building."""
    fate = hp.Choice("fate", FATES)
    if fate == "unbuildable":
        raise ValueError("Negative dimension size\\nand a second line")
    model = tiny(hp)
    if fate == "diverging":
        model.compile(keras.optimizers.SGD(float("nan")), "sparse_categorical_crossentropy")
    marker = HERE / f"lost {hp.get('units')}"
    if fate == "lost always" or (fate == "lost once" and not marker.exists()):
        marker.touch()
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
