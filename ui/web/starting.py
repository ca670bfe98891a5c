"""The page's process as its starter sees it: a child that ends when its starter does, however that ends."""

import contextlib
import ipaddress
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from datasets import GalaxyTunerError
from ui.web.served import Served
from ui.web.serving import HAS_SAID_WHY, HOST

_START_SECONDS, _END_SECONDS = 60.0, 5.0


class PageError(GalaxyTunerError):
    """The web page cannot be served: nothing else is affected; mend what the line says and start it again."""


def serve(port: int, served: Served, *, ready: Callable[[str], None], host: str = HOST) -> NoReturn:
    """Serve the page; call ``ready`` with its URL once it answers. A user's modules are imported first.

    Returns never: it ends by what interrupts it, or raises PageError where the page cannot start or ends by itself.
    """
    # Served at all its addresses, it is at each of them.
    at = HOST if ipaddress.ip_address(_number(host)).is_unspecified else host
    url = f"http://[{at}]:{port}" if ":" in at else f"http://{at}:{port}"
    _require_free(host, port)
    with _child(host, port, served) as child:
        _wait_until_up(child, url)
        ready(url)
        status = child.wait()
    raise PageError(f"the page ended by itself with exit status {status}: its own messages are above")


def _number(host: str) -> str:
    return HOST if host == "localhost" else host


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PageError(f"port {port} cannot be used ({error.strerror}): choose another with --port") from error


@contextlib.contextmanager
def _child(host: str, port: int, served: Served) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the page's process; whatever ends the body ends the process too."""
    # Without `-P` the current directory would come first, and with it whatever there has the name of a package of ours.
    command = [sys.executable, "-P", "-m", "ui.web.serving", host, str(port), served.model_dump_json()]
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]))
    # The pipe never carries anything: it closes when this process is gone, however it went, and then the page ends.
    # A session of its own keeps Ctrl-C from reaching the page's process twice.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": path},
    ) as child:
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def _wait_until_up(child: "subprocess.Popen[bytes]", url: str) -> None:
    limit = time.monotonic() + _START_SECONDS
    while time.monotonic() < limit:
        if child.poll() == HAS_SAID_WHY:
            sys.exit(1)
        if child.returncode is not None:
            raise PageError(f"the page could not start (exit status {child.returncode}): its own messages are above")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
            return
        time.sleep(0.1)
    raise PageError(f"the page did not answer at {url} within {_START_SECONDS:.0f} seconds")
