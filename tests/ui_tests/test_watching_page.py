"""A real search as somebody watches it: its board moves, it is stopped and resumed from the page, which follows on."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from ui_tests.browsing import needs_chromium, served

from datasets import Dataset
from search import read_search

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_chromium]

_SPACE = """
import keras

def tiny(hp):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5, activation="softmax")])
    rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="categorical_crossentropy")
    return model
"""


@pytest.fixture
def storage(tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A storage folder in which a search of many short trials runs; what is left of it is ended."""
    (tmp_path / "own_space.py").write_text(_SPACE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    folder = str(tmp_path / "runs")
    command = [sys.executable, "-m", "ui.cli.entry", "search", tiny_dataset.info.path, "--name", "live"]
    options = ["--trials", "500", "--epochs", "1", "--oracle", "random", "--hypermodel", "own_space:tiny"]
    place = ["--address", "in-process", "--storage", folder]
    with subprocess.Popen([*command, *options, *place], stderr=subprocess.DEVNULL) as running:
        yield folder
        running.terminate()
    subprocess.run([sys.executable, "-m", "ui.cli.entry", "stop", "live", "--storage", folder], check=False)


def ask(page: Page, button: str, state: str) -> None:
    """Click a button, once more where nothing has come of it in a minute, until the search is in a state."""
    shown = page.get_by_test_id("stMetricValue").first
    for _ in range(3):
        page.get_by_role("button", name=button).click()
        with suppress(AssertionError):
            expect(shown).to_have_text(state)
            return
    raise AssertionError(f"expected {state}, found {shown.inner_text()}")


def test_a_search_is_watched_stopped_and_resumed(storage: str, page: Page) -> None:
    with served(storage, lambda _: ["--control"]) as address:
        # Before it has begun: home follows, and the search appears.
        page.goto(address)
        table = page.get_by_test_id("stDataFrame").first
        expect(table).to_be_visible()
        page.goto(f"{address}/search?search=live")
        values = page.get_by_test_id("stMetricValue")
        expect(values.nth(0)).to_have_text("running")
        expect(values.nth(1)).to_have_text(re.compile(r"^[1-9]\d* of 500"))
        first = values.nth(1).inner_text()
        expect(values.nth(1)).not_to_have_text(first)
        ask(page, "Stop", "stopped")
        stopped = sum(read_search(storage, "live", history=False).counts.values())
        ask(page, "Resume", "running")
        expect(values.nth(1)).not_to_have_text(re.compile(rf"^{stopped} of"))
        ask(page, "Stop", "stopped")
    counts = read_search(storage, "live", history=False).counts
    assert counts["completed"] > stopped
    # One that Ray had been handed, and had not begun as it was stopped, is as it was: the next resume begins with it.
    assert not {"failed", "infeasible"} & counts.keys()
