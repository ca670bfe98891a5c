"""Load models, first without the module that their classes are of, then with it, and print which predict the same.

Run by `test_keeping.py` in a process of its own, which knows nothing yet. Arguments: a folder with a file and the
expected outputs for each model, and the module.
"""

import importlib
import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def same(path: Path) -> bool:
    images = np.random.default_rng(1).random((1, 8, 8, 3), np.float32)
    try:
        model = keras.saving.load_model(path, compile=False)
        # As it is used: in a graph.
        outputs = np.asarray(tf.function(model)(images))
    except Exception:
        return False
    return np.allclose(outputs, np.load(path.with_suffix(".npy")), atol=1e-4)


paths = sorted(Path(sys.argv[1]).glob("*.keras"))
alone = [path.stem for path in paths if same(path)]
sys.path.append(str(Path(__file__).parents[1]))
importlib.import_module(sys.argv[2])
print(json.dumps([alone, [path.stem for path in paths if same(path)]]))  # noqa: T201
