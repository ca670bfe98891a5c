"""Every view of the page as a picture: light and dark, wide and narrow.

    PYTHONPATH=tests python -m benchmarks.ui.screenshots STORAGE FOLDER [--search NAME] [--upload IMAGE] [--data FOLDER]

Look at each.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Page
from ui_tests.browsing import browser, served

from ui.web.app import VIEWS

_HEIGHT = 1500
_SETTLED_MS, _MOST_MS = 2500, 120_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("storage")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--search", help="to show; by default the newest")
    parser.add_argument("--upload", type=Path, action="append", default=[], help="to classify; may be given again")
    parser.add_argument("--data", help="folder of datasets to offer")
    parser.add_argument("--views", nargs="*", default=list(VIEWS))
    parser.add_argument("--themes", nargs="*", default=["light", "dark"])
    parser.add_argument("--widths", nargs="*", type=int, default=[1280, 390], help="px")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    data = [] if options.data is None else ["--data", options.data]
    with served(options.storage, lambda _: ["--control", *data]) as address, browser() as started:
        for theme in options.themes:
            for width in options.widths:
                context = started.new_context(
                    viewport={"width": width, "height": _HEIGHT}, color_scheme="light" if theme == "light" else "dark"
                )
                page = context.new_page()
                page.set_default_timeout(_MOST_MS)
                for view in options.views:
                    shoot(page, address, view, options.search, options.upload)
                    page.screenshot(path=options.folder / f"{view}-{theme}-{width}.png")
                context.close()


def shoot(page: Page, address: str, view: str, search: str | None, uploads: list[Path]) -> None:
    """Open a view and wait until it has been drawn, as high as it is."""
    page.set_viewport_size({"width": page.viewport_size["width"] if page.viewport_size else 1280, "height": _HEIGHT})
    path = "" if view == "searches" else view
    page.goto(f"{address}/{path}" + (f"?search={search}" if search else ""))
    page.get_by_role("heading").first.wait_for(timeout=_MOST_MS)
    if view == "classify" and uploads:
        page.locator("input[type=file]").first.set_input_files(uploads)
        page.get_by_test_id("stHtml").first.wait_for(timeout=_MOST_MS)
    page.wait_for_timeout(_SETTLED_MS)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')", timeout=_MOST_MS)
    page.wait_for_timeout(_SETTLED_MS // 2)
    height = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    page.set_viewport_size(
        {"width": page.viewport_size["width"] if page.viewport_size else 1280, "height": height + 80}
    )
    page.wait_for_timeout(_SETTLED_MS // 2)


if __name__ == "__main__":
    main()
