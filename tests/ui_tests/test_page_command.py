import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from ui_tests.conftest import Galaxy

from ui.web.serving import HOST, flags


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(storage: str, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A running ``galaxy ui``, once its page answers, and its port; its page has imported a user's module."""
    port = free_port()
    (tmp_path / "users_own.py").write_text("from pathlib import Path; import tensorflow; Path('imported').touch()")
    command = [sys.executable, "-m", "ui.cli.entry", "ui", "--port", str(port), "--storage", storage]
    command += ["--module", "users_own"]
    # A session of its own, as a shell gives a job: the signals of a test reach this process alone. Tests that run in
    # the background of a script have Ctrl-C ignored, and their children would inherit that.
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"Galaxy Tuner is at http://{HOST}:{port} (Ctrl-C ends it)\n"
    try:
        yield process, port
    finally:
        process.kill()
        process.communicate()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def stops_answering(port: int) -> bool:
    limit = time.monotonic() + 20
    while answers(port):
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.slow
def test_ctrl_c_ends_page_and_command(served: tuple["subprocess.Popen[str]", int], tmp_path: Path) -> None:
    process, port = served
    assert answers(port)
    assert (tmp_path / "imported").exists()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "galaxy: interrupted\n"
    assert stops_answering(port)


@pytest.mark.slow
@pytest.mark.parametrize(("signal_sent", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_the_page_never_outlives_the_command(
    served: tuple["subprocess.Popen[str]", int], signal_sent: signal.Signals, status: int
) -> None:
    process, port = served
    process.send_signal(signal_sent)
    assert process.wait(30) == status
    assert stops_answering(port)


def test_a_taken_port_is_one_line(galaxy: Galaxy) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = galaxy("ui", "--port", port)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"galaxy: error: port {port} cannot be used (Address already in use): choose another with --port\n"
    )


def test_a_module_that_cannot_be_imported_is_one_line(galaxy: Galaxy, capfd: pytest.CaptureFixture[str]) -> None:
    result = galaxy("ui", "--port", free_port(), "--module", "absent")
    assert (result.exit_code, result.output) == (1, "")
    said = capfd.readouterr().err
    assert said.startswith("galaxy: error: --module absent: cannot be imported from ")
    assert said.count("\n") == 1


def test_the_page_is_for_this_machine_and_sends_nothing_home() -> None:
    given = flags(HOST, 8501)
    assert "--server.address=127.0.0.1" in given
    assert "--browser.gatherUsageStats=false" in given
    assert "--server.headless=true" in given
    assert [flag for flag in given if "allowedHosts" in flag] == [
        "--server.allowedHosts=127.0.0.1",
        "--server.allowedHosts=localhost",
    ]


def test_others_who_reach_the_machine_are_let_in_only_where_that_was_asked_for(galaxy: Galaxy) -> None:
    assert "--server.address=0.0.0.0" in flags("0.0.0.0", 8501)
    for arguments in (["--host", "0.0.0.0", "--control"], ["--host", "::", "--control"], ["--host", "elsewhere"]):
        result = galaxy("ui", "--port", free_port(), *arguments)
        assert result.exit_code == 2
        assert "--host" in result.output
