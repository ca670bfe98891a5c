"""What the best epoch of a training took each class for, kept beside its checkpoint: read without Keras."""

import json
from dataclasses import dataclass

from datasets import Folder

CONFUSION = "confusion.json"
Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class EpochConfusion:
    """The answers of an epoch, from 1, on the validation images.

    ``matrix`` are (classes, classes) counts; rows are true classes, columns those decided for as the objective does.
    """

    epoch: int
    matrix: Matrix

    def packed(self) -> bytes:
        """Return it as JSON."""
        return json.dumps({"epoch": self.epoch, "matrix": self.matrix}).encode()


def read_confusion(checkpoints: Folder) -> EpochConfusion | None:
    """Return that of the best epoch; None where none was kept, as by earlier versions, or the file is damaged."""
    data = checkpoints.read_if_there(CONFUSION)
    try:
        found = {} if data is None else json.loads(data)
        matrix = tuple(tuple(int(count) for count in row) for row in found["matrix"])
        return EpochConfusion(int(found["epoch"]), matrix)
    except (ValueError, KeyError, TypeError):
        return None
