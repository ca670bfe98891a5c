"""A specification, a ledger and an oracle of the real kinds, without a dataset."""

from pathlib import Path

import pytest
from search_tests import examples

from datasets import open_folder
from search import Ledger, SearchLayout, SearchSettings, SearchSpecification


@pytest.fixture
def layout(tmp_path: Path) -> SearchLayout:
    return SearchLayout(open_folder(tmp_path / "runs" / "first"))


@pytest.fixture
def ledger(layout: SearchLayout) -> Ledger:
    return Ledger(layout)


@pytest.fixture
def specification() -> SearchSpecification:
    return examples.specification(SearchSettings(name="first", trials=4, epochs=9, seed=7))


@pytest.fixture(autouse=True)
def nobody_else_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a file that is cut short for damaged at once: no other host has replaced it."""
    monkeypatch.setattr("search.ledger.reading._LENGTH_SECONDS", 0.0)
