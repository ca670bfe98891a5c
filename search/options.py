"""From hyperparameters to training: those named like a field of `trainer.TrainingOptions` set it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from datasets import Augmentation, Balance
from search.errors import SpaceError
from search.records import Value
from trainer import TrainingOptions

_FIELDS = {field.name for field in fields(TrainingOptions)}


def training_options(values: Mapping[str, Value], *, epochs: int, patience: int | None = None) -> TrainingOptions:
    """Return the options that ``values`` stand for; what they do not name keeps its default.

    ``balance`` is 'none' or 'undersample', the latter with ``undersampling_ratio`` (times the rarest class);
    ``augmentation`` is a strength in 0–1. ``epochs`` is the search's, never a hyperparameter.
    Raises SpaceError for a value that the trainer does not take.
    """
    chosen: dict[str, Any] = {name: value for name, value in values.items() if name in _FIELDS}
    try:
        if "balance" in chosen:
            chosen["balance"] = Balance(kind=chosen["balance"], ratio=float(values.get("undersampling_ratio", 1.0)))
        if "augmentation" in chosen:
            chosen["augmentation"] = Augmentation.of_strength(float(chosen["augmentation"]))
        return TrainingOptions(**({"patience": patience} | chosen | {"epochs": epochs}))
    except (TypeError, ValueError) as error:
        raise SpaceError(
            f"a hyperparameter is named like a training option but has another meaning: {error}"
        ) from error
