"""Ctrl-C once and twice, SIGTERM and SIGHUP, wherever they fall; a worker's notice that it has to end."""

import json
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_tests.conftest import end_at, orphaned
from cluster_tests.test_launch import built

from cluster import Terminated, resume_search, run_search
from cluster.driving import connection
from cluster.driving.connection import connected
from cluster.driving.interrupting import interruptible
from cluster.workers.notice import EndNotice, WorkerEndedError
from datasets import Dataset
from search import SearchSettings, SearchState, read_search

GALAXY = str(Path(sys.executable).with_name("galaxy"))
# What a program does while it is told to end.
_WAITING = """
import atexit, os, signal, sys, time, weakref
from cluster import terminable
from cluster.driving import interrupting
class Thing: pass
def told(*_): os.kill(os.getpid(), getattr(signal, sys.argv[1]))
{before}
with terminable():
    try:
        {body}
        time.sleep(20)
    except Exception:
        pass
    finally:
        {cleaning}
print("went on")
"""


class Thing:
    """Something that a weak reference can point to."""


def press(_reference: object = None) -> None:
    signal.raise_signal(signal.SIGINT)


def press_in_a_callback() -> None:
    """Press while a weak reference's callback runs, then wait."""
    thing = Thing()
    reference = weakref.ref(thing, press)
    del thing
    assert reference() is None
    time.sleep(5)


def test_the_first_asks_and_the_second_interrupts() -> None:
    asked: list[bool] = []
    before = signal.getsignal(signal.SIGINT)
    with interruptible(lambda: asked.append(True)):
        press()
        assert asked == [True]
        with pytest.raises(KeyboardInterrupt):
            press()
    assert (asked, signal.getsignal(signal.SIGINT)) == ([True], before)


def test_one_that_falls_where_python_ignores_exceptions_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    with interruptible(lambda: None):
        press()
        with pytest.raises(KeyboardInterrupt):
            press_in_a_callback()
    assert "Exception ignored" not in capfd.readouterr().err


def told_to_end(name: str, *, body: str = "told()", before: str = "", cleaning: str = "pass") -> tuple[int, str, str]:
    """Run a program that tells itself to end; return its status, what it printed and what it said."""
    program = _WAITING.format(body=body, before=before, cleaning=cleaning)
    # Tests that run under nohup have SIGHUP ignored, and their children would inherit that.
    done = subprocess.run(
        [sys.executable, "-c", program, name],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_told_to_end_a_program_says_so_and_leaves_with_the_signals_status(name: str, status: int) -> None:
    assert told_to_end(name, cleaning='told(); print("cleaned")') == (status, "cleaned\n", f"ended by {name}.\n")


def test_being_told_where_python_ignores_exceptions_is_not_lost() -> None:
    body = "thing = Thing(); reference = weakref.ref(thing, told); del thing"
    assert told_to_end("SIGTERM", body=body) == (143, "", "ended by SIGTERM.\n")


@pytest.mark.parametrize("cleaning", ["time.sleep(20)", "atexit.register(time.sleep, 20)"])
def test_a_program_that_does_not_end_is_ended(cleaning: str) -> None:
    status, out, err = told_to_end("SIGTERM", before="interrupting._UNWINDING_SECONDS = 0.2", cleaning=cleaning)
    assert (status, out, err.replace("galaxy: ", "").replace(".", "")) == (143, "", "ended by SIGTERM\n")


def test_a_fork_that_is_told_to_end_ends_alone() -> None:
    fork = "child = os.fork() or time.sleep(20); time.sleep(0.5)"  # Python forgets a signal that comes at once
    body = f"{fork}; os.kill(child, 15); print(os.waitpid(child, 0)[1]); time.sleep(0.5); told()"
    before = "interrupting._UNWINDING_SECONDS = 0.2"
    assert told_to_end("SIGTERM", body=body, before=before) == (143, "15\n", "ended by SIGTERM.\n")


def test_told_to_end_while_ray_is_shut_down_it_says_so() -> None:
    """Ray puts the signals' defaults back on its way, behind Python."""
    before = (
        "import ctypes, threading; from cluster.driving import connection; "
        "ray = connection.ray; ray.shutdown = lambda: (ctypes.CDLL(None).signal(15, None), time.sleep(20))"
    )
    body = "threading.Timer(1.0, told).start(); connection._shut_down(20.0)"
    assert told_to_end("SIGTERM", body=body, before=before) == (143, "", "ended by SIGTERM.\n")


@pytest.mark.parametrize(("error", "is_shut_down"), [(Terminated(signal.SIGTERM), False), (KeyboardInterrupt(), True)])
def test_what_ends_with_its_process_is_not_shut_down_before(
    error: BaseException, is_shut_down: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all processes are told to end at once, Ray ends who asks it for anything, status 1 and no word."""
    ends: list[float] = []
    monkeypatch.setattr(connection.ray, "init", lambda **_: None)
    monkeypatch.setattr(connection, "_shut_down", ends.append)
    with pytest.raises(type(error)), connected("local", SearchSettings(name="first")):
        raise error
    assert bool(ends) == is_shut_down


@pytest.mark.parametrize("handler", ["signal.SIG_IGN", "lambda *_: print('own')"])
def test_a_signal_that_is_ignored_or_handled_stays_so(handler: str) -> None:
    before = f"signal.signal(signal.SIGHUP, {handler}); time.sleep = lambda _: None"
    said = "own\n" if "own" in handler else ""
    assert told_to_end("SIGHUP", before=before) == (0, f"{said}went on\n", "")


def test_a_search_that_is_told_to_end_is_interrupted_and_goes_on(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_at(monkeypatch, 3, Terminated(signal.SIGTERM))  # the second trial has one epoch of two
    settings = SearchSettings(
        name="first", trials=2, epochs=2, oracle="random", scheduler="none", hypermodel="my_models:tiny"
    )
    with pytest.raises(Terminated, match=r"^ended by SIGTERM: `galaxy resume first --address in-process` goes on$"):
        run_search(tiny_dataset.info.path, settings, address="in-process")
    assert read_search("runs", "first").state is SearchState.INTERRUPTED
    assert json.loads(Path("runs/first/state.json").read_text())["reason"] == "ended by SIGTERM"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert resume_search("first", address="in-process").counts == {"completed": 2}


@pytest.mark.slow
def test_a_trial_goes_on_without_its_worker_and_a_search_after_all_its_processes(
    tiny_dataset: Dataset, here: Path
) -> None:
    """All of it once on Ray: a worker alone is told to end, then every process, as systemd and Slurm do."""
    options = "--name first --hypermodel my_models:tiny --trials 50 --epochs 200 --concurrency 1 --max-failures 0"
    driver = subprocess.Popen(
        [GALAXY, "search", tiny_dataset.info.path, *options.split()], stderr=subprocess.PIPE, text=True, env=orphaned()
    )
    while not list(here.glob("runs/first/progress/*")):
        assert driver.poll() is None
        time.sleep(0.1)
    # The worker imports TensorFlow once the trial has room, and builds the model then.
    while not (workers := {int(process) for process, _ in built(here)} - {driver.pid}):
        time.sleep(0.1)
    os.kill(*workers, signal.SIGTERM)
    while len({process for process, _ in built(here)}) < 3:
        assert driver.poll() is None
        time.sleep(0.1)
    all_processes = [*processes(driver.pid)]
    assert len(all_processes) > 3
    for process in reversed(all_processes):
        os.kill(process, signal.SIGTERM)
    _, err = driver.communicate(timeout=60)
    assert (driver.returncode, err.splitlines()[-1:]) == (
        143,
        ["galaxy: ended by SIGTERM: `galaxy resume first` goes on"],
    )
    assert "***" not in err
    view = read_search("runs", "first")
    assert (view.state, view.counts.get("failed"), view.counts.get("infeasible")) == (
        SearchState.INTERRUPTED,
        None,
        None,
    )


def processes(process: int) -> Iterator[int]:
    """Give a process and all that descend from it."""
    yield process
    for thread in Path(f"/proc/{process}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from processes(int(child))


def test_a_worker_that_is_told_to_end_gives_its_trial_back_and_fails_none() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        notice = EndNotice()
        with pytest.raises(WorkerEndedError) as during, notice.heeded():
            build_that_raises_what_it_meets(lambda: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(WorkerEndedError), notice.heeded():  # the next trial, if Ray gives it one before it is ended
            raise AssertionError("runs nothing")
        idle = EndNotice()
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(WorkerEndedError), idle.heeded():
            raise AssertionError("runs nothing")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert during.value.preempted


def build_that_raises_what_it_meets(call: object) -> None:
    try:
        call()  # type: ignore[operator]
    except Exception as error:
        raise AssertionError("taken for a fault of the build") from error
