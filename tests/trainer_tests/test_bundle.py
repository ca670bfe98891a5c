import hashlib
import json
import math
import os
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from datasets import Folder, Preprocessing, open_folder
from trainer import BundleError, BundleMember, Manifest, load_bundle, model_card, read_manifest, write_bundle
from trainer.bundles.manifest import CARD, parse_manifest
from trainer.bundles.registered import missing_modules

pytestmark = pytest.mark.filterwarnings(
    # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

MEMBER = BundleMember("t1", True, 10, 3, 2, {"units": 8}, {"val_loss": 0.5, "val_auc": None})
MANIFEST = Manifest(
    classes=("edge-on", "In between smooth"),
    preprocessing=Preprocessing(8, 0.5, (232, 240)),
    dataset="/data/galaxies",
    dataset_fingerprint="f" * 64,
    members=(MEMBER,),
    temperature=1.5,
    seed=3,
    created="2025-01-01T00:00:00+00:00",
    versions={"keras": keras.__version__},
    metrics={"test": {"accuracy": 0.9}},
)


PREPARED = {"image_size": 8, "crop": 0.5, "source_size": [232, 240]}


def model(seed: int = 1, *layers: keras.Layer) -> keras.Model:
    keras.utils.set_random_seed(seed)
    built = keras.Sequential([keras.Input((8, 8, 3)), *layers, keras.layers.Flatten(), keras.layers.Dense(2)])
    built.compile("adam", "mse")
    return built


def test_gives_back_what_was_written(folder: Folder) -> None:
    models = [model(1), model(2)]
    manifest = replace(MANIFEST, members=(MEMBER, replace(MEMBER, name="t2")))
    written = write_bundle(folder, models, manifest)
    loaded = load_bundle(folder.uri)
    assert loaded.manifest == written == replace(manifest, files=written.files)
    images = np.random.default_rng(0).random((3, 8, 8, 3), np.float32)
    for before, after in zip(models, loaded.models, strict=True):
        assert np.array_equal(before(images), after(images))


def test_keeps_no_optimizer(folder: Folder) -> None:
    trained = model()
    trained.optimizer.build(trained.trainable_variables)
    write_bundle(folder, [trained], MANIFEST)
    loaded = load_bundle(folder)
    assert not loaded.models[0].compiled
    (name,) = loaded.manifest.files
    weights = 4 * trained.count_params()
    assert len(folder.read(name)) < weights + 30_000  # HDF5 adds about 20 kB, Adam would add twice the weights


def test_another_bundle_takes_the_place_of_the_first(folder: Folder) -> None:
    first = write_bundle(folder, [model(1)], MANIFEST)
    second = write_bundle(folder, [model(2)], replace(MANIFEST, temperature=2.0))
    assert set(first.files).isdisjoint(second.files)
    # Who has read the first one's manifest finds its files.
    assert folder.names() == sorted(["bundle.json", "model-card.md", *first.files, *second.files])
    assert load_bundle(folder).manifest.temperature == 2.0
    third = write_bundle(folder, [model(3)], MANIFEST)
    assert folder.names() == sorted(["bundle.json", "model-card.md", *second.files, *third.files])


def test_who_reads_while_bundles_are_replaced_gets_a_whole_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    models = [model(seed) for seed in range(4)]
    written = [write_bundle(folder, [models[0]], MANIFEST)]
    met, ended = list[Manifest](), threading.Event()

    def read() -> None:
        while not ended.is_set():
            met.append(load_bundle(folder).manifest)

    with ThreadPoolExecutor(1) as thread:
        reader = thread.submit(read)
        for number in range(1, 8):
            written += [write_bundle(folder, [models[number % 4]], replace(MANIFEST, temperature=1.0 + number))]
        ended.set()
        reader.result()
    assert all(each in written for each in met)

    # However slow: here two replacements come between the manifest and the files.
    write_bundle(folder, [models[0]], MANIFEST)
    real, replaced = Folder.read_if_there, iter([1, 2])

    def read_if_there(self: Folder, name: str) -> bytes | None:
        if name.endswith(".keras"):
            written.extend(write_bundle(folder, [models[number]], MANIFEST) for number in replaced)
        return real(self, name)

    monkeypatch.setattr(Folder, "read_if_there", read_if_there)
    assert load_bundle(folder).manifest == written[-1]


class Kill(BaseException):
    pass


def test_killed_at_any_write_it_is_the_old_bundle_or_the_new(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    models = [model(seed) for seed in range(3)]
    for seed in (0, 1):
        write_bundle(folder, [models[seed]], replace(MANIFEST, seed=seed))
    real = {name: getattr(Folder, name) for name in ("write_whole", "delete")}
    found: list[float] = []
    for last in range(99):
        left = iter(range(last))

        def dying(self: Folder, *arguments: Any, act: str, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Kill
            real[act](self, *arguments)

        for act in real:
            monkeypatch.setattr(Folder, act, partialmethod(dying, act=act))
        try:
            write_bundle(folder, [models[last % 3]], replace(MANIFEST, temperature=2.0 + last))
        except Kill:
            manifest = load_bundle(folder).manifest
            assert folder.read_if_there(CARD) in (None, model_card(manifest).encode())
            found.append(manifest.temperature)
        else:
            break
    # Before the model, before the older card is deleted, before the manifest, the card, an older model's deletion.
    assert found[:5] == [1.5, 1.5, 1.5, 5.0, 6.0]


def test_a_model_that_cannot_be_loaded_again_is_refused_and_the_older_bundle_stays(folder: Folder) -> None:
    write_bundle(folder, [model(1)], MANIFEST)
    names = folder.names()
    unsafe = model(2, keras.layers.Lambda(lambda images: images * 2))
    with pytest.raises(
        BundleError, match=r"^t1: the model cannot be kept: the layer 'lambda.*' \(Lambda\) holds a lambda"
    ):
        write_bundle(folder, [unsafe], MANIFEST)
    assert folder.names() == names
    load_bundle(folder)


def test_runs_no_code_from_a_bundle(folder: Folder, tmp_path: Path) -> None:
    trap = str(tmp_path / "trap")
    unsafe = model(2, keras.layers.Lambda(lambda images: (os.mkdir(trap), images)[1]))  # noqa: PTH102
    Path(trap).rmdir()
    unsafe.save(tmp_path / "unsafe.keras")
    smuggle(folder, (tmp_path / "unsafe.keras").read_bytes())
    with pytest.raises(BundleError, match=REFUSED + ".*Lambda"):
        load_bundle(folder)
    assert not Path(trap).exists()


REFUSED = r"model-0\.keras' cannot be loaded as the model 't1': expected one that Keras loads in safe mode, found "


def smuggle(folder: Folder, data: bytes) -> None:
    """Write a bundle with a model file that `write_bundle` would not take."""
    folder.write_whole("model-0.keras", data)
    folder.write_whole(
        "bundle.json", replace(MANIFEST, files={"model-0.keras": hashlib.sha256(data).hexdigest()}).as_document()
    )


@pytest.mark.parametrize(("module", "name"), [("trap", "Trap"), ("builtins", "exec"), (None, "Trap")])
def test_imports_nothing_that_a_bundle_names(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str | None, name: str
) -> None:
    (tmp_path / "trap.py").write_text("import keras\nclass Trap(keras.layers.Flatten): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    model(1).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        files = {member: archive.read(member) for member in archive.namelist()}
    config = json.loads(files["config.json"])
    flatten = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "Flatten")
    flatten |= {"module": module, "class_name": name, "registered_name": name}
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for member, data in (files | {"config.json": json.dumps(config).encode()}).items():
            archive.writestr(member, data)
    smuggle(folder, (tmp_path / "model.keras").read_bytes())
    with pytest.raises(BundleError, match=rf"{REFUSED}.*Could not locate class '{name}'"):
        load_bundle(folder)
    assert "trap" not in sys.modules


def rewritten(folder: Folder, **changes: Any) -> None:
    folder.write_whole("bundle.json", json.dumps(json.loads(folder.read("bundle.json")) | changes).encode())


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (
            lambda folder: folder.delete("bundle.json"),
            r"expected a folder with bundle\.json, found a folder without bundle\.json",
        ),
        (lambda folder: folder.delete_tree(), r"expected a folder with bundle\.json, found nothing"),
        (lambda folder: folder.write_whole("bundle.json", b"{"), r"is damaged: expected JSON in bundle\.json, found"),
        (lambda folder: folder.write_whole("bundle.json", b"[]"), "expected a bundle of format .*/1, found none"),
        (
            lambda folder: rewritten(folder, format="galaxy-tuner-bundle/99"),
            "expected a bundle of format galaxy-tuner-bundle/1, found galaxy-tuner-bundle/99",
        ),
        (
            lambda folder: rewritten(folder, temperature="hot"),
            r"is damaged: in bundle\.json, expected a number, found 'hot' \(temperature\)",
        ),
        (
            lambda folder: rewritten(folder, members=[asdict(replace(MEMBER, weight=0.0))]),
            r"in bundle\.json, expected weights above 0, found \[0\.0\]",
        ),
        *(
            (lambda folder, changes=changes: rewritten(folder, **changes), message)
            for changes, message in [
                ({"members": [asdict(replace(MEMBER, weight=math.inf))]}, r"expected weights above 0, found \[inf\]"),
                ({"temperature": 0}, "expected a temperature above 0, found 0"),
                ({"temperature": -1.0}, "expected a temperature above 0, found -1"),
                ({"temperature": math.nan}, "expected a temperature above 0, found nan"),
                ({"classes": ["a", "a"]}, "expected classes, each named once, found a, a"),
                ({"classes": []}, "expected classes, each named once, found"),
                ({"thresholds": {"a": 1.0}}, "expected thresholds of the classes .*, found those of a"),
                ({"factors": dict.fromkeys(MANIFEST.classes, -1.0)}, "expected factors above 0, found -1"),
                ({"factors": dict.fromkeys([*MANIFEST.classes, "x"], 1.0)}, "expected factors of the classes"),
                ({"preprocessing": PREPARED | {"crop": 0.0}}, "expected a crop above 0 and at most 1, found 0"),
                ({"preprocessing": PREPARED | {"image_size": 0}}, "expected an image_size above 0, found 0"),
                (
                    {"preprocessing": PREPARED | {"image_size": 48}},
                    r"does not fit bundle\.json: .* images \(48, 48, 3\)",
                ),
                ({"classes": ["a", "b", "c", "d"]}, r"to 4 classes, found one from .* to \(None, "),
            ]
        ),
        (lambda folder: rewritten(folder, files={}), r"expected a file for each member in .*, found 0 for 1"),
        (
            lambda folder: folder.delete(model_file(folder)),
            r"\.keras' is missing: expected the file that bundle\.json names, found none",
        ),
        (
            lambda folder: folder.write_whole(model_file(folder), b"other"),
            r"\.keras' has changed since it was written: expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}",
        ),
    ],
)
def test_what_does_not_fit_is_refused(folder: Folder, harm: Callable[[Folder], None], message: str) -> None:
    write_bundle(folder, [model()], MANIFEST)
    harm(folder)
    with pytest.raises(BundleError, match=message) as caught:
        load_bundle(folder)
    assert folder.uri in str(caught.value)
    assert "\n" not in str(caught.value)


def model_file(folder: Folder) -> str:
    (name,) = read_manifest(folder).files
    return name


def test_a_file_is_no_bundle(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BundleError, match=r"is not a bundle: expected a folder with bundle\.json, found a file"):
        load_bundle(tmp_path / "file")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("files", {"../../x": "0"}, r"expected files of the bundle, found \.\./\.\./x"),
        ("metrics", {"test": None}, r"found nothing \(metrics\.test\)"),
        ("versions", "DEEP", "nested too deeply"),
    ],
)
def test_what_a_stranger_wrote_into_a_description_is_refused_in_a_line(bundle, key, value, said):
    document = json.loads((bundle / "bundle.json").read_bytes()) | {key: value}
    data = json.dumps(document).replace('"DEEP"', "[" * 200_000 + "]" * 200_000)
    with pytest.raises(BundleError, match=said):
        parse_manifest(data.encode(), "here")


def test_a_model_file_that_is_no_zip_and_a_day_without_a_date_are_no_tracebacks(bundle):
    assert missing_modules(b"no zip") == ()
    assert replace(read_manifest(open_folder(bundle)), created="yesterday").made == 0
