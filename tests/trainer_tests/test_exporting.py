import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from trainer_tests.examples import MEMBER, made_manifest

from datasets import Dataset, building_place, decode, iterate_images, open_folder
from trainer import (
    Bundle,
    Classifier,
    ExportError,
    ExportFormat,
    export_model,
    exported_name,
    write_bundle,
)
from trainer.answering.decision import Decide
from trainer.answering.limits import Trust
from trainer.answering.none_of_these import NoneOfThese
from trainer.answering.novelty import describe, fit_novelty
from trainer.answering.selective import Answers
from trainer.answering.views import TWO_SIZES, view_average
from trainer.bundles.manifest import TrustRecord
from trainer.exporting.formats import FORMATS, named_format
from trainer.exporting.graph import _none as none_of

Images = npt.NDArray[np.uint8]
OUTPUTS = ["probabilities", "novelty"]
SIDE = 32
ZIP = "galaxy-zoo-2-five-class.zip"


def plain_network(seed: int, activation: str | None) -> keras.Model:
    keras.utils.set_random_seed(seed)
    layers = [
        keras.Input((SIDE, SIDE, 3)),
        keras.layers.Conv2D(4, 5, strides=3, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Dense(5, activation=activation, kernel_initializer="he_normal"),
    ]
    return keras.Sequential(layers, name="same")


def network(seed: int, activation: str | None) -> keras.Model:
    return view_average(plain_network(seed, activation), scales=TWO_SIZES)


@pytest.fixture(scope="module")
def classifier(tiny_dataset: Dataset) -> Classifier:
    """Two untrained networks of the same name, averaged over sixteen views, the second with logits."""
    manifest = made_manifest(
        tiny_dataset,
        members=(MEMBER, replace(MEMBER, name="t2", logits=True, weight=3.0)),
        temperature=0.125,
        created="2026-01-02T03:00:00+00:00",
        versions={"keras": keras.__version__},
        thresholds=dict.fromkeys(tiny_dataset.classes, 1.0) | {"edge-on": 1.5, tiny_dataset.classes[0]: 4.0},
        factors=dict.fromkeys(tiny_dataset.classes, 1.0) | {"spiral": 2.0},
        decide=Decide.OBJECTIVE,
        objective="val_macro_f1_decided:max",
        trust=TrustRecord("trust.npz", "", 40, 0.02, {"accuracy": 0.9, "balanced": None}, 0.03),
    )
    novelty = fit_novelty(describe(tiny_dataset.take(np.arange(len(tiny_dataset)))), seed=1)
    trust = Trust({decide: Answers(np.ones(1, np.float32), np.ones(1, bool)) for decide in Decide}, novelty)
    return Classifier(Bundle("/models/first", manifest, (network(1, "softmax"), network(2, None)), trust))


@pytest.fixture(scope="module")
def single(classifier: Classifier) -> Classifier:
    """The first of the two networks alone, of one view: where it does not matter what is exported."""
    manifest = replace(classifier.bundle.manifest, members=classifier.bundle.manifest.members[:1])
    return Classifier(replace(classifier.bundle, manifest=manifest, models=(plain_network(1, "softmax"),)))


@pytest.fixture(scope="module")
def images(tiny_dataset: Dataset) -> Images:
    """200 real galaxies where they are there, else the tiny dataset: uint8, (n, 32, 32, 3)."""
    source = Path(os.environ.get("GALAXY_DATA", Path(__file__).parents[3] / "shared" / "data")) / ZIP
    if not source.is_file():
        return tiny_dataset.take(np.arange(len(tiny_dataset)))
    files = list(iterate_images([source]))
    chosen = files[:: len(files) // 200][:200]
    return np.stack([decode(file.read(), crop=1.0, image_size=SIDE).pixels for file in chosen])


def by_onnx(path: Path, images: Images) -> tuple[Any, Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    texts = session.get_modelmeta().custom_metadata_map
    told = {key: json.loads(text) if text[0] in "[{" else text for key, text in texts.items()}
    assert [output.name for output in session.get_outputs()] == OUTPUTS
    return dict(zip(OUTPUTS, session.run(OUTPUTS, {"images": images}), strict=True)), told


def by_litert(path: Path, images: Images) -> tuple[Any, Any]:
    from ai_edge_litert.interpreter import Interpreter

    with zipfile.ZipFile(path) as archive:
        told = json.loads(archive.read("galaxy.json"))
    return Interpreter(str(path)).get_signature_runner("serving_default")(images=images), told


def by_tensorflow(path: Path, images: Images) -> tuple[Any, Any]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    told = json.loads((path / "assets.extra" / "galaxy.json").read_text())
    outputs = loaded.signatures["serving_default"](images=tf.constant(images))
    return {name: values.numpy() for name, values in outputs.items()}, told


RUNTIMES = {ExportFormat.ONNX: by_onnx, ExportFormat.LITERT: by_litert, ExportFormat.SAVEDMODEL: by_tensorflow}


@pytest.mark.parametrize(("format", "runtime"), RUNTIMES.items())
def test_its_own_runtime_gives_the_same_probabilities_for_a_batch_of_any_size(
    classifier: Classifier,
    images: Images,
    tmp_path: Path,
    format: ExportFormat,
    runtime: Callable[[Path, Images], tuple[Any, Any]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = export_model(classifier, format, tmp_path / "sub" / exported_name(classifier, format))
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in path.parent.iterdir()] == [f"first{FORMATS[format].suffix}"]
    expected = classifier.probabilities(images)
    assert expected.std(axis=0).min() > 0.01  # the images are told apart at all
    found, told = runtime(path, images)
    assert {name: values.dtype for name, values in found.items()} == dict.fromkeys(OUTPUTS, np.dtype(np.float32))
    assert np.abs(found["probabilities"] - expected).max() < 1e-4
    assert classifier.bundle.trust is not None
    assert classifier.bundle.trust.novelty is not None
    assert found["novelty"] == pytest.approx(classifier.bundle.trust.novelty.of(images), rel=1e-3)
    alone, _ = runtime(path, images[3:4])
    assert np.abs(alone["probabilities"] - expected[3:4]).max() < 1e-4
    assert alone["novelty"] == pytest.approx(found["novelty"][3:4], rel=1e-4)
    assert told["classes"] == list(classifier.classes)
    assert told["preprocessing"] == {
        "crop": 1.0,
        "image_size": SIDE,
        "source_size": [40, 40],
        "resampling": "lanczos",
        "stretch": None,
        "value_range": None,
    }
    assert told["decide"]["balanced"] == [4.0, 1.0, 1.5, 1.0, 1.0]
    assert told["decide"]["objective"] == [1.0, 1.0, 1.0, 1.0, 2.0]
    assert (told["decide_by_default"], told["objective"]) == ("objective", "val_macro_f1_decided:max")
    assert told["sure"] == {"max_error": 0.02, "from": {"accuracy": 0.9, "balanced": None}}
    assert told["novelty"]["unlike_above"] == 1.0


def test_a_model_that_does_not_know_its_limits_has_probabilities_alone(single: Classifier, tmp_path: Path) -> None:
    old = Classifier(replace(single.bundle, trust=None, manifest=replace(single.bundle.manifest, trust=None)))
    path = export_model(old, ExportFormat.ONNX, tmp_path / "old.onnx")
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    assert [output.name for output in session.get_outputs()] == ["probabilities"]
    told = session.get_modelmeta().custom_metadata_map
    assert (told["sure"], told["novelty"]) == ("null", "null")


def test_what_is_there_stays(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("mine")
    with pytest.raises(ExportError, match=r"m\.onnx' exists already: give a new place"):
        export_model(classifier, ExportFormat.ONNX, tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "named"), [("m.tflite", "litert"), ("m.ONNX", "onnx"), ("m.savedmodel", "savedmodel")]
)
def test_a_name_of_another_format_is_refused(classifier: Classifier, tmp_path: Path, name: str, named: str) -> None:
    assert named_format(name) == named
    for format in set(ExportFormat) - {named}:
        with pytest.raises(
            ExportError, match=rf"'.*{name}' is named as {named}, not as {format}: .*or --format {named}"
        ):
            export_model(classifier, format, tmp_path / name)
    assert named_format("m.v2") is None
    assert not [*tmp_path.iterdir()]


def test_of_classes_as_probable_the_first_is_named_in_what_is_of_none() -> None:
    rule = NoneOfThese(np.array([0.3, 0.5, 0.2]), np.array([0.1, 0.7, 1.9]))
    tied = np.array([[0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [1 / 3] * 3, [0.5, 0.3, 0.2]], np.float32)
    assert keras.ops.convert_to_numpy(none_of(tied, rule)) == pytest.approx(rule.of(tied), rel=1e-5)


def changed(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    changed = replace(FORMATS[ExportFormat.SAVEDMODEL], **changes)
    monkeypatch.setattr("trainer.exporting.export.FORMATS", {ExportFormat.SAVEDMODEL: changed})


def test_a_missing_package_is_said_with_how_to_install_it(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, packages={"numpy": "numpy", "no_such_module": "no-such"})
    expected = (
        r"^exporting to savedmodel needs numpy, no-such, but no-such cannot be found: .*pip install -e '\.\[export\]'"
    )
    with pytest.raises(ExportError, match=expected):
        export_model(classifier, ExportFormat.SAVEDMODEL, tmp_path / "m")


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("probabilities", 2e-4, r"expected the same probabilities within 0\.0001, found a difference of 0"),
        ("novelty", 1e-2, r"expected the same novelty within 0\.001, found a difference of "),
    ],
)
def test_a_model_that_says_something_else_there_is_not_kept(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: float, expected: str
) -> None:
    def run(path: Path, images: Images) -> dict[str, npt.NDArray[np.float32]]:
        assert classifier.bundle.trust is not None
        assert classifier.bundle.trust.novelty is not None
        novelty = classifier.bundle.trust.novelty.of(images).astype(np.float32)
        found = {"probabilities": classifier.probabilities(images), "novelty": novelty}
        return {**found, name: found[name] + np.float32(change)}

    monkeypatch.setattr("keras.Model.export", lambda model, path, **_: path.mkdir())
    changed(monkeypatch, run=run)
    with pytest.raises(ExportError, match=expected):
        export_model(classifier, ExportFormat.SAVEDMODEL, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def failing(error: BaseException) -> Callable[..., None]:
    def export(model: object, path: Path, **_: object) -> None:
        path.mkdir()
        (path / "part").write_text("half")
        raise error

    return export


def test_a_model_that_cannot_be_converted_is_refused(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keras.Model.export", failing(ValueError("no such\noperation")))
    expected = r"'/models/first' cannot be exported to savedmodel: expected .*, found ValueError: no such operation$"
    with pytest.raises(ExportError, match=expected):
        export_model(classifier, ExportFormat.SAVEDMODEL, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keras.Model.export", failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        export_model(classifier, ExportFormat.SAVEDMODEL, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


SLOW_EXPORT = """
import sys, time
from dataclasses import replace
from trainer import Classifier, ExportFormat, export_model
from trainer.exporting import export
form = export.FORMATS[ExportFormat.SAVEDMODEL]
def describe(*arguments):
    form.describe(*arguments)
    print("written", flush=True)
    time.sleep(60)
export.FORMATS = {ExportFormat.SAVEDMODEL: replace(form, describe=describe)}
export_model(Classifier.load(sys.argv[1]), ExportFormat.SAVEDMODEL, sys.argv[2])
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_a_killed_export_is_not_there_and_what_it_left_is_swept_away(single: Classifier, tmp_path: Path) -> None:
    write_bundle(open_folder(tmp_path / "model"), single.bundle.models, single.bundle.manifest)
    place = tmp_path / "place"
    arguments = [sys.executable, "-c", SLOW_EXPORT, str(tmp_path / "model"), str(place / "m")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert not (place / "m").exists()
    assert len(list(place.iterdir())) == 1
    with building_place(open_folder(place / "m")):
        pass
    assert list(place.iterdir()) == []
