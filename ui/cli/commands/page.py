"""``galaxy ui``: show the web page until Ctrl-C."""

from typing import Annotated

import typer

from ui.cli.command import command
from ui.cli.options import Modules, Storage
from ui.cli.terminal import Terminal
from ui.web.served import Served
from ui.web.starting import serve
from ui.wording import DEFAULT_STORAGE

app = typer.Typer()


@command(app, "galaxy ui --port 8502")
def ui(
    terminal: Terminal,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    storage: Storage = DEFAULT_STORAGE,
    module: Modules = None,
) -> None:
    """Show the leaderboard and classify images in the browser.

    Serves a page to this machine only. Ctrl-C ends it.
    """
    serve(
        port,
        Served(storage=storage, modules=tuple(module or ())),
        ready=lambda url: terminal.finish(
            {"url": url, "storage": storage}, f"Galaxy Tuner is at {url} (Ctrl-C ends it)"
        ),
    )
