"""Folders and files of the same names as our packages, where the command is given, hide nothing of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
@pytest.mark.parametrize("address", ["local", "in-process"])
def test_a_search_finds_its_packages_and_the_users_module(address: str, beside: Path, tiny_dataset: Dataset) -> None:
    galaxy = str(Path(sys.executable).with_name("galaxy"))
    options = ["--hypermodel", "my_models:tiny", "--trials", "1", "--epochs", "1", "--address", address, "--json"]
    done = subprocess.run(
        [galaxy, "search", tiny_dataset.info.path, "--name", "first", *options],
        env=os.environ | {"PYTHONPATH": str(beside)},
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
