"""SIGTERM and SIGHUP, as systemd, Slurm, Kubernetes and a closed terminal send them."""

import os
import re
import signal
import socket
from functools import partial

from benchmarks.strangers.judging import Done, Verdict, completed, right, wrong
from benchmarks.strangers.place import Place, Started, waited
from benchmarks.strangers.situation import Situation

_LONG = ["--epochs", "500"]
_SEARCH = ["search", "d", "--name", "first", "--hypermodel", "my_space:slow", "--trials", "2", "--scheduler", "none"]
_LAST = "runs/first/*/*/last.npz"
_END_SECONDS = 10.0


def ended(place: Place, number: signal.Signals, running: Started, *, is_search: bool) -> Verdict:
    """Send a signal; ask for an end within 10 s by one line and the signal's status, and for nothing left running."""
    running.send(number)
    done = running.wait(30)
    if done.status != 128 + number:
        return done.failed() if done.status in (None, 0) else wrong(_how(done))
    faults = [_fault(done), "" if waited(lambda: not place.processes(), 5) else "processes are left"]
    state = place.folder / "runs" / "first" / "state.json"
    if is_search and not re.search(rf'"interrupted".*{number.name}', state.read_text(), re.DOTALL):
        faults.append("the search is not called interrupted")
    return wrong(f"{', '.join(filter(None, faults))}: {_how(done)}") if any(faults) else right(_how(done))


def _how(done: Done) -> str:
    status = done.status or 0
    end = f"exit {status}" if status > 0 else f"ended by {signal.Signals(-status).name}"
    said = "a native stack trace" if "logging.cc" in done.err else done.line
    return f"{end} after {done.seconds:.0f} s: {said}"


def _fault(done: Done) -> str:
    if done.seconds > _END_SECONDS:
        return "slow"
    return "a native trace" if done.shows_traceback else ""


def while_searching(place: Place, *, number: signal.Signals, address: str) -> Verdict:
    """Send it to a search that trains."""
    running = place.start(*_SEARCH, *_LONG, "--address", address)
    if not place.wait_for(_LAST, 90):
        return wrong("nothing was trained")
    return ended(place, number, running, is_search=True)


def while_resuming(place: Place) -> Verdict:
    """Send SIGTERM to a search that was resumed."""
    place.search("slow", "--trials", "1")
    running = place.start("resume", "first", "--trials", "2")
    if not place.wait_for("runs/first/checkpoints/0001/best.npz", 90):
        return wrong("nothing was trained")
    return ended(place, signal.SIGTERM, running, is_search=False)


def while_training(place: Place, *, seeds: int) -> Verdict:
    """Send SIGTERM to the training of the winner, in one process or on Ray."""
    place.search("slow", "--trials", "1")
    running = place.start("train", "first", "--seeds", str(seeds), *_LONG)
    if not place.wait_for("runs/first/training/*/last.npz", 90):
        return wrong("nothing was trained")
    return ended(place, signal.SIGTERM, running, is_search=False)


def while_serving(place: Place) -> Verdict:
    """Send SIGTERM to the page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = place.start("ui", "--port", str(port))
    if not waited(lambda: "http" in "".join(running.printed()), 60):
        return wrong("no page")
    return ended(place, signal.SIGTERM, running, is_search=False)


def under_nohup(place: Place) -> Verdict:
    """Close the terminal of a search that was started with nohup."""
    place.behind = ("nohup",)
    running = place.start(*_SEARCH, "--epochs", "4", "--address", "in-process", "--json")
    if not place.wait_for(_LAST, 90):
        return wrong("nothing was trained")
    running.send(signal.SIGHUP)
    return completed(running.wait(60), 2)


def to_a_worker(place: Place) -> Verdict:
    """Send SIGTERM to the process of one trial, as a spot node's notice does."""
    running = place.start(*_SEARCH, "--epochs", "8", "--concurrency", "1", "--max-failures", "0", "--json")
    if not place.wait_for(_LAST, 90):
        return wrong("nothing was trained")
    for pid in place.workers():
        os.kill(pid, signal.SIGTERM)
    return completed(running.wait(120), 2)


_KIND = "Signals"
_TERM, _HUP = signal.SIGTERM, signal.SIGHUP
SITUATIONS = (
    Situation(_KIND, "SIGTERM to `search` on Ray", partial(while_searching, number=_TERM, address="local")),
    Situation(_KIND, "SIGHUP to `search` on Ray", partial(while_searching, number=_HUP, address="local")),
    Situation(_KIND, "SIGTERM to `search` in-process", partial(while_searching, number=_TERM, address="in-process")),
    Situation(_KIND, "SIGTERM to `resume`", while_resuming),
    Situation(_KIND, "SIGTERM to `train`", partial(while_training, seeds=1)),
    Situation(_KIND, "SIGTERM to `train --seeds 2`", partial(while_training, seeds=2)),
    Situation(_KIND, "SIGTERM to `ui`", while_serving),
    Situation(_KIND, "SIGHUP under `nohup`", under_nohup),
    Situation(_KIND, "SIGTERM to a trial's worker", to_a_worker),
)
