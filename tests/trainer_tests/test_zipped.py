import io
import zipfile
from pathlib import Path

import pytest
from trainer_tests.examples import made_manifest

from datasets import Dataset, open_folder
from trainer import BundleError, exports_beside, load_bundle, remove_export, write_bundle, write_zip, zipped_size


@pytest.fixture
def bundle(tiny_dataset: Dataset, tmp_path: Path) -> Path:
    import keras

    model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(5)])
    write_bundle(open_folder(tmp_path / "runs" / "model"), [model], made_manifest(tiny_dataset))
    return tmp_path / "runs" / "model"


def test_a_zip_has_the_size_that_was_said_and_is_a_bundle_again(bundle: Path, tmp_path: Path) -> None:
    (bundle / "notes.txt").write_text("of no bundle")
    target = io.BytesIO()
    write_zip(open_folder(bundle), target, "first-modèle")
    assert len(target.getvalue()) == zipped_size(open_folder(bundle), "first-modèle")
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "elsewhere")
    unpacked = tmp_path / "elsewhere" / "first-modèle"
    assert load_bundle(unpacked).manifest == load_bundle(bundle).manifest
    assert not (unpacked / "notes.txt").exists()


def test_what_is_no_bundle_cannot_be_zipped(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text("{}")
    with pytest.raises(BundleError, match="expected a bundle of format"):
        write_zip(open_folder(tmp_path), io.BytesIO(), "x")


def test_exports_are_found_by_their_usual_names(bundle: Path) -> None:
    assert [each.size for each in exports_beside(open_folder(bundle))] == [None, None, None]
    (bundle.parent / "model.tflite").write_bytes(b"12345")
    (bundle.parent / "model.savedmodel" / "variables").mkdir(parents=True)
    (bundle.parent / "model.savedmodel" / "variables" / "x").write_bytes(b"123")
    onnx, litert, saved = exports_beside(open_folder(bundle))
    assert (onnx.size, litert.size, saved.size) == (None, 5, 3)
    assert onnx.path == bundle.parent / "model.onnx"
    assert not litert.is_older
    for each in (onnx, litert, saved):
        remove_export(each)
    assert [each.size for each in exports_beside(open_folder(bundle))] == [None, None, None]
