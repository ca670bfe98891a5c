import sys
from pathlib import Path

import pytest
from ui_tests.conftest import Galaxy

from cluster import TrainSettings, run_search, train_winners
from datasets import Dataset
from search import SearchSettings, SpaceError
from trainer.bundles.registered import registered_alone

_SPACE = """
import keras

layers = keras.layers

@keras.saving.register_keras_serializable("mine")
class Halve(layers.Layer):
    def call(self, inputs):
        return inputs / 2

def lambdas(hp, kind="lambda"):
    hp.Int("units", 1, 9)
    middle = Halve() if kind == "registered" else layers.Lambda(lambda inputs: inputs / 2, name="half")
    images = keras.Input((32, 32, 3))
    outputs = layers.Dense(5, "softmax")(layers.Flatten()(layers.AveragePooling2D(8)(middle(images))))
    model = keras.Model(images, outputs)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

def branching(hp):
    return lambdas(hp, hp.Choice("kind", ["registered", "lambda"]))
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a directory with a user's space the current one, and return the module's name."""
    (tmp_path / "mine.py").write_text(_SPACE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return "mine"


def settings(**changes: object) -> SearchSettings:
    return SearchSettings.model_validate({"name": "first", "trials": 2, "epochs": 1, "oracle": "random"} | changes)


def test_a_space_whose_models_cannot_be_kept_is_refused_before_any_training(tiny_dataset: Dataset, mine: str) -> None:
    with pytest.raises(SpaceError, match=r"the layer 'half' \(Lambda\) holds a lambda, which is not loaded for safety"):
        run_search(tiny_dataset.info.path, settings(hypermodel=f"{mine}:lambdas"), address="in-process")
    assert not Path("runs").exists() or not any(Path("runs").iterdir())


def test_a_branch_that_cannot_be_kept_is_infeasible_and_a_bundle_names_its_module(
    tiny_dataset: Dataset, mine: str, galaxy: Galaxy, caplog: pytest.LogCaptureFixture
) -> None:
    points = ({"kind": "registered"}, {"kind": "lambda"})
    asked = settings(hypermodel=f"{mine}:branching", points=points)
    view = run_search(tiny_dataset.info.path, asked, address="in-process")
    assert "is used with --module mine." in caplog.text
    best, other = view.rows
    assert (best.hyperparameters["kind"], str(other.state), other.epochs) == ("registered", "infeasible", 0)
    assert str(other.reason).startswith("the model cannot be kept: the layer 'half' (Lambda) holds a lambda")

    result = train_winners("first", TrainSettings(epochs=1), address="in-process")
    assert result.as_json()["modules"] == ["mine"]
    with registered_alone({}):  # as in a process that has not imported it
        del sys.modules["mine"]
        refused = galaxy("evaluate", result.model, tiny_dataset.info.path)
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
        assert "registered in mine, and nothing is imported unasked: give galaxy --module mine where" in refused.stderr
        absent = galaxy("evaluate", result.model, tiny_dataset.info.path, "--module", "absent")
        assert (absent.exit_code, absent.stderr.count("--module absent: cannot be imported from ")) == (1, 1)
        shown = galaxy("evaluate", result.model, tiny_dataset.info.path, "--module", "mine")
        assert shown.exit_code == 0, shown.stderr
        assert "IMAGE.jpg --module mine" in shown.stdout
