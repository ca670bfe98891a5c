"""What shows quickly must not wait for TensorFlow, Ray or Jinja: each case runs in a process of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_RUN = """
import sys
from ui.cli.main import app
try:
    app(sys.argv[1:], prog_name="galaxy")
except SystemExit as exit:
    assert not exit.code, exit.code
heavy = {"tensorflow", "keras", "keras_tuner", "ray", "streamlit", "jinja2"} & set(sys.modules)
assert not heavy, heavy
"""


def run(*arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("search", "--help"), ("searches",), ("leaderboard", "first"), ("leaderboard", "first", "--csv")],
)
def test_reading_a_search(storage: str, arguments: tuple[str, ...]) -> None:
    run(*arguments, *([] if "--help" in arguments else ["--storage", storage]))


def test_info(tiny_dataset: object, tiny_source: Path) -> None:
    run("info", tiny_dataset.info.path)  # type: ignore[attr-defined]


def test_sample(tmp_path: Path) -> None:
    run("sample", tmp_path / "out", "--count", 250)


_DRAW = """
import sys
from ui.pages.site import Site
from ui.web.app import VIEWS
for path in VIEWS:
    VIEWS[path][2](Site(sys.argv[1]))  # without a server Streamlit draws nothing, and says so
heavy = {"tensorflow", "keras", "keras_tuner", "ray"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_views_before_anything_is_classified(storage: str, bundle: Path) -> None:
    shutil.copytree(bundle, Path(storage) / "first" / "model")
    command = [sys.executable, "-c", _DRAW, storage]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
