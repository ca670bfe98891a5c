"""Keras is the same on every node, whatever the environment or a `keras.json` there says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from trainer.errors import FrameworkError
from trainer.keras_defaults import default_keras

_OTHER = {"floatx": "float16", "epsilon": 0.5, "backend": "jax", "image_data_format": "channels_first"}
_ASK = """
import keras
layer, config = keras.layers.Conv2D(1, 1), keras.config
print(config.backend(), config.epsilon(), config.floatx(), layer.data_format, layer.compute_dtype)
"""
_OF_A_SPACE = """
import keras
keras.config.set_floatx("float64")
import search.conducting.conductor
print(keras.config.floatx())
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"import trainer.frameworks{_ASK}", "tensorflow 1e-07 float32 channels_last float32"),
        (f"import search.finals.defaults, search.testing.driving{_OF_A_SPACE}", "float64"),
    ],
    ids=["alone", "what a space sets stays"],
)
def test_what_a_node_says_of_keras_changes_nothing(code: str, said: str, tmp_path: Path) -> None:
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text(json.dumps(_OTHER))
    told = {name: value for name, value in os.environ.items() if name != "KERAS_HOME"}
    told |= {"HOME": str(tmp_path), "KERAS_BACKEND": "jax"}
    done = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == (said, 0), done.stderr


def test_a_keras_that_was_imported_with_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    config = SimpleNamespace(backend=lambda: "jax")
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(config=config))
    refused = "^Keras was imported with the backend jax before: expected tensorflow, .*: set KERAS_BACKEND=tensorflow"
    with pytest.raises(FrameworkError, match=refused), default_keras():
        pass
    monkeypatch.delitem(sys.modules, "keras")
    refused = "^Keras cannot be imported, No module named 'jax': .* and begin anew$"
    with pytest.raises(FrameworkError, match=refused), default_keras():
        raise ModuleNotFoundError("No module named 'jax'")  # its settings stay where an earlier import has failed
