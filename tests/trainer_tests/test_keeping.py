import contextlib
import json
import sys
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from trainer_tests.examples import made_manifest, run_script
from trainer_tests.own_layers import KEPT, REFUSED

from datasets import Dataset, Folder
from trainer import BundleError, InfeasibleError, load_bundle, read_manifest, write_bundle
from trainer.answering.views import view_average
from trainer.bundles.keeping import by_configuration, by_file, pack_model, prove_kept, unpack_model
from trainer.bundles.registered import registered_alone
from trainer.final.portable import untrained

pytestmark = pytest.mark.filterwarnings(
    # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)
SHAPE = (8, 8, 3)
IMAGES = np.random.default_rng(1).random((1, *SHAPE), np.float32)


@keras.saving.register_keras_serializable("other")
def elsewhere(inputs: Any) -> Any:
    return keras.ops.tanh(inputs)


def made(name: str) -> keras.Model:
    """Make a model, with weights of its own."""
    keras.utils.set_random_seed(3)
    make, _ = (KEPT | REFUSED)[name]
    model = make()
    model(IMAGES)
    return untrained(model)


@pytest.mark.parametrize("name", KEPT)
def test_what_can_be_kept_is_with_the_modules_it_needs(name: str) -> None:
    model, (_, needed) = made(name), KEPT[name]
    told = vars(model).copy()
    for remake in (by_configuration, by_file):
        remade, modules = prove_kept(model, SHAPE, remake=remake)
        assert modules == needed
        assert remade(IMAGES).numpy() == pytest.approx(model(IMAGES).numpy(), abs=1e-5)
    assert vars(model).keys() == told.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_in_one_line_that_says_what_to_do(name: str) -> None:
    for remake in (by_configuration, by_file):
        with pytest.raises(InfeasibleError, match=rf"^the model cannot be kept: .*{REFUSED[name][1]}") as raised:
            prove_kept(made(name), SHAPE, remake=remake)
        assert "\n" not in str(raised.value)


def test_a_process_that_knows_nothing_loads_what_is_kept_and_nothing_else(tmp_path: Path) -> None:
    expected: list[list[str]] = [[], []]
    for number, name in enumerate(KEPT | REFUSED):
        model, place = made(name), tmp_path / f"{number:02}.keras"
        if name in KEPT:
            images = keras.Input(SHAPE)
            packed = pack_model(keras.Model(images, model(images)), SHAPE)
            data, modules = packed.data, packed.modules
            place.write_bytes(data)
            expected[1].append(place.stem)
            expected[0] += [] if modules else [place.stem]
        else:
            with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"):
                model.save(place)
        with contextlib.suppress(AttributeError):  # of the eager one, which has outputs all the same
            np.save(place.with_suffix(".npy"), model(IMAGES))
    assert json.loads(run_script("load_models.py", tmp_path, "trainer_tests.own_layers")) == expected
    assert len(list(tmp_path.glob("*.keras"))) > len(KEPT) + 6


def test_a_bundle_names_its_modules_and_is_loaded_only_where_they_are_known(
    tiny_dataset: Dataset, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = view_average(made("with a registered layer"), image_shape=SHAPE)
    preprocessing = replace(tiny_dataset.preprocessing, image_size=SHAPE[0])
    manifest = write_bundle(folder, [model], made_manifest(tiny_dataset, preprocessing=preprocessing))
    assert manifest.modules == ("trainer_tests.own_layers",) == read_manifest(folder).modules
    assert "`galaxy` takes them by `--module trainer_tests.own_layers`" in folder.read("model-card.md").decode()
    assert load_bundle(folder).models[0](IMAGES).numpy() == pytest.approx(model(IMAGES).numpy(), abs=1e-5)
    of_before = json.loads(folder.read("bundle.json"))
    del of_before["modules"]
    with registered_alone({}):
        monkeypatch.delitem(sys.modules, "trainer_tests.own_layers")
        for document in (of_before | {"modules": list(manifest.modules)}, of_before):
            folder.write_whole("bundle.json", json.dumps(document).encode())
            with pytest.raises(
                BundleError,
                match=r"registered in (\S+), and nothing is imported unasked: give galaxy --module \1 where",
            ):
                load_bundle(folder)


def test_the_kept_model_carries_nothing_that_it_was_compiled_with(tmp_path: Path) -> None:
    data = pack_model(made("trained oddly"), SHAPE).data
    (tmp_path / "model.keras").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = json.loads(archive.read("config.json"))
    assert "compile_config" not in json.dumps(config)
    assert len(data) < 4 * unpack_model(data).count_params() + 40_000
