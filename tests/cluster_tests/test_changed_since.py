"""A dataset or a space that is not what it was when the search was last driven; who is refused has changed nothing."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from cluster import ClusterError, TrainSettings, resume_search, run_search, train_winners
from datasets import Dataset, FormatError, GalaxyTunerError, open_folder
from search import Ledger, LedgerError, SearchLayout, SearchSettings, SettingsError, SpaceError, read_search

pytestmark = pytest.mark.filterwarnings(
    # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture
def searched(tiny_dataset: Dataset, here: Path) -> Path:
    """Return the directory with a dataset and a search of one trial, in the folder ``before``."""
    shutil.copytree(tiny_dataset.info.path, here / "before" / "galaxies")
    found = {"name": "first", "trials": 1, "epochs": 1, "hypermodel": "my_models:tiny", "scheduler": "none"}
    settings = SearchSettings.model_validate(found)
    run_search("before/galaxies", settings, storage="before/runs", address="in-process")
    return here


def test_what_has_moved_together_is_found_where_it_is_said_to_be_from_then_on(searched: Path) -> None:
    (searched / "before").rename(searched / "after")
    specified = (searched / "after" / "runs" / "first" / "specification.json").read_bytes()
    with pytest.raises(LedgerError, match=r"before/galaxies' is not a dataset: .* nothing; .*: --dataset PLACE$"):
        resume_search("first", storage="after/runs", address="in-process")
    resume_search("first", storage="after/runs", address="in-process", dataset="after/galaxies")
    view = resume_search("first", storage="after/runs", address="in-process", trials=2)
    assert view.counts == {"completed": 2}
    assert read_search("after/runs", "first").as_json()["dataset"] == str(searched / "after" / "galaxies")
    assert (searched / "after" / "runs" / "first" / "specification.json").read_bytes() == specified


def test_winners_are_trained_on_a_dataset_that_has_moved_to_an_object_store(searched: Path, s3: str) -> None:
    place = open_folder(s3).child("galaxies")
    for file in (searched / "before" / "galaxies").iterdir():
        place.write_whole(file.name, file.read_bytes())
    shutil.rmtree(searched / "before" / "galaxies")
    training = TrainSettings(epochs=1)
    with pytest.raises(LedgerError, match="--dataset PLACE"):
        train_winners("first", training, storage="before/runs")
    train_winners("first", training, storage="before/runs", dataset=place.uri)
    assert read_search("before/runs", "first").specification.dataset == place.uri


def test_a_refused_command_changes_nothing(searched: Path, uneven_dataset: Dataset) -> None:
    shutil.copytree(searched / "before" / "galaxies", searched / "again")
    shutil.copytree(uneven_dataset.info.path, searched / "other")
    Ledger(SearchLayout.of("before/runs", "first")).request_stop()
    files = contents(searched / "before")

    def refused(by: type[GalaxyTunerError], **given: Any) -> None:
        with pytest.raises(by):
            resume_search("first", storage="before/runs", **{"address": "in-process", "dataset": "again"} | given)
        assert contents(searched / "before") == files

    refused(SettingsError, trials=0)
    refused(ClusterError, trials=5, address="localhost:1")
    refused(FormatError, trials=5, dataset="nowhere")
    refused(LedgerError, trials=5, dataset="other")
    (searched / "my_models.py").write_text("def tiny(hp):\n    raise ValueError(hp.Int('units', 2, 40))\n")
    sys.modules.pop("my_models")
    refused(SpaceError, trials=5)


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("hp.Int('epochs', 2, 4)", "the space has a hyperparameter 'epochs'"),
        ("hp.Int('extra', 1, 4, default=99)", "the space has a default that is none of its values"),
    ],
)
def test_a_space_is_held_to_the_same_on_resume_and_in_a_trial(
    added: str, said: str, searched: Path, tiny_dataset: Dataset
) -> None:
    source = f"from my_models import tiny as small\n\ndef tiny(hp):\n    {{}}{added}\n    return small(hp)\n"
    found = {"trials": 1, "epochs": 1, "hypermodel": "edited:tiny", "scheduler": "none"}
    sys.modules.pop("edited", None)
    (searched / "edited.py").write_text(source.format(""))
    with pytest.raises(SpaceError, match=said):
        run_search(tiny_dataset.info.path, SearchSettings.model_validate(found | {"name": "new"}), address="in-process")
    sys.modules.pop("edited")
    (searched / "edited.py").write_text(source.format("hp.Boolean('x') and "))
    settings = SearchSettings.model_validate(found | {"name": "met", "points": [{"x": True}], "oracle": "random"})
    view = run_search(tiny_dataset.info.path, settings, address="in-process")
    assert view.counts == {"infeasible": 1}
    assert str(view.rows[0].reason).startswith(said)
    sys.modules.pop("edited")
    (searched / "edited.py").write_text("from my_models import tiny\n")
    run_search(tiny_dataset.info.path, settings.model_copy(update={"name": "old", "points": ()}), address="in-process")
    sys.modules.pop("edited")
    (searched / "edited.py").write_text(source.format(""))
    with pytest.raises(SpaceError, match=said):
        resume_search("old", address="in-process", trials=2, accept_space=True)


def contents(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


_BRANCHES = """
from my_models import tiny as small

def tiny(hp):
    if hp.Boolean("x"):
        hp.Int("only_here", 3, {most})
    return small(hp)
"""


def test_what_only_trials_have_discovered_has_not_vanished_and_what_was_edited_is_listed(
    tiny_dataset: Dataset, here: Path
) -> None:
    (here / "branches.py").write_text(_BRANCHES.format(most=9))
    found = {"name": "first", "trials": 1, "epochs": 1, "hypermodel": "branches:tiny", "scheduler": "none"}
    settings = SearchSettings.model_validate(found | {"points": [{"x": True}], "oracle": "random"})
    run_search(tiny_dataset.info.path, settings, address="in-process")
    known = Ledger(SearchLayout.of("runs", "first")).space()
    assert known is not None
    assert [one["config"]["name"] for one in known.hyperparameters].count("only_here") == 1
    assert resume_search("first", address="in-process", trials=2).counts == {"completed": 2}
    (here / "branches.py").write_text(_BRANCHES.format(most=3))
    sys.modules.pop("branches")
    files = contents(here / "runs")
    with pytest.raises(SpaceError, match=r"started: only_here: max_value was 9, is 3: undo that, or .*--accept-space$"):
        resume_search("first", address="in-process", trials=3)
    assert contents(here / "runs") == files
    view = resume_search("first", address="in-process", trials=3, accept_space=True)
    values = {row.trial_id: row.hyperparameters["only_here"] for row in view.rows}
    assert values["0002"] == 3
