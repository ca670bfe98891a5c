"""A worker trains on the search's dataset alone: another one in its place is the fault of its machine."""

from pathlib import Path

import pytest

from cluster.errors import UnfitError
from cluster.nodes.code import code_identity
from cluster.workers.member import MemberActor, Winner
from cluster.workers.trial import TrialSession
from datasets import Dataset, open_folder
from search import Ledger, SearchLayout, SearchSettings, SearchSpecification, Suggestion, create_search
from trainer import Objective

ANOTHER = r"expected the search's dataset there, with the fingerprint \w{12}…, found another one, \w{12}…: every node"


@pytest.fixture
def specification(tiny_dataset: Dataset, uneven_dataset: Dataset) -> SearchSpecification:
    """A search over a dataset in whose place another one lies here."""
    specification = SearchSpecification.of(SearchSettings(name="first"), tiny_dataset, Objective("val_macro_f1", "max"))
    return specification.model_copy(update={"dataset": uneven_dataset.info.path})


@pytest.mark.parametrize("begin", [TrialSession.prepare, TrialSession.step], ids=["on a worker", "in process"])
def test_no_trial_is_trained_on_another_dataset(begin, specification: SearchSpecification, tmp_path: Path) -> None:
    layout = SearchLayout.of(str(tmp_path), "first")
    create_search(layout, specification)
    Ledger(layout).write_suggestion(Suggestion(trial_id="0000", values={}, seed=1, suggested="now"))
    with pytest.raises(UnfitError, match=ANOTHER):
        begin(TrialSession(layout.root.uri, "0000"))


def test_nor_a_finalist(specification: SearchSpecification, tmp_path: Path) -> None:
    actor = MemberActor(str(tmp_path / "memory"), None, code_identity(None), None)
    work = open_folder(tmp_path / "work").uri
    with pytest.raises(UnfitError, match=ANOTHER):
        actor.train(Winner("0000", {}, epochs=1, seed=1), specification, work, ended_for_memory=False)
