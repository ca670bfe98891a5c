"""A storage folder with a search, a small bundle, and the command line as a function."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result
from ui_tests.fabricated import write_search

from ui.cli.main import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Galaxy = Callable[..., Result]


# Not for all files: while Playwright is started, its event loop counts as running, and `asyncio.run` fails.
@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A browser, one for all tests of a file."""
    from ui_tests.browsing import browser

    with browser() as started:
        yield started


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    """A page of the browser that nobody has been at."""
    from ui_tests.browsing import new_page

    opened = new_page(chromium)
    yield opened
    opened.context.close()


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """A storage folder with one finished search, named ``first``."""
    write_search(str(tmp_path / "runs"), "first")
    return str(tmp_path / "runs")


@pytest.fixture
def galaxy(monkeypatch: pytest.MonkeyPatch) -> Galaxy:
    """Return a function that runs ``galaxy`` with its arguments in this process, as into a log."""
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="galaxy")
