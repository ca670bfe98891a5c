"""Trials that are tried again once the code that they failed for has been mended."""

import sys
from pathlib import Path

import pytest
from cluster_tests.conftest import end_at

from cluster import resume_search, run_search
from datasets import Dataset
from search import SearchSettings, TrialState


def test_mended_and_interrupted_what_was_infeasible_completes_in_its_second_attempt(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"name": "first", "trials": 2, "epochs": 2, "oracle": "random", "scheduler": "none"}
    settings = SearchSettings.model_validate(known | {"hypermodel": "my_models:picky"})
    before = run_search(tiny_dataset.info.path, settings, address="in-process")
    assert before.counts == {"infeasible": 2}
    module = here / "my_models.py"
    module.write_text(module.read_text().replace("if units != 2:", "if units < 2:"))
    sys.modules.pop("my_models")
    steps = end_at(monkeypatch, 3, KeyboardInterrupt())  # the second trial has one epoch of two
    with pytest.raises(KeyboardInterrupt):
        resume_search("first", address="in-process", retry=["infeasible"])
    view = resume_search("first", address="in-process", retry=["infeasible"])
    assert next(steps) == 5  # the one that was left, and none again
    assert [(row.state, row.attempts, row.reason, row.epochs) for row in view.rows] == [
        (TrialState.COMPLETED, 2, None, 2)
    ] * 2
    values = [{row.trial_id: row.hyperparameters["units"] for row in one.rows} for one in (before, view)]
    assert values[0] == values[1]
