"""``galaxy ui``: show the web page until Ctrl-C."""

from typing import Annotated

import typer

from ui.cli.options import AsJson, Debug, Storage
from ui.cli.terminal import session
from ui.web.starting import serve
from ui.wording import DEFAULT_STORAGE

app = typer.Typer()


@app.command(epilog="[bold]Example[/]  galaxy ui --port 8502")
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show the leaderboard and classify images in the browser.

    Serves a page to this machine only. Ctrl-C ends it.
    """
    with session(as_json=as_json, debug=debug) as terminal:
        serve(
            port,
            storage,
            ready=lambda url: terminal.finish(
                {"url": url, "storage": storage}, f"Galaxy Tuner is at {url} (Ctrl-C ends it)"
            ),
        )
