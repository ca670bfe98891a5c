"""Checkpoints of a training: `last` to go on from, `best` to use. Each is one file, read or replaced as a whole.

A checkpoint is an uncompressed `.npz`: the arrays, and a JSON text about them under `about`. Keras's own files lose the
state of seed generators, so a training continued from one differs from an uninterrupted one (other dropout masks).
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets import Folder
from trainer.errors import CheckpointError
from trainer.fitting.confusion import CONFUSION
from trainer.fitting.further_optimizers import further_optimizers
from trainer.fitting.keras_internals import global_seed_state
from trainer.frameworks import keras, tf

LAST, BEST = "last.npz", "best.npz"
_FORMAT = "galaxy-tuner-checkpoint/1"
_FURTHER = "further_optimizers"


@dataclass(frozen=True)
class TrainingState:
    """How far a training is, apart from the model.

    Attributes:
        epoch: Finished epochs.
        history: Metric → one value an epoch.
        dataset: Fingerprint of the dataset it is trained on.
        objective: What ``best`` refers to, as ``name:direction``.
    """

    epoch: int
    history: dict[str, list[float]]
    dataset: str
    objective: str


def pack_checkpoint(model: keras.Model, averages: Sequence[tf.Variable], state: TrainingState) -> bytes:
    """Write the model's weights and seed generators, its optimizer and the rest as the bytes of one file."""
    arrays: dict[str, Any] = {
        f"{group}/{index:04}": _storable(variable.numpy())
        for group, variables in _variables(model, averages).items()
        for index, variable in enumerate(variables)
    }
    about = json.dumps({"format": _FORMAT, **vars(state)})
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(about), **arrays)
    return buffer.getvalue()


def restore_checkpoint(
    model: keras.Model, averages: Sequence[tf.Variable], folder: Folder, name: str, *, expected: TrainingState
) -> TrainingState:
    """Load the checkpoint ``name`` into a built model with a built optimizer and return how far it is.

    The moving ``averages`` of the weights, where any are kept, are loaded as well. The checkpoint's dataset and
    objective must be those of ``expected``.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        CheckpointError: It is damaged, or of another dataset, objective or model.
    """
    path = folder.child(name).uri
    state, arrays = _unpack(folder.read(name), path)
    _check(path, "dataset", expected.dataset, state.dataset)
    _check(path, "objective", expected.objective, state.objective)
    # Everything is compared before anything is assigned: a refused checkpoint changes nothing.
    pairs: list[tuple[keras.Variable, npt.NDArray[np.generic]]] = []
    for group, variables in _variables(model, averages).items():
        stored = [arrays[key] for key in sorted(arrays) if key.startswith(f"{group}/")]
        if group == _FURTHER and not stored:  # an earlier version kept none
            continue
        shapes = [variable.shape for variable in variables], [array.shape for array in stored]
        _check(path, f"shapes of the {group}'s variables", *shapes)
        pairs += zip(variables, stored, strict=True)
    for variable, array in pairs:
        variable.assign(tf.cast(array, variable.dtype))
    return state


def epochs_done(folder: Folder) -> int:
    """Return after how many epochs the training in ``folder`` goes on; 0 where it begins anew. Builds no model."""
    data = folder.read_if_there(LAST)
    if data is None:
        return 0
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return int(json.loads(str(file["about"]))["epoch"])
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):  # who goes on with it says what is wrong
        return 0


def copy_checkpoints(parent: Folder, folder: Folder) -> None:
    """Copy ``last``, and ``best`` with its confusion if there is one, from ``parent``.

    Raises CheckpointError if ``last`` is missing.
    """
    # Last last: a copy that was cut off is made again.
    for name in (BEST, CONFUSION, LAST):
        data = parent.read_if_there(name)
        if data is not None:
            folder.write_whole(name, data)
        elif name == LAST:
            raise CheckpointError(f"{parent.child(name).uri!r}, to be continued, is missing: was it deleted?")


def delete_last(folder: Folder) -> None:
    """Delete the checkpoint to go on from, where nobody will; ``best`` stays. Raises StorageError if that fails."""
    folder.delete(LAST)


def delete_all(folder: Folder) -> None:
    """Delete the checkpoints of a training, where all that it is for has been taken from it."""
    for name in (LAST, CONFUSION, BEST):
        folder.delete(name)


def _variables(model: keras.Model, averages: Sequence[tf.Variable]) -> Mapping[str, Sequence[keras.Variable]]:
    # `model.variables` holds the weights and the states of all seed generators of its layers, but no metrics.
    return {
        "model": model.variables,
        "optimizer": model.optimizer.variables,
        _FURTHER: [own for one in further_optimizers(model) for own in one.variables],
        "averages": averages,
        "global_seed": [global_seed_state()],
    }


def _storable(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return float32 in place of formats that NumPy's files do not know, such as bfloat16: it holds their values."""
    return array if array.dtype.isbuiltin == 1 else array.astype(np.float32)


def _unpack(data: bytes, path: str) -> tuple[TrainingState, Mapping[str, npt.NDArray[np.generic]]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path!r} is damaged ({error}): delete it to start this training over") from error
    _check(path, "format", _FORMAT, about.get("format"))
    return TrainingState(about["epoch"], about["history"], about["dataset"], about["objective"]), arrays


def _check(path: str, what: str, expected: object, found: object) -> None:
    if expected != found:
        raise CheckpointError(
            f"{path!r} belongs to another training: {what}: expected {expected}, found {found}; delete it to start over"
        )
