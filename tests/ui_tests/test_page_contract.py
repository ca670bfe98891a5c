"""What every page keeps to: a new one is a module of `ui.pages` with a function ``page(site)``, and is held here."""

import importlib
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ui_tests.fabricated import RECORDS, write_search
from ui_tests.views import open_view

import ui.pages
from datasets import harmless
from search import SearchState
from ui.web import app

PAGES = sorted(
    module.name
    for module in pkgutil.iter_modules(ui.pages.__path__)
    if hasattr(importlib.import_module(f"ui.pages.{module.name}"), "page")
)


def nothing(folder: Path) -> None:
    """Nobody has searched yet: there is no such folder."""


def empty(folder: Path) -> None:
    folder.mkdir()


def finished(folder: Path) -> None:
    write_search(str(folder), "first")
    write_search(str(folder), "second", RECORDS[:1])


def early(folder: Path) -> None:
    write_search(str(folder), "first", [], state=SearchState.RUNNING)


def failed(folder: Path) -> None:
    write_search(str(folder), "first", RECORDS[3:4], state=SearchState.FAILED)


def foreign(folder: Path) -> None:
    write_search(str(folder), "first")
    (folder / "first" / "specification.json").write_text('{"format": "other"}')


@pytest.mark.parametrize("fill", [nothing, empty, finished, early, failed, foreign], ids=lambda fill: fill.__name__)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_draws_whatever_the_storage_holds(name: str, fill: Callable[[Path], None], tmp_path: Path) -> None:
    fill(tmp_path / "runs")
    page = open_view(name, tmp_path / "runs")
    shown = [*page.info, *page.error, *page.dataframe, *page.file_uploader]
    assert shown, "an empty page says nothing"


def test_every_page_is_in_the_navigation() -> None:
    assert sorted(page.__module__ for _, _, page in app.VIEWS.values()) == [f"ui.pages.{name}" for name in PAGES]


def formulas(folder: Path) -> None:
    values = {"=1+1": "=cmd()", "@n": "+a", "fine": "-b"}
    made = [one.model_copy(update={"hyperparameters": values, "reason": "=reason"}) for one in RECORDS]
    write_search(str(folder), "first", [*made, RECORDS[0].model_copy(update={"trial_id": "=9"})])


@pytest.mark.parametrize("name", PAGES)
def test_no_table_of_a_page_has_a_formula(name: str, tmp_path: Path) -> None:
    formulas(tmp_path / "runs")
    page = open_view(name, tmp_path / "runs")
    for frame in (table.value for table in page.dataframe):
        texts = [*frame.columns, *(cell for column in frame for cell in frame[column] if isinstance(cell, str))]
        assert [text for text in map(str, texts) if text != harmless(text)] == []


def test_every_table_is_made_safe() -> None:
    calls = [
        call
        for path in Path(*ui.pages.__path__).glob("*.py")
        for call in re.findall(r"\.dataframe\(\s*(\w+)", path.read_text())
    ]
    assert len(calls) > 10
    assert set(calls) == {"safe"}
