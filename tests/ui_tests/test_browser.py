"""The page as a person meets it: in a browser, served by ``galaxy ui``."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from ui_tests.fabricated import write_search

CHROMIUM = Path("/usr/bin/chromium")
# A browser in a container: no sandbox, no GPU, and nothing fetched in the background.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 1000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def address(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is, for a storage folder with one search that has a model."""
    storage = tmp_path_factory.mktemp("page") / "runs"
    write_search(str(storage), "first")
    shutil.copytree(bundle, storage / "first" / "model")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli.main", "ui", "--port", str(port), "--storage", str(storage)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert f"http://127.0.0.1:{port}" in serving.stdout.readline()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.terminate()


@pytest.fixture(scope="module")
def browser_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    profile = tmp_path_factory.mktemp("profile")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=list(FLAGS),
            headless=True,
            # High enough for the whole page: scrolling closes an open list.
            viewport={"width": 1280, "height": 1800},
        )
        browser.set_default_timeout(60 * SECONDS)
        expect.set_options(timeout=60 * SECONDS)
        yield browser.new_page()
        browser.close()


def test_a_search_opens(browser_page: Page, address: str) -> None:
    browser_page.goto(address)
    expect(browser_page).to_have_title("Galaxy Tuner")
    expect(browser_page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    expect(browser_page.get_by_test_id("stMetricValue")).to_have_text(["finished", "4 of 6", "0.9375", "0002"])
    expect(browser_page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(browser_page.locator(".js-plotly-plot")).to_have_count(2)


def test_another_trial_can_be_looked_at(browser_page: Page, address: str) -> None:
    browser_page.goto(address)
    expect(browser_page.locator(".js-plotly-plot .legend")).to_have_count(2)
    browser_page.get_by_label("Trial, best first").click()
    browser_page.get_by_role("option", name="0004").click()
    warning = browser_page.get_by_test_id("stAlertContentWarning")
    expect(warning).to_have_text("ValueError: the image is too small for 6 blocks")


def test_an_uploaded_galaxy_is_classified(browser_page: Page, address: str, tiny_source: Path) -> None:
    # By its own address, not by a click: Streamlit finds that page another way.
    browser_page.goto(f"{address}/classify")
    browser_page.locator("input[type=file]").set_input_files(tiny_source / "spiral" / "000.jpg")
    card = browser_page.get_by_test_id("stHtml")
    expect(card).to_contain_text("Cigar-shaped smooth")
    percentages = [float(found) for found in re.findall(r"([\d.]+) %", card.inner_text())]
    assert len(percentages) == 5
    assert sum(percentages) == pytest.approx(100, abs=0.5)
    expect(browser_page.get_by_test_id("stImage").locator("img")).to_be_visible()


def test_a_file_that_is_no_image_gets_a_plain_message(browser_page: Page, address: str, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no image")
    browser_page.goto(f"{address}/classify")
    browser_page.locator("input[type=file]").set_input_files(text)
    expect(browser_page.get_by_text(re.compile(r"notes\.txt: not an image"))).to_be_visible()
    expect(browser_page.get_by_test_id("stException")).to_have_count(0)
    with browser_page.expect_download() as download:
        browser_page.get_by_text("Download the results as CSV").click()
    assert "notes.txt" in download.value.path().read_text()
