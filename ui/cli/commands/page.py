"""``galaxy ui``: show the web page until Ctrl-C."""

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.command import command
from ui.cli.options import Modules, Storage, flag, on_disk
from ui.cli.terminal import Terminal
from ui.web.login import read_login
from ui.web.served import Served
from ui.web.serving import HOST
from ui.web.starting import serve
from ui.wording import DEFAULT_STORAGE

app = typer.Typer()


def _folder(value: str | None) -> str | None:
    """Return the folder that an option names. Raises typer.BadParameter where there is none on this machine."""
    path = on_disk(value)
    if path is not None and not Path(path).is_dir():
        raise typer.BadParameter(f"expected a folder, found {'a file' if Path(path).exists() else 'nothing'}: {path}")
    return path


@command(app, "galaxy ui --port 8502")
def ui(
    terminal: Terminal,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to serve at; 0.0.0.0 lets all who reach this machine look.")
    ] = HOST,
    storage: Storage = DEFAULT_STORAGE,
    control: Annotated[
        bool, flag("--control", "Let readers begin, stop, resume, train, rename and delete searches, too.")
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(callback=_folder, metavar="FOLDER", help="Offer the datasets below this folder, by their names."),
    ] = None,
    auth: Annotated[
        str | None, typer.Option(metavar="FILE.toml", help="Let in who logs in with the provider that this file names.")
    ] = None,
    module: Modules = None,
) -> None:
    """Show searches, datasets and models, and classify images, in the browser.

    Serves a page that only shows, to this machine only, unless told otherwise. Ctrl-C ends it.
    """
    if not is_loopback(host) and control and auth is None:
        said = "--control lets who reaches the page delete searches: expected --auth with it, or 127.0.0.1"
        raise typer.BadParameter(said, param_hint="--host")
    readers = () if auth is None else read_login(auth)
    serve(
        port,
        Served(storage=storage, control=control, data=data, modules=tuple(module or ()), auth=auth, readers=readers),
        host=host,
        ready=lambda url: terminal.finish(
            {"url": url, "storage": storage}, f"Galaxy Tuner is at {url} (Ctrl-C ends it)"
        ),
    )


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address. Raises typer.BadParameter for what is none."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise typer.BadParameter(f"expected an IP address of this machine, found {host}", param_hint="--host") from None
