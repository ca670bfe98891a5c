"""The formats that models are exported to: how each is described, and run by its own runtime.

Importing this needs no TensorFlow; what a format needs is imported when it is used.
"""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trainer.bundles.manifest import Manifest

INPUT, OUTPUT, NOVELTY, NONE = "images", "probabilities", "novelty", "none"
_FORMAT = "galaxy-tuner-export/1"
DESCRIPTION = "galaxy.json"
"""The description's name in a format that holds files."""
Description = Mapping[str, object]
Images = npt.NDArray[np.uint8]
Outputs = Mapping[str, npt.NDArray[np.float32]]


class ExportFormat(StrEnum):
    """What other programs run."""

    ONNX = "onnx"
    LITERT = "litert"
    SAVEDMODEL = "savedmodel"


@dataclass(frozen=True)
class Format:
    """How a format is made and used.

    Attributes:
        name: in Keras's ``export``.
        suffix: of its file or folder.
        packages: module → distribution of all that it needs beside TensorFlow.
        describe: puts a description in a model that lies at a path.
        run: has the format's own runtime compute the outputs, by name, of images, (n, side, side, 3).
    """

    name: str
    suffix: str
    packages: Mapping[str, str] = field(repr=False)
    describe: Callable[[Path, Description], None] = field(repr=False)
    run: Callable[[Path, Images], Outputs] = field(repr=False)


def _describe_onnx(path: Path, description: Description) -> None:
    import onnx

    model = onnx.load(path)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    outputs = sorted(model.graph.output, key=lambda output: output.name != OUTPUT)  # first what is asked for most
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    texts = {key: value if isinstance(value, str) else _json(value) for key, value in description.items()}
    onnx.helper.set_model_props(model, texts)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _run_onnx(path: Path, images: Images) -> Outputs:
    import onnxruntime  # type: ignore[import-untyped]

    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {INPUT: images}), strict=True))


def _describe_litert(path: Path, description: Description) -> None:
    # As TensorFlow Lite's own metadata does with its files: a zip behind the model, which runtimes do not look at.
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(DESCRIPTION, _json(description))


def _run_litert(path: Path, images: Images) -> Outputs:
    from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]

    outputs: Outputs = Interpreter(str(path)).get_signature_runner()(**{INPUT: images})
    return outputs


def _describe_savedmodel(path: Path, description: Description) -> None:
    extra = path / "assets.extra"  # TensorFlow's place for files that are not the graph's
    extra.mkdir()
    (extra / DESCRIPTION).write_text(_json(description), encoding="utf-8")


def _run_savedmodel(path: Path, images: Images) -> Outputs:
    from trainer.frameworks import tf

    loaded = tf.saved_model.load(str(path))  # its variables live as long as this name
    return {name: values.numpy() for name, values in loaded.serve(images).items()}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


FORMATS: Mapping[ExportFormat, Format] = {
    ExportFormat.ONNX: Format(
        "onnx", ".onnx", {"onnx": "onnx", "tf2onnx": "tf2onnx", "onnxruntime": "onnxruntime"}, _describe_onnx, _run_onnx
    ),
    ExportFormat.LITERT: Format(
        "litert", ".tflite", {"ai_edge_litert": "ai-edge-litert"}, _describe_litert, _run_litert
    ),
    ExportFormat.SAVEDMODEL: Format("tf_saved_model", ".savedmodel", {}, _describe_savedmodel, _run_savedmodel),
}


def named_format(path: str | Path) -> ExportFormat | None:
    """Return the format that a path is named as; None where its suffix is of none."""
    suffix = Path(path).suffix.lower()
    return next((format for format, form in FORMATS.items() if form.suffix == suffix), None)


def description_of(manifest: Manifest) -> dict[str, object]:
    """Return the description that goes with an exported model.

    ``preprocessing`` says what was done to the training images and has to be done to others before they are given to
    the model: the central square of ``crop`` times the shorter side, resampled to ``image_size``; ``source_size`` is
    the (height, width) of the median source, and ``stretch`` what made pictures of FITS bands, resampled
    bicubically before (null: there were none; see `datasets.images.fits.stretch`); ``value_range`` has the values of
    arrays that became 0 and 255, as they were stated (null: pictures, or it was evident). ``decide`` has, for each way
    to name a class, the factors to multiply its probabilities by before the largest is taken, so that the class named
    need not be the most probable one; ``decide_by_default`` is the way that `galaxy classify` takes, and ``objective``
    what the factors of that name are best for (null in older models). ``sure`` has the probability
    of the class decided for from which at most ``max_error`` of the answers should be wrong (null: nothing is
    promised), and ``novelty`` the output that is above ``unlike_above`` for images not like the training's; both are
    null in models that do not know. So is ``none``, the output that is above ``none_above`` for galaxies of none of the
    classes, in models that were shown no such; an answer on one is not sure, whatever its probability. ``interim`` is
    true of a trial's model that was not tested, of before the first training of a finalist.
    """
    preprocessing, side, trust = manifest.preprocessing, manifest.preprocessing.image_size, manifest.trust
    novelty = {"name": NOVELTY, "dtype": "float32", "shape": ["batch"], "unlike_above": 1.0}
    none = {"name": NONE, "dtype": "float32", "shape": ["batch"], "none_above": 1.0}
    return {
        "format": _FORMAT,
        "classes": list(manifest.classes),
        "input": {"name": INPUT, "dtype": "uint8", "shape": ["batch", side, side, 3], "colours": "RGB"},
        "output": {"name": OUTPUT, "dtype": "float32", "shape": ["batch", len(manifest.classes)]},
        "preprocessing": {
            "crop": preprocessing.crop,
            "image_size": side,
            "source_size": list(preprocessing.source_size),
            "resampling": "lanczos",
            "stretch": None if preprocessing.stretch is None else asdict(preprocessing.stretch),
            "value_range": None if preprocessing.value_range is None else list(preprocessing.value_range),
        },
        "decide": {
            point.value: [factors.get(name, 1.0) for name in manifest.classes]
            for point, factors in manifest.points().items()
        },
        "decide_by_default": manifest.decide.value,
        "objective": manifest.objective,
        "sure": None if trust is None else {"max_error": trust.max_error, "from": dict(trust.sure_from)},
        "novelty": None if trust is None or trust.false_alarms is None else novelty,
        "none": None if manifest.none is None else none,
        "dataset_fingerprint": manifest.dataset_fingerprint,
        "interim": manifest.interim,
        "trials": [member.name for member in manifest.members],
        "created": manifest.created,
        "versions": dict(manifest.versions),
    }
