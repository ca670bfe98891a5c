"""A HyperModel that is given as an object, as a notebook or script defines it: no module has it."""

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from cluster import TrainSettings, resume_fit, resume_search, run_search, train_winners, train_within
from cluster.nodes.code import code_identity
from cluster.workers.by_value import modules_of, packed, unpacked
from datasets import Dataset, GalaxyTunerError, open_folder
from search import (
    FitRecord,
    SearchLayout,
    SearchSettings,
    SearchState,
    check_given,
    load_hypermodel,
    note_fit,
    with_given,
)

# As cells are run, `my_models` being a module beside the notebook.
_CELLS = """
import keras_tuner
from my_models import tiny

low = 2

def build(hp):
    return tiny(Narrowed(hp))

nameless = lambda hp: build(hp)

class Narrowed:
    def __init__(self, hp):
        self.hp = hp
    def __getattr__(self, name):
        return getattr(self.hp, name)
    def Int(self, name, least, most):
        return self.hp.Int(name, low, most)

class Mine(keras_tuner.HyperModel):
    def __init__(self, input_shape=(32, 32, 3), num_classes=5):
        super().__init__()
        assert (input_shape, num_classes) == ((32, 32, 3), 5)
        self.built = []
    def build(self, hp):
        self.built.append(build(hp))
        return self.built[-1]

class Fitting(Mine):
    def fit(self, hp, model):
        pass
"""


@pytest.fixture
def cells(here: Path) -> dict[str, Any]:
    """Return the names that a notebook's cells have defined, in `__main__` as they are there."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(_CELLS, str(here / "cells"), "exec"), names)
    return names


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "trials": 1, "epochs": 1, "oracle": "random", "scheduler": "none"}
    return SearchSettings.model_validate(known | changes)


KINDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "<build>": lambda cells: cells["build"],
    "<lambda>": lambda cells: cells["nameless"],
    "<Mine>": lambda cells: cells["Mine"],
    "<Mine> ": lambda cells: cells["Mine"](),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_modules_that_an_object_has_by_name_are_compared_on_every_node(
    name: str, here: Path, cells: dict[str, Any]
) -> None:
    modules = modules_of(packed(KINDS[name](cells)))
    assert modules == "my_models"
    ours = code_identity.__wrapped__(modules)
    (here / "my_models.py").write_text("")
    assert ours.differences(code_identity.__wrapped__(modules)) == ["another space my_models.py"]
    assert modules_of(packed(lambda hp: hp)) is None


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_a_name_and_goes_to_a_worker_as_a_copy(name: str, cells: dict[str, Any]) -> None:
    given = KINDS[name](cells)
    assert with_given(settings(), given).hypermodel == name.strip()
    sent = packed(given)
    cells["low"] = 9  # a copy stays as it was given
    hp = keras_tuner.HyperParameters()
    load_hypermodel(name, input_shape=(32, 32, 3), num_classes=5, given=unpacked(sent)).build(hp)
    assert hp.values["units"] == 2


def test_whoever_goes_on_gives_it_again(cells: dict[str, Any], tiny_dataset: Dataset, here: Path) -> None:
    view = run_search(tiny_dataset.info.path, settings(), hypermodel=cells["Mine"], address="in-process")
    assert (view.state, view.specification.settings.hypermodel) == (SearchState.FINISHED, "<Mine>")
    before = json.loads((here / "runs/first/specification.json").read_text())
    for function, call in (("resume_search", resume_search), ("train_winners", train_winners)):
        with pytest.raises(GalaxyTunerError, match=rf"<Mine>, which is not stored: .*: {function}\('first', hyp"):
            call("first")
    within = r": train_within\('first', TrainSettings\(time_limit=…\), hypermodel=…\)$"
    with pytest.raises(GalaxyTunerError, match=within):
        train_within("first", TrainSettings(time_limit=60.0))
    note_fit(SearchLayout.of("runs", "first"), FitRecord(time_limit=600, search_seconds=300, epochs=2, max_slower=8))
    with pytest.raises(GalaxyTunerError, match=r"alone: resume_fit\('first', where=Where\(hypermodel=…\)\) goes on"):
        resume_search("first", hypermodel=cells["Mine"])
    with pytest.raises(GalaxyTunerError, match=r": resume_fit\('first', where=Where\(hypermodel=…\)\)$"):
        resume_fit("first")
    note_fit(SearchLayout.of("runs", "first"), None)
    cells["low"] = 3
    again = partial(resume_search, "first", hypermodel=cells["Mine"], trials=2, address="in-process")
    with pytest.raises(GalaxyTunerError, match=r"the space was edited .*units.*--accept-space"):
        again()
    assert again(accept_space=True).counts == {"completed": 2}
    assert json.loads((here / "runs/first/specification.json").read_text()) == before


def test_a_search_that_names_its_space_takes_no_object(tiny_dataset: Dataset, here: Path) -> None:
    named = settings(hypermodel="my_models:tiny")
    with pytest.raises(GalaxyTunerError, match=r"found two: hypermodel= and SearchSettings\(hypermodel='my_models:ti"):
        run_search(tiny_dataset.info.path, named, hypermodel=Locked)
    with pytest.raises(GalaxyTunerError, match="is of my_models:tiny, which is found by itself: leave hypermodel= out"):
        check_given(named, Locked, call="")


class Locked(keras_tuner.HyperModel):
    """Holds what cannot be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Fragile:
    """Cannot be made again."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


@pytest.mark.parametrize(
    ("given", "address", "message"),
    [
        (lambda cells: Locked(), "local", "cannot be sent to Ray's workers, .*'_thread.lock' object: .*'in-process'$"),
        (lambda cells: cells["Fitting"], "in-process", "^hypermodel=<Fitting>: overrides fit"),
        (lambda cells: "my_models:tiny", "in-process", r"^hypermodel=<str>: expected a HyperModel, .* found str$"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(
    given: Callable[[dict[str, Any]], object], address: str, message: str, cells: dict[str, Any],
    tiny_dataset: Dataset, here: Path,
) -> None:  # fmt: skip
    with pytest.raises(GalaxyTunerError, match=message) as caught:
        run_search(tiny_dataset.info.path, settings(), hypermodel=given(cells), address=address)
    assert "\n" not in str(caught.value)
    assert open_folder(here / "runs").names() == []


def test_what_a_worker_lacks_is_one_line() -> None:
    with pytest.raises(
        GalaxyTunerError, match="cannot be made again on a worker: ValueError: invalid literal"
    ) as caught:
        unpacked(packed(Fragile()))
    assert "\n" not in str(caught.value)


def test_the_command_line_refuses_the_name_of_an_object(tiny_dataset: Dataset, here: Path) -> None:
    with pytest.raises(GalaxyTunerError, match="--hypermodel <build>: expected module:object"):
        run_search(tiny_dataset.info.path, settings(hypermodel="<build>"), address="in-process")
