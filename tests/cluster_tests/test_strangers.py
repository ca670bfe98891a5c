"""On a stranger's machine: names like ours beside the launch, odd temporary folders, a home that cannot be written."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster import ClusterError
from cluster.driving import scratch
from datasets import Dataset
from ui.cli import entry

HOSTILE = "raise RuntimeError('this is the user\\'s own module')\n"


@pytest.fixture
def beside(here: Path) -> Path:
    """The current directory, with a package or an empty folder of each name, beside the user's `my_models`."""
    for name in ("datasets", "trainer"):
        (here / name).mkdir()
        (here / name / "__init__.py").write_text(HOSTILE)
    for name in ("search", "ui"):
        (here / name).mkdir()
    (here / "cluster.py").write_text(HOSTILE)
    return here


@pytest.mark.slow
def test_a_search_runs_by_the_command_and_on_its_workers(beside: Path, tiny_dataset: Dataset, tmp_path: Path) -> None:
    # As Slurm makes them; too long for the paths of Ray's sockets.
    temporary = tmp_path / ("job-ä" * 10)
    temporary.mkdir()
    galaxy = str(Path(sys.executable).with_name("galaxy"))
    options = ["--hypermodel", "my_models:tiny", "--trials", "1", "--epochs", "1", "--json"]
    done = subprocess.run(
        [galaxy, "search", tiny_dataset.info.path, "--name", "first", *options],
        env=os.environ | {"PYTHONPATH": str(beside), "TMPDIR": str(temporary), "HOME": "/dev/null/none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (trial,) = json.loads(done.stdout)["trials"]
    assert trial["state"] == "completed", trial["reason"]


def test_an_empty_folder_hides_nothing_in_a_python_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "import datasets; print(datasets.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).parents[1] == Path(entry.ROOT)


def test_another_distributions_package_is_named_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "__init__.py").write_text(HOSTILE)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(entry.sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(SystemExit, match=r"^galaxy: error: .*'datasets'.*an environment of its own") as ended:
        entry.main()
    assert "\n" not in str(ended.value)
    assert entry.seconds_so_far() == 0.0  # the command's end is the end of its time


def long(folder: Path) -> str:
    return str(folder / ("x" * 50))


def other_letters(_: Path) -> str:
    return "/tmp/ä"


def absent(_: Path) -> str:
    return "/tmp/none-such"


def a_file(_: Path) -> str:
    return "/dev/null"


UNFIT = [
    (long, r": \d+ characters"),
    (other_letters, "not ASCII"),
    (absent, "No such file"),
    (a_file, "Not a directory"),
]


@pytest.mark.parametrize(("make", "why"), UNFIT, ids=lambda one: getattr(one, "__name__", None))
def test_a_folder_that_does_not_serve_is_passed_over_or_refused(
    make: Callable[[Path], str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", make(tmp_path))
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    chosen = scratch.scratch_folder()
    assert chosen in ("/tmp", "/var/tmp", "/dev/shm")
    with scratch.started_in(chosen):
        assert os.environ["RAY_TMPDIR"] == chosen
    assert "RAY_TMPDIR" not in os.environ
    monkeypatch.setenv("RAY_TMPDIR", make(tmp_path))
    with pytest.raises(ClusterError, match=f"at most 39 ASCII characters.*{why}.*give one in RAY_TMPDIR"):
        scratch.scratch_folder()


def test_a_full_disk_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = scratch.shutil.disk_usage("/")
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda _: usage._replace(free=2**20))
    monkeypatch.setenv("RAY_TMPDIR", "/tmp")
    with pytest.raises(ClusterError, match="/tmp: 1 MB free"):
        scratch.scratch_folder()
