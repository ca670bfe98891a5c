"""Every view as axe-core finds it, light and dark: nothing serious in what is ours."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from ui_tests.browsing import needs_chromium, served
from ui_tests.fabricated import finals, write_search

from search import write_finals
from ui.web.app import VIEWS

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_chromium]

_SERIOUS = ("serious", "critical")
THEIRS = {
    # A chosen segment is written in the theme's first colour, on which Streamlit writes in white elsewhere: on a dark
    # page none is dark enough for that and light enough for this.
    "color-contrast": 'data-variant="segmented_control"',
}
"""By axe's rule what of Streamlit's own widgets breaks it, as a part of the selector: nothing of ours is there."""


@pytest.fixture(scope="module")
def address(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is, for a storage folder with a search that has finalists and a model."""
    storage = tmp_path_factory.mktemp("accessible") / "runs"
    write_finals(write_search(str(storage), "first").root, finals())
    write_search(str(storage), "second")
    shutil.copytree(bundle, storage / "first" / "model")
    with served(str(storage), lambda _: ["--control"]) as url:
        yield url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_keeps_people_from_using_it(theme: str, chromium: Browser, address: str) -> None:
    context = chromium.new_context(color_scheme="light" if theme == "light" else "dark")
    page = context.new_page()
    found: list[str] = []
    for view in VIEWS:
        page.goto(f"{address}/{'' if view == 'searches' else view}?search=first", timeout=60_000)
        page.get_by_role("heading").first.wait_for(timeout=60_000)
        page.wait_for_timeout(2_000)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in _SERIOUS:
                found += [
                    f"{view}: {violation['id']}: {' '.join(map(str, node['target']))}: {node['html'][:160]}"
                    for node in violation["nodes"]
                    if not is_theirs(violation["id"], " ".join(map(str, node["target"])))
                ]
    context.close()
    assert not found, "\n".join(found)


def is_theirs(rule: str, selector: str) -> bool:
    """Say whether a part of the page is Streamlit's own, of those listed."""
    return rule in THEIRS and THEIRS[rule] in selector
