"""What a search of many trials costs the page: until it can be used, and each refresh, in a real browser.

    PYTHONPATH=tests python -m benchmarks.ui.refreshing FOLDER [--trials 10000] [--few 100] [--peer OTHER_PYTHON]

Makes searches of --few and of --trials trials with 20 epochs each in FOLDER, the first time, serves them and looks: how
long until headline and board are there; then what a refresh takes with nothing new and with one trial new, in bytes to
the browser and CPU seconds of the server; and the server's memory. With --peer, a Python that has optuna-dashboard,
the same trials are shown by that one: how long until its list of trials is there.
"""

import argparse
import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import psutil
from playwright.sync_api import Browser, Page, WebSocket
from ui_tests.browsing import browser, served
from ui_tests.fabricated import F1, specification

from search import Ledger, Record, SearchLayout, SearchState, TrialState, create_search, driver_heartbeat
from ui.web.app import VIEWS

_EPOCHS = 20
_USABLE_MS = 300_000
_PEER_SECONDS = 120
_REFRESHES = 8
_OURS = ("[data-testid=stMetricValue]", "[data-testid=stDataFrame]")
_THEIRS = "text=/^Trial \\d+$/"
_PEER = Path(__file__).with_name("optuna_study.py")


class Traffic:
    """Bytes that a page has had over its connection to the server."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: self._take(data))

    def _take(self, data: str | bytes) -> None:
        self.bytes += len(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--peer", help="a Python that has optuna-dashboard")
    parser.add_argument("--refreshes", type=int, default=_REFRESHES, help="of each kind; 100 for the memory's growth")
    parser.add_argument("--idle", action="store_true", help="only what an idle tab of each view costs")
    options = parser.parse_args()
    storage = str(options.folder / "runs")
    for number in (options.few, options.trials):
        if not (Path(storage) / f"of-{number}").exists():
            make_search(storage, number)
    with served(storage) as address, browser() as started:
        server = server_of(address)
        say("server before a page, MB", server.memory_info().rss / 1e6)
        if options.idle:
            idle_tabs(started, server, address, storage, options.trials)
            return
        for number in (options.few, options.trials):
            seconds = [until_there(started, f"{address}/search?search=of-{number}", *_OURS) for _ in range(3)]
            say(f"until usable, {number:,} trials, s", median(seconds))
        refreshes(started, server, address, storage, options.trials, options.refreshes)
        say("server at the end, MB", server.memory_info().rss / 1e6)
        if options.peer is not None:
            with peer(options.peer, options.folder, options.trials) as url:
                seconds = [until_there(started, f"{url}/studies/1/trials", _THEIRS) for _ in range(3)]
                say(f"optuna-dashboard until usable, {options.trials:,} trials, s", median(seconds))


def make_search(storage: str, number: int) -> None:
    """Write a search of so many ended trials, as a driver would have left it."""
    layout = SearchLayout.of(storage, f"of-{number}")
    create_search(layout, specification(f"of-{number}", trials=2 * number, epochs=_EPOCHS))
    ledger, chance = Ledger(layout), random.Random(number)
    ledger.write_state(SearchState.RUNNING)
    for trial in range(number):
        ledger.write_record(made(trial, chance))
    ledger.write_state(SearchState.RUNNING)


def made(number: int, chance: random.Random) -> Record:
    """Make a trial of 20 epochs whose scores rise; a third is stopped early."""
    last = _EPOCHS if chance.random() > 1 / 3 else 5
    top = chance.uniform(0.3, 0.95)
    scores = [round(top * (1 - 0.7 ** (epoch + 1)), 4) for epoch in range(last)]
    history = {name: [round(chance.random(), 4) for _ in scores] for name in ("loss", "val_loss", "macro_f1")}
    began = 1.77e9 + 10 * number
    return Record(
        trial_id=f"{number:05d}",
        state=TrialState.COMPLETED if last == _EPOCHS else TrialState.STOPPED,
        hyperparameters={
            "learning_rate": 10 ** chance.uniform(-4, -2),
            "blocks": chance.randint(2, 5),
            "optimizer": chance.choice(["adamw", "sgd"]),
            "dropout": round(chance.uniform(0, 0.5), 3),
            "batch_size": chance.choice([32, 64, 128]),
        },
        score=max(scores),
        epochs=last,
        best_epoch=last,
        metrics={F1.name: max(scores)},
        history=history | {F1.name: scores},
        seconds=float(last),
        started=stamp(began),
        ended=stamp(began + 25),
    )


def stamp(seconds: float) -> str:
    """Write a Unix time as records do."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def server_of(address: str) -> psutil.Process:
    """Return the process that serves a page of ours."""
    port = int(address.rsplit(":", 1)[1])
    for child in psutil.Process().children(recursive=True):
        if any(each.laddr.port == port and each.status == "LISTEN" for each in child.net_connections()):
            return child
    raise RuntimeError(f"nobody serves {address}")


def until_there(started: Browser, url: str, *selectors: str) -> float:
    """Return the seconds until a new reader has what the selectors name."""
    context = started.new_context(viewport={"width": 1280, "height": 1800})
    page = context.new_page()
    began = time.monotonic()
    page.goto(url)
    for selector in selectors:
        page.locator(selector).first.wait_for(timeout=_USABLE_MS)
    seconds = time.monotonic() - began
    context.close()
    return seconds


def refreshes(started: Browser, server: psutil.Process, address: str, storage: str, number: int, times: int) -> None:
    """Say what refreshes cost while a search runs, with nothing new and with one trial new each."""
    layout = SearchLayout.of(storage, f"of-{number}")
    ledger, chance = Ledger(layout), random.Random(time.time())
    context = started.new_context(viewport={"width": 1280, "height": 1800})
    page = context.new_page()
    traffic = Traffic(page)
    with driver_heartbeat(layout.root):
        page.goto(f"{address}/search?search=of-{number}")
        page.get_by_test_id("stDataFrame").first.wait_for(timeout=_USABLE_MS)
        page.wait_for_timeout(15_000)
        idle = cost(page, server, traffic, seconds=20)
        say("nothing new: share of a core", idle[1] / 20)
        say("nothing new: bytes a refresh (2 s)", idle[0] / 10)
        say("nothing new: server CPU s a refresh (2 s)", idle[1] / 10)
        first = max((int(path.name.split(".")[0]) for path in records(layout)), default=0) + 1
        spent: list[tuple[int, float]] = []
        for trial in range(first, first + times):
            ledger.write_record(made(trial, chance))
            spent.append(cost(page, server, traffic, seconds=8))
            if len(spent) == 10:
                say("server after 10 refreshes, MB", server.memory_info().rss / 1e6)
        say("one trial new: bytes, median", median(each[0] - 4 * idle[0] / 10 for each in spent))
        say("one trial new: server CPU s, median", median(each[1] - 4 * idle[1] / 10 for each in spent))
        say(f"server after {times} refreshes, MB", server.memory_info().rss / 1e6)
    context.close()


def idle_tabs(started: Browser, server: psutil.Process, address: str, storage: str, number: int) -> None:
    """Say which share of a core a tab of each view takes while nothing happens in a search that runs."""
    with driver_heartbeat(SearchLayout.of(storage, f"of-{number}").root):
        for view in VIEWS:
            context = started.new_context(viewport={"width": 1280, "height": 1800})
            page = context.new_page()
            page.goto(f"{address}/{'' if view == 'searches' else view}?search=of-{number}")
            page.get_by_role("heading").first.wait_for(timeout=_USABLE_MS)
            page.wait_for_timeout(30_000)
            say(f"{view}, idle: share of a core", cost(page, server, Traffic(page), seconds=20)[1] / 20)
            context.close()


def records(layout: SearchLayout) -> Iterator[Path]:
    """Return the files of the records."""
    assert layout.root.local is not None
    return (layout.root.local / "records").iterdir()


def cost(page: Page, server: psutil.Process, traffic: Traffic, *, seconds: float) -> tuple[int, float]:
    """Return the bytes to the browser and the server's CPU seconds in the next seconds."""
    before, begun = traffic.bytes, cpu(server)
    page.wait_for_timeout(1000 * seconds)
    return traffic.bytes - before, cpu(server) - begun


def cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


@contextmanager
def peer(python: str, folder: Path, number: int) -> Iterator[str]:
    """Serve the same trials by optuna-dashboard."""
    database = folder / f"optuna-{number}.db"
    if not database.exists():
        subprocess.run([python, str(_PEER), str(database), str(number), str(_EPOCHS)], check=True)
    command = [str(Path(python).with_name("optuna-dashboard")), f"sqlite:///{database}", "--port", "8789"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as serving:
        try:
            for _ in range(_PEER_SECONDS):
                time.sleep(1)
                with suppress(OSError), socket.create_connection(("127.0.0.1", 8789), timeout=1):
                    break
            yield "http://127.0.0.1:8789/dashboard"
        finally:
            serving.terminate()


def say(what: str, value: float) -> None:
    """Write one figure, with the machine's load, as a line of JSON."""
    load = psutil.getloadavg()[0]
    sys.stdout.write(json.dumps({"what": what, "value": round(value, 4), "load": round(load, 1)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
