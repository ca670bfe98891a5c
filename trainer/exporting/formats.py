"""The formats that models are exported to: how each is written, described, and run by its own runtime.

Importing this needs no TensorFlow; what a format needs is imported when it is used.
"""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import keras

INPUT, OUTPUT, NOVELTY = "images", "probabilities", "novelty"
DESCRIPTION = "galaxy.json"
"""The description's name in a format that holds files."""
Description = Mapping[str, Any]
Images = npt.NDArray[np.uint8]
Outputs = Mapping[str, npt.NDArray[np.float32]]


class ExportFormat(StrEnum):
    """What other programs run."""

    ONNX = "onnx"
    LITERT = "litert"
    SAVEDMODEL = "savedmodel"


@dataclass(frozen=True)
class Form:
    """How a format is made and used.

    Attributes:
        suffix: of its file or folder.
        packages: module → distribution of all that it needs beside TensorFlow.
        write: writes a model that takes one input, with its signature and description, at a path.
        run: has the format's own runtime compute the outputs, by name, of images, (n, side, side, 3).
    """

    suffix: str
    packages: Mapping[str, str] = field(repr=False)
    write: Callable[["keras.Model", list[Any], Description, Path], None] = field(repr=False)
    run: Callable[[Path, Images], Outputs] = field(repr=False)


def _write_onnx(model: "keras.Model", signature: list[Any], description: Description, path: Path) -> None:
    import onnx

    model.export(path, format="onnx", input_signature=signature, verbose=False)
    written = onnx.load(path)
    for value in (*written.graph.input, *written.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    outputs = sorted(written.graph.output, key=lambda output: output.name != OUTPUT)  # first what is asked for most
    del written.graph.output[:]
    written.graph.output.extend(outputs)
    texts = {key: value if isinstance(value, str) else _json(value) for key, value in description.items()}
    onnx.helper.set_model_props(written, texts)
    onnx.checker.check_model(written)
    onnx.save(written, path)


def _run_onnx(path: Path, images: Images) -> Outputs:
    import onnxruntime  # type: ignore[import-untyped]

    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {INPUT: images}), strict=True))


def _write_litert(model: "keras.Model", signature: list[Any], description: Description, path: Path) -> None:
    model.export(path, format="litert", input_signature=signature, verbose=False)
    # As TensorFlow Lite's own metadata does with its files: a zip behind the model, which runtimes do not look at.
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(DESCRIPTION, _json(description))


def _run_litert(path: Path, images: Images) -> Outputs:
    from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]

    found: Outputs = Interpreter(str(path)).get_signature_runner()(**{INPUT: images})
    return found


def _write_savedmodel(model: "keras.Model", signature: list[Any], description: Description, path: Path) -> None:
    model.export(path, format="tf_saved_model", input_signature=signature, verbose=False)
    extra = path / "assets.extra"  # TensorFlow's place for files that are not the graph's
    extra.mkdir()
    (extra / DESCRIPTION).write_text(_json(description), encoding="utf-8")


def _run_savedmodel(path: Path, images: Images) -> Outputs:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))  # its variables live as long as this name
    return {name: values.numpy() for name, values in loaded.serve(images).items()}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


FORMS: Mapping[ExportFormat, Form] = {
    ExportFormat.ONNX: Form(
        ".onnx", {"onnx": "onnx", "tf2onnx": "tf2onnx", "onnxruntime": "onnxruntime"}, _write_onnx, _run_onnx
    ),
    ExportFormat.LITERT: Form(".tflite", {"ai_edge_litert": "ai-edge-litert"}, _write_litert, _run_litert),
    ExportFormat.SAVEDMODEL: Form(".savedmodel", {}, _write_savedmodel, _run_savedmodel),
}
