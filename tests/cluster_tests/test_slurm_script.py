"""`cluster/slurm.sh` without Slurm: what it hands on, and when it puts itself back into the queue."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "cluster/slurm.sh"
# Stands for all programs: notes how it was called; Ray listens until it is told to stop.
STUB = """#!/bin/bash
printf '%s|' "${0##*/}" "$@" >>said; echo >>said
case ${0##*/} in
srun) while [[ $1 == --* ]]; do shift; done; exec "$@" ;;
scontrol) [ "$1" != show ] || printf 'localhost\n' ;;
ray)
    case $1 in
    start) for word; do case $word in --port=*) port=${word#*=} ;; esac; done
        echo $$ >pid
        exec python3 -c "import socket, time; s = socket.create_server(('', $port)); time.sleep(60)" ;;
    stop) kill "$(cat pid)" ;;
    esac ;;
galaxy) if [ "$1" = search ]; then STATUS; fi ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("cluster/ray", ".venv/bin/ray", ".venv/bin/galaxy", "bin/srun", "bin/scontrol"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STUB.replace("STATUS", "exit 0"))
        path.chmod(0o755)
    return tmp_path


def start(checkout: Path, *arguments: str) -> subprocess.Popen[str]:
    job = {"SLURM_SUBMIT_DIR": str(checkout), "SLURM_JOB_ID": str(os.getpid()), "SLURM_JOB_NODELIST": "localhost"}
    environment = {**os.environ, **job, "PATH": f"{checkout}/bin:{os.environ['PATH']}"}
    return subprocess.Popen(
        [shutil.which("bash") or "bash", SCRIPT, *arguments], env=environment, stderr=subprocess.PIPE, text=True
    )


def said(checkout: Path, program: str) -> list[str]:
    return [line for line in (checkout / "said").read_text().splitlines() if line.startswith(f"{program}|")]


@pytest.mark.parametrize(
    ("search", "signalled", "status", "requeued"),
    [
        ("exit 0", False, 0, False),
        ("exit 1", False, 1, False),  # it would fail again
        ("exit 130", False, 130, False),  # `galaxy stop`
        ("trap 'exit 143' TERM; touch runs; while :; do sleep 0.1; done", True, 143, True),
        ("trap 'exit 0' TERM; touch runs; while :; do sleep 0.1; done", True, 0, False),  # it was about to finish
    ],
    ids=["finished", "failed", "stopped", "time is up", "finished as time was up"],
)
def test_a_job_goes_back_into_the_queue_only_if_its_time_was_up(
    search: str, signalled: bool, status: int, requeued: bool, checkout: Path
) -> None:
    (checkout / ".venv/bin/galaxy").write_text(STUB.replace("STATUS", search))
    job = start(checkout, "d", "--config", "my search.toml", "--storage", "s3://b/r?a=1&b=2")
    if signalled:
        while not (checkout / "runs").exists():
            time.sleep(0.05)
        subprocess.run(["kill", "-USR1", str(job.pid)], check=True)
    job.communicate(timeout=60)
    assert job.returncode == status
    [given] = [line for line in said(checkout, "galaxy") if "|search|" in line]
    assert given.startswith("galaxy|search|d|--config|my search.toml|--storage|s3://b/r?a=1&b=2|--or-resume|--address|")
    assert any("|requeue|" in line for line in said(checkout, "scontrol")) == requeued
    assert len([line for line in said(checkout, "ray") if "|stop|" in line]) == 1


def test_a_job_joins_no_ray_of_another_whose_number_gives_the_same_port(checkout: Path) -> None:
    with socket.create_server(("", 20000 + os.getpid() % 5000 * 4)) as other:
        start(checkout, "d", "--name", "first").communicate(timeout=60)
        port = other.getsockname()[1] + 4
    assert [line.split("|")[-2] for line in said(checkout, "galaxy") if "|search|" in line] == [f"localhost:{port}"]
    assert any(f"|--port={port}|" in line for line in said(checkout, "ray"))


@pytest.mark.parametrize("token", ["", "in the environment, which reaches all nodes"], ids=["none", "given"])
def test_the_token_is_made_unless_the_job_has_one(token: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", token)
    start(checkout, "d", "--name", "first").communicate(timeout=60)
    assert any("|cluster|token|" in line for line in said(checkout, "galaxy")) == (not token)


@pytest.mark.parametrize(("arguments", "found"), [((), "found nothing: sbatch"), (("d",), "found none: `cd` to it")])
def test_a_job_that_cannot_be_is_told_so_before_ray_starts(
    arguments: tuple[str, ...], found: str, tmp_path: Path
) -> None:
    job = start(tmp_path, *arguments)
    assert found in job.communicate(timeout=60)[1]
    assert job.returncode == 2
