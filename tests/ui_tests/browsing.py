"""A page that ``galaxy ui`` serves, and a browser that looks at it."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
# A browser in a container: no sandbox, no GPU, and nothing fetched in the background.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SECONDS = 1000
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}")
"""Marks a test that is skipped where there is no browser."""


@contextmanager
def served(storage: str, options: Callable[[int], Sequence[str]] = lambda _port: ()) -> Iterator[str]:
    """Serve the page for ``storage`` with the ``options`` for a port, and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli.entry", "ui", "--port", str(port), "--storage", storage, *options(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert f"http://127.0.0.1:{port}" in serving.stdout.readline()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.terminate()


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS), headless=True)
        expect.set_options(timeout=60 * _SECONDS)
        yield started
        started.close()


def new_page(started: Browser) -> Page:
    """Open a page that nobody has been at: high enough for the whole of ours, as scrolling closes an open list."""
    page = started.new_context(viewport={"width": 1280, "height": 1800}).new_page()
    page.set_default_timeout(60 * _SECONDS)
    return page
