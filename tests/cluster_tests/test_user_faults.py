"""What a user's own code can do wrong: each is one line with the file and line of that code, never a fault of ours."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster import run_search
from datasets import Dataset, GalaxyTunerError
from search import SearchSettings, SpaceError, load_hypermodel, make_oracle, read_search
from search.space.discovery import discover
from trainer import Objective, import_modules

_FAULTS = """
import functools
import sys

import keras
import keras_tuner
from my_models import tiny

def raising(hp):
    raise LookupError("first\\nsecond")  # HERE raising

def leaving(hp):
    sys.exit("done")  # HERE leaving

class Leaving(keras_tuner.Oracle):
    def populate_space(self, trial_id):
        sys.exit(3)  # HERE Leaving

class Raising(keras_tuner.HyperModel):
    def __init__(self, input_shape, num_classes):
        {}["absent"]  # HERE Raising

class Strict(keras_tuner.HyperModel):
    def __init__(self, shape):  # HERE Strict
        super().__init__()

def nothing(hp):  # HERE nothing
    hp.Int("units", 2, 40)

def _unfinished(hp, units):  # HERE partial
    hp.Int("units", 2, units)

partial = functools.partial(_unfinished, units=40)

def uncompiled(hp):  # HERE uncompiled
    return keras.Sequential([keras.layers.Dense(hp.Int("units", 2, 40))])

def elsewhere(hp):  # HERE elsewhere
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(hp.Int("units", 7, 9))])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

def loss(true, predicted):
    raise RuntimeError("no loss")  # HERE losing

def losing(hp):
    model = tiny(hp)
    if hp.get("units") == 4:
        sys.exit("enough")  # HERE exiting
    if hp.get("units") > 2:
        model.compile("adam", loss)
    return model

def refusing(**known):
    raise PermissionError("not today")  # HERE refusing

def taking(space):  # HERE taking
    return None

def none(**known):  # HERE none
    return None

class Dividing(keras_tuner.Oracle):
    def populate_space(self, trial_id):
        return 1 / 0  # HERE Dividing

class Silent(keras_tuner.Oracle):
    def populate_space(self, trial_id):  # HERE Silent
        return None

class Unscored(keras_tuner.oracles.RandomSearchOracle):
    def score_trial(self, trial):
        raise OSError("disc")  # HERE Unscored
"""


@pytest.fixture
def faults(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the user's module `my_faults`, and others that cannot be imported."""
    (here / "my_faults.py").write_text(_FAULTS)
    (here / "my_syntax.py").write_text("\ndef build(hp:\n")
    (here / "my_import.py").write_text("\n\nimport absent_package\n")
    (here / "my_script.py").write_text("import argparse\n\n\nargparse.ArgumentParser().exit(2)\n")
    monkeypatch.delitem(__import__("sys").modules, "my_faults", raising=False)
    return here


def place(name: str) -> str:
    """Return the place in `my_faults` that is marked with ``name``."""
    (number,) = (n for n, line in enumerate(_FAULTS.splitlines(), 1) if line.endswith(f"# HERE {name}"))
    return f"(my_faults.py:{number})"


def load(reference: str) -> None:
    discover(load_hypermodel(reference, input_shape=(32, 32, 3), num_classes=5))


def propose(reference: str) -> None:
    space = discover(load_hypermodel("my_models:tiny", input_shape=(32, 32, 3), num_classes=5))
    objective = Objective.parse("val_accuracy")
    make_oracle(reference, hyperparameters=space, objective=objective, max_trials=2, seed=1).create_trial("worker")


@pytest.mark.parametrize(
    ("use", "name", "said"),
    [
        (load, "raising", "LookupError: first second"),
        (load, "leaving", r"RuntimeError: sys.exit\('done'\) was called"),
        (load, "Raising", "KeyError: 'absent'"),
        (load, "Strict", "unexpected keyword argument 'input_shape'"),
        (propose, "refusing", "PermissionError: not today"),
        (propose, "taking", "unexpected keyword argument 'hyperparameters'"),
        (propose, "none", "expected a keras_tuner.Oracle, got NoneType"),
        (propose, "Dividing", "populate_space raised ZeroDivisionError: division by zero"),
        (propose, "Leaving", r"populate_space raised RuntimeError: sys.exit\(3\) was called"),
        (propose, "Silent", "populate_space must return a dictionary .* but returned None"),
    ],
)
def test_what_goes_wrong_in_the_users_code_is_one_line_with_its_place(
    use: Callable[[str], None], name: str, said: str, faults: Path
) -> None:
    with pytest.raises(GalaxyTunerError, match=said) as caught:
        use(f"my_faults:{name}")
    assert str(caught.value).endswith(place(name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("module", "line"), [("my_syntax", 2), ("my_import", 3), ("my_script", 4)])
def test_a_module_that_cannot_be_imported_is_named_with_the_line(module: str, line: int, faults: Path) -> None:
    for use in (lambda: load(f"{module}:build"), lambda: import_modules([module])):
        with pytest.raises(GalaxyTunerError, match=f"cannot be imported from .* \\({module}.py:{line}\\)$"):
            use()


@pytest.mark.parametrize("name", ["nothing", "uncompiled", "partial", "elsewhere"])
def test_a_build_that_gives_no_model_is_named_with_its_place(name: str, faults: Path, tiny_dataset: Dataset) -> None:
    with pytest.raises(GalaxyTunerError, match=f"must (return|give) .*{re.escape(place(name))}$"):
        run_search(tiny_dataset.info.path, settings(hypermodel=f"my_faults:{name}"), address="in-process")


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "trials": 2, "epochs": 1, "oracle": "random", "hypermodel": "my_models:tiny"}
    return SearchSettings.model_validate(known | {"scheduler": "none"} | changes)


def test_a_trials_reason_names_the_place_and_its_traceback_is_kept(faults: Path, tiny_dataset: Dataset) -> None:
    asked = settings(hypermodel="my_faults:losing", trials=3, points=[{"units": 3}, {"units": 2}, {"units": 4}])
    view = run_search(tiny_dataset.info.path, asked, address="in-process")
    assert {row.trial_id: row.reason for row in view.rows} == {
        "0001": None,
        "0000": f"RuntimeError: no loss {place('losing')}",
        "0002": f"RuntimeError: sys.exit('enough') was called {place('exiting')}",
    }
    assert sorted(file.name for file in Path("runs/first/tracebacks").iterdir()) == ["0000.txt", "0002.txt"]
    kept = Path("runs/first/tracebacks/0000.txt").read_text()
    assert kept.startswith("Traceback (most recent call last):")
    assert kept.endswith("RuntimeError: no loss\n")


def test_a_search_that_such_a_fault_ends_says_where_in_its_state(faults: Path, tiny_dataset: Dataset) -> None:
    with pytest.raises(SpaceError, match="end_trial raised OSError: disc"):
        run_search(tiny_dataset.info.path, settings(oracle="my_faults:Unscored"), address="in-process")
    said = f"--oracle my_faults:Unscored: end_trial raised OSError: disc {place('Unscored')}"
    assert f'"failed", "reason": "{said}"' in Path("runs/first/state.json").read_text()
    assert read_search("runs", "first").state == "failed"
