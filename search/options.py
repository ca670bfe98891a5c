"""From hyperparameters to training: those named like a field of `trainer.TrainingOptions` set it."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from datasets import Augmentation, Balance
from search.errors import SpaceError
from search.values import Value
from trainer import TrainingOptions

_FIELDS = {field.name for field in fields(TrainingOptions)}
_AUGMENTATION = {f"augmentation_{field.name}": field.name for field in fields(Augmentation)}
_RATIOS = {"undersample": "undersampling_ratio", "oversample": "oversampling_ratio"}
_OTHERS = (*_RATIOS.values(), "fresh_undersampling", "class_weight_power")
OPTION_NAMES = frozenset(_FIELDS.union(_AUGMENTATION, _OTHERS))
"""Names of hyperparameters that set a training option, whether or not a space declares them."""


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

    ``epochs`` is the search's: `check_names` refuses a hyperparameter of that name. Raises SpaceError for a value that
    the trainer does not take.
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


def check_names(names: Collection[str]) -> dict[str, str]:
    """Return the names of hyperparameters that are one edit away from a training option's, and that option.

    They belong to ``build``, as all do that are no training option's: most likely by mistake. Raises SpaceError for
    ``epochs``, which would have no effect, and for what oracles note among the values for themselves.
    """
    if "epochs" in names:
        raise SpaceError(
            "the space has a hyperparameter 'epochs', but how long a trial trains is the search's: remove it, and give "
            "--epochs (what is trained in vain is stopped by the scheduler)"
        )
    for name in names:
        if name.startswith("tuner/"):
            raise SpaceError(
                f"the space has a hyperparameter {name!r}, but names in tuner/ are Keras Tuner's: rename it"
            )
    return {
        name: option
        for name in names
        if name not in OPTION_NAMES
        for option in sorted(OPTION_NAMES)
        if _one_edit(name, option)
    }


def _one_edit(name: str, option: str) -> bool:
    """Whether they differ in no more than case and one letter: too many, too few, wrong, or swapped with the next."""
    name = name.casefold()
    if name == option:
        return True
    start = next((at for at, (one, other) in enumerate(zip(name, option, strict=False)) if one != other), None)
    if start is None:
        return abs(len(name) - len(option)) == 1
    mine, theirs = name[start:], option[start:]
    swapped = mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:]
    return swapped or mine[1:] == theirs or mine == theirs[1:] or mine[1:] == theirs[1:]


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
