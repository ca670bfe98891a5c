"""From hyperparameters to training: those named like a field of `trainer.TrainingOptions` set it."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from datasets import Augmentation, Balance
from search.errors import SpaceError
from search.values import Value
from trainer import TrainingOptions

_FIELDS = {field.name for field in fields(TrainingOptions)}
_AUGMENTATION = {f"augmentation_{field.name}": field.name for field in fields(Augmentation)}
_RATIOS = {"undersample": "undersampling_ratio", "oversample": "oversampling_ratio"}


def training_options(values: Mapping[str, Value], *, epochs: int, patience: int | None = None) -> TrainingOptions:
    """Return the options that ``values`` stand for; what they do not name keeps its default.

    Besides those named like a field of `trainer.TrainingOptions`:

    - ``balance`` is the kind of `datasets.Balance`: 'none'; 'undersample' with ``undersampling_ratio`` (times the
      rarest class, 1 if not given) and ``fresh_undersampling`` (each epoch anew, else once); 'oversample' with
      ``oversampling_ratio`` (times the most frequent class, 1 if not given); 'weights' with ``class_weight_power`` (of
      the inverse frequency, 1 if not given).
    - ``augmentation`` is a strength in 0–1 for rotation, zoom, shift and flip (`Augmentation.of_strength`); and
      ``augmentation_brightness``, ``augmentation_noise`` and so on set the field of `datasets.Augmentation` that they
      name, whatever the strength.

    ``epochs`` is the search's, never a hyperparameter. Raises SpaceError for a value that the trainer does not take.
    """
    chosen: dict[str, Any] = {name: value for name, value in values.items() if name in _FIELDS}
    try:
        if "balance" in values:
            chosen["balance"] = _balance(values)
        chosen["augmentation"] = _augmentation(values)
        return TrainingOptions(**({"patience": patience} | chosen | {"epochs": epochs}))
    except (TypeError, ValueError) as error:
        raise SpaceError(
            f"a hyperparameter is named like a training option but has another meaning: {error}"
        ) from error


def _balance(values: Mapping[str, Any]) -> Balance:
    kind = values["balance"]
    return Balance(
        kind=kind,
        ratio=float(values.get(_RATIOS.get(kind, ""), 1.0)),
        fresh=kind == "undersample" and bool(values.get("fresh_undersampling", False)),
        power=float(values.get("class_weight_power", 1.0)),
    )


def _augmentation(values: Mapping[str, Any]) -> Augmentation:
    changes = {field: values[name] for name, field in _AUGMENTATION.items() if name in values}
    return replace(Augmentation.of_strength(float(values.get("augmentation", 0.0))), **changes)
