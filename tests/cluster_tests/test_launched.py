"""`cluster/ray` on one machine: what belongs to its Ray ends and goes, all else stays."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.nodes import launched, ray_here

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
        started.append(subprocess.Popen(SLEEP, env={**os.environ, "GALAXY_RAY": str(folder)}))
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
    Path(str(ray_here.temporary_here()), "left by what was killed").touch()
    own, others = start(folder), start(other)
    with (folder / "ray/python-core-driver-01_7.log").open("w") as log:  # as a search which has connected to it
        driver = subprocess.Popen(SLEEP, stdout=log)
    with (folder / "ray/python-core-driver-01_7.log").open() as log, (folder / "ray/.driver.swp").open("w") as copy:
        readers = [subprocess.Popen(SLEEP, stdin=log), subprocess.Popen(SLEEP, stdout=copy)]  # `tail -f`, an editor
    assert launched.LINK.resolve() == launched.SCRIPT
    assert launched.end(folder)
    assert own.wait(timeout=30) == driver.wait(timeout=30) == -15
    for reader in readers:
        assert reader.poll() is None
        reader.kill()
        reader.wait()
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


@pytest.mark.parametrize("given", [["--port=16379"], ["--node-manager-port", "10002"]])
def test_a_start_with_a_port_that_workers_take_is_refused(given: list[str], home: Path) -> None:
    with pytest.raises(SystemExit, match=r"^expected a port outside of 10002 to 19999, which .* take, found"):
        launched.begin(home / "folder", ["start", "--head", *given])
    launched.begin(home / "folder", ["start", "--head", *given, "--min-worker-port=20000", "--max-worker-port=30000"])


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


def test_a_user_without_a_name_ends_a_head_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    launched.CONFIGURATION.write_text(json.dumps({"cluster_name": "c", "provider": {"type": "aws"}}))
    launched.begin(home / "ours", ["start", "--head", f"--autoscaling-config={launched.CONFIGURATION}"])
    assert launched.end(home / "ours")
    assert not launched.CONFIGURATION.exists()


@pytest.mark.parametrize(("first", "then"), [("one", "two"), ("", "two"), ("one", ""), ("10.0.0.1", "10.0.0.2")])
def test_a_start_does_not_end_the_ray_of_another_cluster_or_head(first: str, then: str, home, start) -> None:  # type: ignore[no-untyped-def]
    def arguments(of: str) -> list[str]:
        if "." in of:
            return ["start", f"--address={of}:6379"]
        launched.CONFIGURATION.write_text(json.dumps({"cluster_name": of, "provider": {}}))
        return ["start", "--head", *([f"--autoscaling-config={launched.CONFIGURATION}"] if of else [])]

    launched.begin(home / "ours", arguments(first))
    runs = start(home / "ours")
    with pytest.raises(SystemExit, match=r"expected no other Ray here, found one of .*: end it first"):
        launched.begin(home / "ours", arguments(then))
    assert runs.poll() is None
    if first == "one":  # its autoscaler goes on reading its own file
        assert json.loads(launched.CONFIGURATION.read_text())["cluster_name"] == "one"
    launched.begin(home / "ours", arguments(first))
    assert runs.wait(timeout=30) == -15
    launched.begin(home / "ours", arguments(then))


@pytest.mark.parametrize("of", ["head,10.0.0.2", "other,10.0.0.9"])
def test_a_head_ends_the_ray_of_a_worker_that_has_joined_it_and_no_other(of: str, home, start) -> None:  # type: ignore[no-untyped-def]
    launched.begin(home / "ours", ["start", "--address", "10.0.0.2:6379"])
    runs = start(home / "ours")
    assert launched.end(home / "ours", of)
    assert (home / "ours").exists() == (runs.poll() is None) == ("10.0.0.2" not in of)


def test_a_worker_with_the_heads_home_directory_ends_itself_alone(home, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """It finds the head's file there, and would ask all workers, itself too, to ask all workers."""
    provider = {"type": "local", "head_ip": "192.0.2.10", "worker_ips": ["192.0.2.11"]}
    launched.CONFIGURATION.write_text(json.dumps({"cluster_name": "c", "provider": provider, "auth": {}}))
    launched.LINK.parent.mkdir(parents=True)
    launched.LINK.symlink_to(launched.SCRIPT)
    monkeypatch.setattr(launched, "_end_workers", None)
    for _ in range(2):  # the second time with nothing left that says what it was
        launched.begin(home / "ours", ["start", "--address=192.0.2.10:6379"])
        assert launched.end(home / "ours")
        assert launched.end(home / "ours")
    assert launched.CONFIGURATION.exists()
    assert launched.LINK.is_symlink()


def test_a_slurm_job_that_has_ended_leaves_the_workers_of_a_ray_up_from_the_same_machine(home, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    provider = {"type": "local", "head_ip": "127.0.0.1", "worker_ips": ["192.0.2.11"]}
    launched.CONFIGURATION.write_text(json.dumps({"cluster_name": "c", "provider": provider, "auth": {}}))
    monkeypatch.setattr(launched, "_end_workers", None)
    monkeypatch.setenv("GALAXY_RAY_FOLDER", str(home / "job"))
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    launched.begin(home / "job", ["start", "--head"])
    for _ in range(2):  # by the script, and by `start --block`
        assert launched.end(home / "job")
    assert launched.CONFIGURATION.exists()


def test_a_folder_that_another_user_has_put_there_is_neither_used_nor_removed(home, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    theirs = home / "theirs"
    (theirs / "ray").mkdir(parents=True)
    (theirs / "ray/ray_current_cluster").write_text("192.0.2.66:6379")
    (home / "link").symlink_to(theirs)
    for folder, user in ((home / "link", os.getuid()), (theirs, os.getuid() + 1)):
        monkeypatch.setattr(os, "getuid", lambda user=user: user)
        monkeypatch.setenv("GALAXY_RAY_FOLDER", str(folder))
        assert launched.end(folder)
        assert ray_here.address_here() is None
        assert ray_here.temporary_here() is None
        with pytest.raises(SystemExit, match="found another user's"):
            launched.begin(folder, ["start", "--head"])
    assert (theirs / "ray/ray_current_cluster").exists()


def test_the_script_ends_what_is_there_and_says_so_if_it_cannot(tmp_path: Path, start) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "ours"
    folder.mkdir()
    runs = start(folder)

    def stop(place: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOME": str(tmp_path), "GALAXY_RAY_FOLDER": place}
        return subprocess.run([launched.SCRIPT, "stop"], env=environment, capture_output=True, text=True, check=False)

    assert stop("ours").stderr == "expected an absolute path in GALAXY_RAY_FOLDER, found ours\n"
    (tmp_path / "link").symlink_to(folder)
    assert "found another user's" in stop(str(tmp_path / "link")).stderr
    assert runs.poll() is None
    for _ in range(2):
        done = stop(str(folder))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith(": Ray has ended here\n")
    assert runs.wait(timeout=30) == -15
    assert not folder.exists()


def test_auto_finds_the_ray_that_works_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALAXY_RAY_FOLDER", str(tmp_path))
    assert ray_here.address_here() is None
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray/ray_current_cluster").write_text("10.77.0.2:6379")
    assert ray_here.address_here() == "10.77.0.2:6379"


def checkout(place: Path) -> Path:
    """Lay there what `cluster/ray` needs, with the Python of the tests and a Ray that says what it is to do."""
    (place / "cluster/nodes").mkdir(parents=True)
    for name in ("ray", "token.py", "nodes/launched.py"):
        shutil.copy(launched.SCRIPT.parent / name, place / "cluster" / name)
    command(place / ".venv/bin/python", f'exec {sys.executable} "$@"')
    command(place / ".venv/bin/ray", 'echo "ray $*"')
    return place / "cluster/ray"


def command(file: Path, does: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{does}\n")
    file.chmod(0o755)


def run(script: Path, *words: str, **environment: object) -> subprocess.CompletedProcess[str]:
    given = os.environ | {name: str(value) for name, value in environment.items()}
    return subprocess.run([script, *words], env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("where", "raylets", "is_reached"),
    [
        ("real/home/astro/galaxy-tuner", "exit 0", True),
        ("real/home/astro/galaxy tuner", "exit 0", True),
        ("opt/galaxy tuner", "exit 0", True),
        (None, "exit 1", True),
        (None, "exit 0", False),
        (None, "exit 127", False),
    ],
    ids=["home is a link", "a space", "outside of the home", "nothing set up", "elsewhere there", "nothing known"],
)
def test_the_head_ends_ray_on_a_worker_or_says_that_it_may_still_run(  # type: ignore[no-untyped-def]
    where: str | None, raylets: str, is_reached: bool, tmp_path: Path, start
) -> None:
    """Home directories are links, as many a site has them; the worker has the layout of the head."""
    (tmp_path / "real/home/astro").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/astro").symlink_to(tmp_path / "real/home/astro")
    home, head, worker = tmp_path / "home/astro", tmp_path / "head", tmp_path / "worker"
    provider = {"type": "local", "head_ip": "127.0.0.9", "worker_ips": ["127.0.0.8"]}
    configuration = {"cluster_name": "c", "provider": provider, "auth": {"ssh_user": "astro"}}
    for folder, of in ((head, "the cluster c"), (worker, "127.0.0.9:6379")):
        folder.mkdir()
        (folder / "of").write_text(of)
    (head / "launched.json").write_text(json.dumps(configuration))
    runs = start(worker)
    script = checkout(tmp_path / (where or "real/home/astro/mine"))
    gone = "" if where else f"mv {script} {script}.away; trap 'mv {script}.away {script}' EXIT;"
    sent = f'for c; do :; done; {gone} cd "$HOME"; GALAXY_RAY_FOLDER={worker} sh -c "$c"'
    command(tmp_path / "bin/ssh", sent)
    command(tmp_path / "bin/pgrep", raylets)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = run(script, "stop", HOME=home, GALAXY_RAY_FOLDER=head, PATH=path)
    assert (done.returncode == 0, done.stderr) == (is_reached, "")
    assert ("Ray has ended here and on 127.0.0.8" in done.stdout) == is_reached
    assert ("127.0.0.8: Ray may still run there (expected mine/cluster/ray there, found" in done.stdout) != is_reached
    assert (runs.poll() is None) == (where is None)


@pytest.mark.parametrize("spelt", ["{}/ours/", "{}//ours", "{}/./ours", "{}/link/ours"])
@pytest.mark.parametrize("by", ["start", "stop"])
def test_a_folder_is_the_same_however_it_is_written(by: str, spelt: str, tmp_path: Path, start) -> None:  # type: ignore[no-untyped-def]
    script, folder = checkout(tmp_path / "galaxy-tuner"), tmp_path / "real/ours"
    (folder / "ray").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    other = spelt.format(tmp_path if "link" in spelt else tmp_path / "real")
    told, asked = (other, folder) if by == "start" else (folder, other)
    runs = start(told)
    with (folder / "ray/python-core-driver-01_7.log").open("w") as log:
        driver = subprocess.Popen(SLEEP, stdout=log)
    assert run(script, "stop", GALAXY_RAY_FOLDER=asked, HOME=tmp_path).returncode == 0
    assert runs.wait(timeout=30) == driver.wait(timeout=30) == -15
    assert not folder.exists()


def test_a_link_in_the_folders_place_is_refused_with_a_slash_at_its_end_too(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    done = run(checkout(tmp_path / "galaxy-tuner"), "stop", GALAXY_RAY_FOLDER=f"{tmp_path}/link/")
    assert "found another user's" in done.stderr


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("stop --help", 0, "usage: "),
        ("stop -h", 0, "usage: "),
        ("stop --force", 2, "expected nothing or --of=HEAD, found --force, and nothing was ended"),
        ("stop now", 2, "expected nothing or --of=HEAD, found now"),
        ("stop --of --help", 0, "usage: "),
        ("start --help", 0, "ray start --help"),
        ("start --head --prot=6379", 2, "No such option '--prot'. Did you mean '--port'?"),
        ("start --head --port=many", 2, "'many' is not a valid integer"),
        ("start --head --port=16379", 1, "expected a port outside of"),
        ("start", 1, "expected --head, or --address=HEAD:6379"),
    ],
)
def test_words_that_are_not_known_end_nothing(words: str, status: int, said: str, tmp_path: Path, start) -> None:  # type: ignore[no-untyped-def]
    script, folder = checkout(tmp_path / "galaxy-tuner"), tmp_path / "ours"
    folder.mkdir()
    runs = start(folder)
    done = run(script, *words.split(), GALAXY_RAY_FOLDER=folder, HOME=tmp_path)
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done
    assert runs.poll() is None
    assert [*folder.iterdir()] == []
