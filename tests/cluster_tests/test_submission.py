"""A search sent to a head as a job: what is sent, what is refused, and the real server of jobs once."""

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from ray.exceptions import AuthenticationError
from typer.testing import CliRunner
from ui_tests.fabricated import write_search

import cluster
from cluster import ClusterError, Terminated, submit_resume, submit_search
from cluster.driving import job_server
from cluster.driving.job_server import dashboard_of
from cluster.jobs import submission
from cluster.token import ensure_token
from datasets import Dataset, GalaxyTunerError
from search import SearchSettings, SearchState, read_search
from ui.cli.main import app

SETTINGS = SearchSettings(name="first", trials=3)


class Server:
    """Stands in for `run_as_job`: keeps what it was given."""

    def __call__(
        self, dashboard: str, command: str, *, job: str, files: Mapping[str, bytes], has_begun: Callable[[int], bool]
    ) -> bool:
        self.dashboard, self.words, self.job, self.files = dashboard, shlex.split(command), job, files
        return has_begun(1)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(submission, "run_as_job", server)
    return server


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a space of two modules, an oracle, and what nobody is to be sent."""
    (tmp_path / "my_space.py").write_text("from parts.blocks import units\ndef build(hp): ...\n")
    (tmp_path / "my_oracle.py").write_text("def make(**given): ...\n")
    (tmp_path / "parts").mkdir()
    for name in ("parts/__init__.py", "parts/unused.py", "secret.py", "gz.zip"):
        (tmp_path / name).write_text("")
    (tmp_path / "parts" / "blocks.py").write_text("units = 3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_is_the_one_given_and_only_the_space_goes_with_it(
    server: Server, here: Path, tiny_dataset: Dataset
) -> None:
    settings = SETTINGS.model_copy(
        update={"hypermodel": "my_space:build", "oracle": "my_oracle:make", "points": ({"units": 3},), "patience": 2}
    )
    sent = submit_search(tiny_dataset.info.path, settings, storage=str(here / "my runs"))
    about = {"search": "first", "job": server.job, "address": "http://127.0.0.1:8265"}
    assert sent.as_json() == about | {"begun": False}
    assert {*server.files} == {"my_space.py", "parts/__init__.py", "parts/blocks.py", "my_oracle.py", "points.json"}
    (here / "points.json").write_bytes(server.files["points.json"])
    read: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cluster.__dict__, "run_search", lambda *given, **named: read.update(named, given=given))
        CliRunner().invoke(app, server.words)
    assert read["given"] == (tiny_dataset.info.path, settings)
    assert (read["storage"], read["address"]) == (str(here / "my runs"), "auto")


@pytest.mark.parametrize(("given", "sent"), [("other", "other"), ("file:///shared/runs/other/", "/shared/runs/other")])
def test_another_search_to_learn_from_is_named_as_the_head_finds_it(
    given: str, sent: str, server: Server, here: Path, tiny_dataset: Dataset
) -> None:
    settings = SETTINGS.model_copy(update={"warm_start": given})
    submit_search(tiny_dataset.info.path, settings, storage=str(here))
    assert server.words[server.words.index("--warm-start") + 1] == sent


def test_a_resumed_search_goes_on_there_as_it_is_asked_to(server: Server, tmp_path: Path) -> None:
    storage = str(tmp_path / "runs")
    write_search(storage, "first", state=SearchState.INTERRUPTED)
    submit_resume("first", storage=storage, trials=9, retry=("failed", "0002"), address="https://rays.example.org")
    assert server.dashboard == "https://rays.example.org"
    assert server.files == {}
    assert server.words == [
        *("resume", "first", "--trials", "9", "--retry", "failed", "--retry", "0002"),
        *("--storage", storage, "--address", "auto"),
    ]
    with pytest.raises(GalaxyTunerError, match="--trials 1: the search was to have 6 already"):
        submit_resume("first", storage=storage, trials=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"storage": "runs"}, "--storage runs: a submitted search runs on other machines: expected a place that all"),
        ({"dataset": "gz.galaxy"}, "DATASET gz.galaxy: a submitted search runs on other machines"),
        ({"address": "ray://head:10001"}, "--address ray://head:10001: --submit needs the head's dashboard, such as"),
        ({"address": "head:6379"}, "--submit needs the head's dashboard"),
        ({"address": "http://8.8.8.8:8265"}, "plain HTTP over a public address would show the token"),
        ({"hypermodel": "absent:build"}, "--hypermodel absent:build: expected the module absent in /.*, found none"),
        ({"name": "taken"}, "taken"),
        ({"storage": "s3://AK:S3CRET@b/runs"}, "--storage: expected no key, token or password in the URI"),
        ({"dataset": "s3://b/d?secret_key=S3CRET"}, "DATASET: expected no key, token or password in the URI"),
        ({"warm_start": "s3://AK:S3CRET@b/runs/one"}, "--warm-start: expected no key, token or password in the URI"),
        ({"warm_start": "runs/one"}, "--warm-start runs/one: a submitted search runs on other machines"),
        ({"warm_start": "~/runs/one"}, "--warm-start ~/runs/one: a submitted search runs on other machines"),
    ],
    ids=lambda given: str(*given.values()) if isinstance(given, dict) else "",
)
def test_what_can_be_told_from_here_is_refused_in_one_line(
    change: dict[str, str], message: str, server: Server, here: Path, tiny_dataset: Dataset
) -> None:
    write_search(str(here / "runs"), "taken")
    given = {"dataset": tiny_dataset.info.path, "storage": str(here / "runs"), "address": "auto"} | change
    settings = {key: given.pop(key) for key in ("name", "hypermodel", "warm_start") if key in given}
    with pytest.raises(GalaxyTunerError, match=message) as caught:
        submit_search(given.pop("dataset"), SETTINGS.model_copy(update=settings), **given)  # type: ignore[misc]
    assert "\n" not in str(caught.value)
    assert "S3CRET" not in str(caught.value)
    assert not hasattr(server, "job")


def test_the_dashboard_is_asked_where_ray_says_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_API_SERVER_ADDRESS", raising=False)
    assert dashboard_of("local") == dashboard_of("auto") == "http://127.0.0.1:8265"
    assert dashboard_of("http://10.0.0.3:8265") == "http://10.0.0.3:8265"
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", "http://localhost:9000")
    assert dashboard_of("local") == "http://localhost:9000"
    for given, fault in (("http://8.8.8.8:8265", "plain HTTP over a public"), ("127.0.0.1:8265", "--submit needs the")):
        monkeypatch.setenv("RAY_API_SERVER_ADDRESS", given)
        with pytest.raises(ClusterError, match=rf"RAY_API_SERVER_ADDRESS={given}: {fault}"):
            dashboard_of("auto")


def test_the_place_of_a_token_that_is_another_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_dashboard: str) -> None:
        raise AuthenticationError("no")

    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    monkeypatch.setattr("ray.job_submission.JobSubmissionClient", refused)
    monkeypatch.setattr(job_server, "_check_here", lambda _: None)
    with pytest.raises(ClusterError, match=r"another token than the one in \$RAY_AUTH_TOKEN: put there the one of its"):
        job_server.run_as_job("http://127.0.0.1:1", "--help", job="a", files={}, has_begun=lambda _: True)


@pytest.mark.parametrize("folder", ["env", "my env"])
def test_a_job_runs_the_galaxy_of_the_environment_that_its_ray_was_started_from(folder: str, tmp_path: Path) -> None:
    galaxy = tmp_path / folder / "bin/galaxy"
    galaxy.parent.mkdir(parents=True)
    galaxy.write_text("#!/bin/sh\necho this one: $*\n")
    galaxy.chmod(0o755)
    script = f"{tmp_path}/{folder}/lib/python3.11/site-packages/ray/_private/workers/default_worker.py"
    workers = subprocess.list2cmdline([f"{galaxy.parent}/python", script, "--node-ip-address=127.0.0.1"])  # as Ray does
    raylet = ["-c", "import subprocess, sys; subprocess.run(sys.argv[2:])", f"--python_worker_command={workers}"]
    worker = ["-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"]
    job = ["sh", "-c", f"{job_server._GALAXY}--version"]
    command = [sys.executable, *raylet, sys.executable, *worker, *job]
    assert subprocess.check_output(command, text=True) == "this one: --version\n"


def test_no_dashboard_and_no_client_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_token()
    with pytest.raises(ClusterError, match=r"http://127\.0\.0\.1:1: expected the head's dashboard there, found none"):
        job_server.run_as_job("http://127.0.0.1:1", "--help", job="a", files={}, has_begun=lambda _: True)
    monkeypatch.setattr(job_server, "find_spec", lambda name: None)
    with pytest.raises(ClusterError, match="install the extra `submit`"):
        job_server.run_as_job("http://127.0.0.1:1", "--help", job="a", files={}, has_begun=lambda _: True)


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), Terminated(signal.SIGTERM)], ids=["Ctrl-C", "SIGTERM"])
def test_who_ends_the_command_while_it_waits_is_told_that_the_job_goes_on(
    ending: BaseException, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def ended(*_: object) -> bool:
        raise ending

    monkeypatch.setattr("ray.job_submission.JobSubmissionClient", lambda _: None)
    for name, stand_in in (("_check_here", lambda _: None), ("_submit", lambda *_: None), ("_begun", ended)):
        monkeypatch.setattr(job_server, name, stand_in)
    with pytest.raises(type(ending)):
        job_server.run_as_job("http://127.0.0.1:1", "--help", job="galaxy-a", files={}, has_begun=lambda _: True)
    assert [record.getMessage() for record in caplog.records] == ["The job galaxy-a goes on there."]


@pytest.mark.parametrize("error", [RuntimeError("Request failed with status code 500"), ConnectionError("away")])
@pytest.mark.parametrize("comes_back", [True, False])
def test_of_a_job_that_was_taken_a_dashboard_that_fails_is_asked_again(
    error: Exception, comes_back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def about(job: str) -> SimpleNamespace:
        asked.append(job)
        if len(asked) < 3 or not comes_back:
            raise error
        return SimpleNamespace(status="RUNNING", driver_info=SimpleNamespace(pid="7"))

    monkeypatch.setattr("ray.job_submission.JobSubmissionClient", lambda _: SimpleNamespace(get_job_info=about))
    for name, stand_in in (("_check_here", lambda _: None), ("_submit", lambda *_: None)):
        monkeypatch.setattr(job_server, name, stand_in)
    monkeypatch.setattr(job_server, "_LOOK_SECONDS", 0.001)
    monkeypatch.setattr(job_server, "_BEGIN_SECONDS", 60.0 if comes_back else 0.05)
    begun = job_server.run_as_job("http://127.0.0.1:1", "--help", job="a", files={}, has_begun=lambda pid: pid == 7)
    assert begun is comes_back
    assert len(asked) == 3 or not comes_back


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[str]:
    """Start a head with a dashboard, both of our own on loopback; only its own processes are ended after."""
    ensure_token()
    ports = []
    with contextlib.ExitStack() as open_ones:
        for _ in range(3):
            probe = open_ones.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder:
        options = ["--head", "--block", "--node-ip-address=127.0.0.1", "--num-cpus=2", f"--temp-dir={folder}"]
        options += [f"--port={ports[0]}", f"--dashboard-port={ports[1]}", f"--dashboard-agent-listen-port={ports[2]}"]
        process = subprocess.Popen(
            [Path(sys.executable).with_name("ray"), "start", *options, "--object-store-memory=100000000"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=tmp_path,
            # Its own environment's `galaxy` is on no path: the job finds it.
            env=os.environ | {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0", "PATH": "/usr/bin:/bin"},
        )
        try:
            for _ in range(240):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", ports[1]), timeout=1):
                    break
                assert process.poll() is None, "ray start --head ended"
                time.sleep(0.5)
            yield f"http://127.0.0.1:{ports[1]}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


_SPACE = """
import keras
from parts.blocks import units

def build(hp):
    model = keras.Sequential([
        keras.layers.Input((32, 32, 3)),
        keras.layers.AveragePooling2D(8),
        keras.layers.Flatten(),
        keras.layers.Dense(hp.Int("units", units, 40)),
        keras.layers.Dense(5, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
"""


@pytest.mark.slow
def test_a_search_runs_on_the_head_and_is_interrupted_where_its_job_is_stopped(
    dashboard: str, here: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.job_submission import JobSubmissionClient

    (here / "my_space.py").write_text(_SPACE)
    settings = SETTINGS.model_copy(update={"hypermodel": "my_space:build", "epochs": 100000, "concurrency": 1})
    storage = str(here / "runs")
    sent = submit_search(tiny_dataset.info.path, settings, storage=storage, address=dashboard)
    client = JobSubmissionClient(dashboard)
    # What ends it there before it has begun is said here.
    failing = pytest.raises(ClusterError, match=r"the job .* failed: a search named 'first' exists")
    with pytest.MonkeyPatch.context() as patch, failing:
        patch.setattr(submission, "check_name_free", lambda *_: None)
        submit_search(tiny_dataset.info.path, settings, storage=storage, address=dashboard)
    while not (running := [*here.glob("runs/first/progress/*")]) and str(client.get_job_status(sent.job)) == "RUNNING":
        time.sleep(0.2)
    assert running, client.get_job_logs(sent.job)
    with pytest.raises(GalaxyTunerError, match="search 'first' is running: its driver is alive"):
        submit_resume("first", storage=storage, address=dashboard)
    client.stop_job(sent.job)
    while not client.get_job_status(sent.job).is_terminal():
        time.sleep(0.2)
    resume = f"galaxy resume first --address auto --storage {storage}"
    assert client.get_job_logs(sent.job).splitlines()[-1] == f"galaxy: ended by SIGTERM: `{resume}` goes on"
    assert read_search(storage, "first").state is SearchState.INTERRUPTED
    # Another token, as of another cluster.
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    done = subprocess.run(
        [Path(sys.executable).with_name("galaxy"), "resume", "first", "--storage", storage, "--submit"],
        env=os.environ | {"RAY_API_SERVER_ADDRESS": dashboard},
        capture_output=True,
        text=True,
        check=False,
        cwd=here,
    )
    assert done.returncode == 1
    assert "that Ray has another token" in done.stderr.splitlines()[-1]
