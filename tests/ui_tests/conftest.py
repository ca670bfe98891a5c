"""A storage folder with a search, a small bundle, and the command line as a function."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result
from ui_tests.fabricated import write_search

from datasets import Dataset, open_folder
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


@pytest.fixture(scope="session")
def bundle(tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained but complete model for the tiny dataset: its probabilities are whatever the seed gives."""
    import keras
    from trainer_tests.examples import made_manifest

    from trainer import BundleMember, write_bundle

    keras.utils.set_random_seed(5)
    side = tiny_dataset.preprocessing.image_size
    layers = [keras.Input((side, side, 3)), keras.layers.Flatten(), keras.layers.Dense(5, activation="softmax")]
    member = BundleMember("0002", False, 1, 1, 1, {"blocks": 0}, {"val_macro_f1": 0.5})
    manifest = made_manifest(
        tiny_dataset,
        dataset=tiny_dataset.info.path,
        members=(member,),
        created="2026-01-02T03:00:00+00:00",
        metrics={"test": {"accuracy": 0.25}},
    )
    folder = tmp_path_factory.mktemp("bundle") / "model"
    with warnings.catch_warnings():
        # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword", DeprecationWarning)
        write_bundle(open_folder(folder), [keras.Sequential(layers)], manifest)
    return folder
