"""`cluster/ray` on one machine: what belongs to its Ray ends and goes, all else stays."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.nodes import launched

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the script a home directory of its own, as the modules' names are made from it."""
    monkeypatch.setattr(launched, "LINK", tmp_path / ".local/bin/ray")
    monkeypatch.setattr(launched, "CONFIGURATION", tmp_path / "ray_bootstrap_config.yaml")
    monkeypatch.setattr(launched, "KEY", tmp_path / "ray_bootstrap_key.pem")
    return tmp_path


@pytest.fixture
def start() -> Iterator[object]:
    started: list[subprocess.Popen[bytes]] = []

    def begin(folder: Path) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(SLEEP, env={**os.environ, "RAY_TMPDIR": str(folder)}))
        while (
            b"sleep" not in Path(f"/proc/{started[-1].pid}/cmdline").read_bytes()
        ):  # before, it is this process's copy
            time.sleep(0.01)
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_the_end_takes_processes_folder_link_and_key_of_this_ray_alone(home: Path, start, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    folder, other = home / "ours", home / "others"
    for each in (folder, other):
        (each / "ray/session_1").mkdir(parents=True)
    launched.CONFIGURATION.write_text(json.dumps({"cluster_name": "c", "provider": {"type": "aws"}}))
    launched.begin(folder, ["start", "--head", f"--autoscaling-config={launched.CONFIGURATION}"])
    (folder / "ray").mkdir()
    launched.KEY.write_text("a key")
    monkeypatch.setenv("GALAXY_RAY_FOLDER", str(folder))
    Path(str(launched.temporary_here()), "left by what was killed").touch()
    own, others = start(folder), start(other)
    with (folder / "ray/driver.log").open("w") as log:  # as that of a search which has connected to it
        driver = subprocess.Popen(SLEEP, stdout=log)
    assert launched.LINK.resolve() == launched.SCRIPT
    assert launched.end(folder)
    assert own.wait(timeout=30) == driver.wait(timeout=30) == -15
    assert others.poll() is None
    assert [path.name for path in home.rglob("*") if path.is_file()] == []
    assert (other / "ray/session_1").exists()
    assert not folder.exists()
    assert not launched.LINK.is_symlink()


def test_a_start_ends_what_the_last_one_has_left_and_leaves_another_ray_on_the_path(home, start, capsys) -> None:  # type: ignore[no-untyped-def]
    launched.LINK.parent.mkdir(parents=True)
    launched.LINK.write_text("#!/bin/sh\n")
    launched.CONFIGURATION.touch()
    left = start(home / "ours")
    launched.begin(home / "ours", ["start", "--head", f"--autoscaling-config={launched.CONFIGURATION}"])
    assert left.wait(timeout=30) == -15
    assert "is another Ray: `ray down` cannot end this one" in capsys.readouterr().out
    assert launched.LINK.read_text() == "#!/bin/sh\n"


def test_a_start_without_what_ray_up_ships_says_what_to_do(home: Path) -> None:
    with pytest.raises(SystemExit, match=r"config.yaml, found none: `ray down` and `ray up`"):
        launched.begin(home / "ours", ["start", "--head", f"--autoscaling-config={launched.CONFIGURATION}"])


def test_a_worker_that_is_not_reached_is_named_and_the_key_to_it_kept(home, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    launched.KEY.write_text("a key")
    provider = {"type": "local", "head_ip": "127.0.0.1", "worker_ips": ["192.0.2.11"]}
    configuration = {"cluster_name": "c", "provider": provider, "auth": {"ssh_user": "astro"}}
    launched.CONFIGURATION.write_text(json.dumps(configuration))
    ssh = home / "ssh"
    ssh.write_text("#!/bin/sh\necho 'ssh: connect to host 192.0.2.11 port 22: No route to host' >&2; exit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(home), prepend=":")
    assert not launched.end(home / "ours")
    assert "192.0.2.11: Ray may still run there (ssh: connect to host" in capsys.readouterr().out
    assert launched.KEY.exists()


def test_auto_finds_the_ray_that_works_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALAXY_RAY_FOLDER", str(tmp_path))
    assert launched.address_here() is None
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray/ray_current_cluster").write_text("10.77.0.2:6379")
    assert launched.address_here() == "10.77.0.2:6379"
