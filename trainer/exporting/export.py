"""Writing a bundle in the format of another program, whole or not at all, and only if that program agrees with us."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets import building_place, open_folder
from trainer.answering.predicting import full_float32
from trainer.bundles.classifier import Classifier
from trainer.errors import ExportError, one_line
from trainer.exporting.formats import FORMATS, NONE, NOVELTY, OUTPUT, ExportFormat, Format, description_of, named_format
from trainer.exporting.graph import ServingModel, serving_signature
from trainer.quiet import without_noise

TOLERANCE = 1e-4
"""Largest difference of a probability from the classifier's; the converters' own are below 1e-6."""
_RATIO_TOLERANCE = 1e-3
"""Largest difference of other outputs, as a share of them: the classifier sums in float64."""
_CHECKED = 8


def exported_name(classifier: Classifier, format: ExportFormat) -> str:
    """Return the usual name of an exported model: its bundle's, with the suffix of the format."""
    return classifier.bundle.uri.rstrip("/").rpartition("/")[2] + FORMATS[format].suffix


def export_model(classifier: Classifier, format: ExportFormat, target: str | Path) -> Path:
    """Write a classifier as a model that takes uint8 images and gives calibrated probabilities; return where.

    The model has one input, ``images``: uint8 (batch, side, side, 3), and the outputs ``probabilities``: float32
    (batch, classes), and, where the classifier knows them, ``novelty`` and ``none``: float32 (batch,), for batches of
    any size. Its description (`description_of`) is in ONNX the model's metadata, in LiteRT the file ``galaxy.json`` of
    the zip behind the model, in a SavedModel ``assets.extra/galaxy.json``. It is kept only if its own runtime gives our
    answers. ``target`` is a local path; nothing may be there yet.

    Raises:
        ExportError: The target is named as another format, or there already, a package is missing, the model cannot be
            written in this format, or gives other answers there. Nothing is left behind.
        StorageError: The target cannot be written.
    """
    form, folder = FORMATS[format], open_folder(target)
    if folder.local is None:
        raise ExportError(f"{folder.uri!r} cannot be written: expected a path on this machine, found a URI")
    if (named := named_format(folder.local)) not in (None, format):
        raise ExportError(
            f"{str(target)!r} is named as {named}, not as {format}: expected a name that ends in {form.suffix}, or "
            f"--format {named}"
        )
    if folder.exists():
        raise ExportError(f"{folder.uri!r} exists already: give a new place for the model, or remove it first")
    _check_installed(format)
    with building_place(folder) as place:
        built = place / f"model{form.suffix}"
        _write(classifier, format, form, built)
        built.rename(folder.local)
    return folder.local


def _check_installed(format: ExportFormat) -> None:
    packages = FORMATS[format].packages
    missing = [name for module, name in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ExportError(
            f"exporting to {format} needs {', '.join(packages.values())}, but {', '.join(missing)} cannot be found: "
            "install what is missing with pip install -e '.[export]' in the folder of Galaxy Tuner"
        )


@full_float32()
def _write(classifier: Classifier, format: ExportFormat, form: Format, path: Path) -> None:
    bundle = classifier.bundle
    images = _some_images(bundle.manifest.preprocessing.image_size)
    try:
        with without_noise(), warnings.catch_warnings():
            # Keras checks whether NumPy still has `np.object`.
            warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
            model = ServingModel(bundle)
            model(images[:1])
            model.export(path, format=form.name, input_signature=serving_signature(bundle), verbose=False)
            form.describe(path, description_of(bundle.manifest))
            first, rest = form.run(path, images[:1]), form.run(path, images[1:])
            outputs = {name: np.concatenate([first[name], rest[name]]) for name in first}
    except OSError:
        raise
    except Exception as error:  # converters and runtimes fail with any type
        raise ExportError(
            f"{bundle.uri!r} cannot be exported to {format}: expected a model that it can hold, found {one_line(error)}"
        ) from error
    compared = {OUTPUT: (float(np.abs(outputs[OUTPUT] - classifier.probabilities(images)).max()), TOLERANCE)}
    if bundle.trust is not None and bundle.trust.novelty is not None:
        ratio = outputs[NOVELTY] / bundle.trust.novelty.of(images)
        compared[NOVELTY] = (float(np.abs(ratio - 1).max()), _RATIO_TOLERANCE)
    if bundle.trust is not None and bundle.trust.none is not None:
        ratio = outputs[NONE] / bundle.trust.none.of(outputs[OUTPUT])
        compared[NONE] = (float(np.abs(ratio - 1).max()), _RATIO_TOLERANCE)
    for name, (difference, tolerance) in compared.items():
        if not difference <= tolerance:
            raise ExportError(
                f"{bundle.uri!r} cannot be exported to {format}: expected the same {name} within {tolerance:g}, "
                f"found a difference of {difference:.2g}"
            )


def _some_images(side: int) -> npt.NDArray[np.uint8]:
    """Return images of noise, and of a smooth spot in the dark as galaxies are: uint8, (_CHECKED, side, side, 3)."""
    noise = np.random.default_rng(1).random((_CHECKED // 2, side, side, 3))
    y, x = np.mgrid[:side, :side] / side - 0.5
    spots = [np.exp(-((x / width) ** 2 + (y / 0.1) ** 2))[..., None] for width in np.linspace(0.1, 0.3, _CHECKED // 2)]
    images = np.concatenate([noise, np.stack(spots) * (0.9, 0.8, 0.7) + 0.02 * noise])
    return (images * np.linspace(20, 240, _CHECKED).reshape(-1, 1, 1, 1)).astype(np.uint8)
