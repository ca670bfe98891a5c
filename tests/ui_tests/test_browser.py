"""The page as a person meets it: in a browser, served by ``galaxy ui``."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from ui_tests.browsing import needs_chromium, served
from ui_tests.fabricated import write_search

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def address(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is, for a storage folder with one search that has a model."""
    storage = tmp_path_factory.mktemp("page") / "runs"
    write_search(str(storage), "first")
    shutil.copytree(bundle, storage / "first" / "model")
    with served(str(storage)) as url:
        yield url


def test_home_opens_and_a_row_opens_its_search(page: Page, address: str) -> None:
    page.goto(address)
    expect(page).to_have_title("Galaxy Tuner")
    expect(page.get_by_role("heading", name="Searches")).to_be_visible()
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    # The grid is a canvas: the box at the beginning of the first row.
    table.click(position={"x": 20, "y": 52})
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/search\?search=first$"))


def test_a_search_opens_by_its_address(page: Page, address: str) -> None:
    page.goto(f"{address}/search?search=first")
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["finished", "4 of 6", "0.9375", "0002"])
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_an_uploaded_galaxy_is_classified(page: Page, address: str, tiny_source: Path) -> None:
    # By its own address, not by a click: Streamlit finds that page another way.
    page.goto(f"{address}/classify")
    page.locator("input[type=file]").set_input_files(tiny_source / "spiral" / "000.jpg")
    card = page.get_by_test_id("stHtml")
    expect(card).to_contain_text("Cigar-shaped smooth")
    percentages = [float(found) for found in re.findall(r"([\d.]+) %", card.inner_text())]
    assert len(percentages) == 5
    assert sum(percentages) == pytest.approx(100, abs=0.5)
    expect(page.get_by_test_id("stImage").locator("img")).to_be_visible()


def test_a_file_that_is_no_image_gets_a_plain_message(page: Page, address: str, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no image")
    page.goto(f"{address}/classify")
    page.locator("input[type=file]").set_input_files(text)
    expect(page.get_by_test_id("stAlertContentError")).to_contain_text("not an image")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert "notes.txt" in download.value.path().read_text()
