"""The page as a person meets it: in a browser, served by ``galaxy ui``."""

import csv
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from ui_tests.browsing import needs_chromium, served
from ui_tests.fabricated import write_search

from datasets import ImportOptions, import_dataset

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def address(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is, for a storage folder with two searches that have models."""
    storage = tmp_path_factory.mktemp("page") / "runs"
    for name in ("second", "first"):
        write_search(str(storage), name)
        shutil.copytree(bundle, storage / name / "model")
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


def test_a_trial_opens_by_its_address(page: Page, address: str) -> None:
    page.goto(f"{address}/trials?search=first&trial=0002")
    expect(page.get_by_text("0002 · completed")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("0.9375")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/trials\?search=first&trial=0002$"))


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


_HEAD, _ROW = 36, 56
"""Heights of the table of answers, in px."""
_TRIES = 5


def test_of_many_some_are_broken_some_are_corrected_and_another_model_is_asked(
    page: Page, address: str, tiny_source: Path, tmp_path: Path
) -> None:
    whole = sorted(tiny_source.glob("*/*.jpg"))[::6]
    images = {f"{path.parent.name} {path.name}": path.read_bytes() for path in whole}
    broken = {"cut.jpg": whole[0].read_bytes()[:300], "notes.txt": b"no image", "empty.png": b""}
    assert (len(images), len(broken)) == (17, 3)
    for name, data in (images | broken).items():
        (tmp_path / name).write_bytes(data)
    page.goto(f"{address}/classify?model=first")
    page.locator("input[type=file]").set_input_files([tmp_path / name for name in (*images, *broken)])
    summary = page.get_by_text("17 likely · 3 cannot be used")
    expect(summary).to_be_visible()

    table = page.get_by_test_id("stDataFrame").last
    for row, right in enumerate(("spiral", "edge-on")):
        table.click(position={"x": 20, "y": _HEAD + _ROW * row + _ROW // 2})
        expect(page.get_by_role("paragraph").filter(has_text=[*images][row])).to_be_visible()
        choose(page, "Its right class", right)
        expect(page.get_by_role("button", name=f"{row + 1} label")).to_be_visible()
        table.hover()
        page.get_by_role("button", name="Clear selection").click()
        expect(page.get_by_text("Choose a row")).to_be_visible()

    said = [*csv.DictReader(downloaded(page, "CSV").read_text().splitlines())]
    assert [line["path"] for line in said] == [*images, *broken]
    assert [bool(line["class"]) for line in said] == [True] * 17 + [False] * 3
    assert all(line["error"] for line in said[17:])
    shutil.copy(downloaded(page, "2 labels (CSV)"), tmp_path / "labels.csv")
    info = import_dataset(tmp_path, tmp_path / "out", ImportOptions(image_size=16, validation=0, test=0))
    assert info.counts["train"] == {"edge-on": 1, "spiral": 1}

    choose(page, "Model", "second")
    expect(page).to_have_url(re.compile(r"model=second"))
    expect(summary).to_be_visible()
    expect(page.get_by_role("button", name="2 labels (CSV)")).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list by the keyboard: one that is open closes where the page is drawn again."""
    box = page.get_by_role("combobox", name=label)
    for _ in range(_TRIES):
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        with suppress(AssertionError):
            box.fill(option)
            expect(page.get_by_role("option", name=option)).to_be_visible(timeout=5_000)
            box.press("Enter")
            expect(box).to_have_value(option, timeout=5_000)
            return
    raise AssertionError(f"{option} cannot be chosen")


def downloaded(page: Page, name: str) -> Path:
    """Click a button of this name; return the file that it gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return download.value.path()
