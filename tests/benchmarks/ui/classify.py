"""How fast the page classifies, in a real browser, beside `Classifier.classify` and `galaxy classify` on this machine.

    python tests/benchmarks/ui/classify.py STORAGE NAME IMAGES.zip [--count 1000] [--repeats 7]

NAME is a search in STORAGE with a model; of IMAGES.zip the first images are taken. In one run:

- one image: from the file's choice in the browser to its verdict on the page, against the bare call on that file and a
  rerun of the page that has nothing to do (another error rate, with nothing uploaded);
- many: in one zip, from its choice to the table, against `Classifier.classify` on the same zip, and the whole command;
- a later click: a verdict is chosen among them, until the page stands still.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_STILL = "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
_WATCH = """() => {
  window.stills = [];
  const app = document.querySelector('[data-testid=stApp]');
  new MutationObserver(() => {
    if (app.dataset.testScriptState === 'notRunning') window.stills.push(performance.now());
  }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""
"""Notes when a run of the page has ended: one may be over before anybody has looked."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("storage")
    parser.add_argument("name")
    parser.add_argument("images", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, zipfile.ZipFile(options.images) as source:
        names = [name for name in source.namelist() if name.lower().endswith((".jpg", ".jpeg", ".png"))]
        ones = []
        for number, name in enumerate(names[: options.repeats + 1]):
            ones.append(Path(folder) / f"{number}.jpg")
            ones[-1].write_bytes(source.read(name))
        many = Path(folder) / "many.zip"
        with zipfile.ZipFile(many, "w") as target:
            for number, name in enumerate(islice(names, options.count)):
                target.writestr(f"{number:06d}.jpg", source.read(name))
        model = f"{options.storage}/{options.name}/model"
        bare, rate = bare_speed(model, ones, many)
        sys.stderr.write(f"bare: {bare:.4f} s an image alone, {rate:.1f} images/s\n")
        command = command_seconds(model, many)
        sys.stderr.write(f"galaxy classify: {command:.1f} s\n")
        with served(options.storage) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1280, "height": 1800})
            page.set_default_timeout(600_000)
            page.goto(f"{address}/classify?model={options.name}")
            page.wait_for_function(_STILL)
            page.evaluate(_WATCH)
            found = measured(page, ones, many)
            browser.close()
    count = min(options.count, len(names))
    one, rerun, whole, click = found
    report = {
        "one image": round(one, 3),
        "bare classify": round(bare, 4),
        "empty rerun": round(rerun, 3),
        "one image / (3 bare + rerun), wanted <= 1": round(one / (3 * bare + rerun), 2),
        "images/s of the page": round(count / whole, 1),
        "images/s of Classifier.classify": round(rate, 1),
        "images/s of galaxy classify, its start counted": round(count / command, 1),
        "page / Classifier.classify, wanted >= 0.7": round(count / whole / rate, 2),
        "a later click (s), wanted <= 1": round(click, 3),
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


def bare_speed(model: str, ones: list[Path], many: Path) -> tuple[float, float]:
    """Return the median seconds for one image, and images a second of a zip, warm."""
    from datasets import iterate_images
    from trainer import Classifier

    classifier = Classifier.load(model)
    list(classifier.classify(islice(iterate_images([many]), 100)))
    each = []
    for path in ones:
        began = time.perf_counter()
        list(classifier.classify(iterate_images([path])))
        each.append(time.perf_counter() - began)
    began = time.perf_counter()
    count = len(list(classifier.classify(iterate_images([many]))))
    return statistics.median(each), count / (time.perf_counter() - began)


def command_seconds(model: str, many: Path) -> float:
    command = [sys.executable, "-m", "ui.cli.main", "classify", model, str(many), "--json"]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


@contextmanager
def served(storage: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli.main", "ui", "--port", str(port), "--storage", storage]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        serving.stdout.readline()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.terminate()


def measured(page: Page, ones: list[Path], many: Path) -> tuple[float, float, float, float]:
    """Return the median seconds for one image, an empty rerun, all of many, and a click after them."""
    reruns, each = [], []
    upload(page, ones[0])  # which loads the model
    page.wait_for_selector("h3")
    remove_all(page)
    page.get_by_text("Settings", exact=True).click()
    field = page.get_by_role("spinbutton", name="Wrong among sure ones")
    for number in range(len(ones)):
        field.fill(str(3 + number))
        reruns.append(until_still(page, lambda: field.press("Enter")))
    field.fill("2")
    until_still(page, lambda: field.press("Enter"))
    sys.stderr.write(f"empty reruns: {[round(each, 3) for each in reruns]} s\n")
    for path in ones[1:]:
        began = time.perf_counter()
        upload(page, path)
        page.wait_for_selector("h3")
        each.append(time.perf_counter() - began)
        sys.stderr.write(f"one image on the page: {each[-1]:.3f} s\n")
        remove_all(page)
    began = time.perf_counter()
    upload(page, many)
    page.get_by_text("Choose a row").wait_for()
    whole = time.perf_counter() - began
    sys.stderr.write(f"many on the page: {whole:.1f} s\n")
    page.wait_for_function(_STILL)
    pill = page.locator("button[data-variant=pills]").first
    clicks = [until_still(page, pill.click) for _ in range(4)]
    return statistics.median(each), statistics.median(reruns), whole, statistics.median(clicks)


def upload(page: Page, path: Path) -> None:
    page.wait_for_function(_STILL)
    page.set_input_files("input[type=file]", str(path))


def remove_all(page: Page) -> None:
    page.wait_for_function(_STILL)
    page.get_by_text("Remove all").click()
    page.wait_for_selector("h3", state="detached")
    page.wait_for_function(_STILL)


def until_still(page: Page, act: object) -> float:
    """Return the seconds from an act until the page has run and stands still."""
    began = page.evaluate("performance.now()")
    act()  # type: ignore[operator]
    page.wait_for_function("began => window.stills.some(still => still > began)", arg=began)
    return float(page.evaluate("began => window.stills.find(still => still > began) - began", began)) / 1000


if __name__ == "__main__":
    main()
