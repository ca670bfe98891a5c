"""What Ray is told by the environment before it is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def said(code: str, home: Path, **variables: str) -> str:
    """Return what a fresh process prints that runs ``code`` after importing the package, ``home`` being its user's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", f"import os, cluster\n{code}"],
        env=inherited | {"HOME": str(home)} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_what_is_left_behind_when_ray_goes_away_starts_no_other_one(tmp_path: Path) -> None:
    code = "import ray\ntry:\n    ray.put(1)\nexcept Exception as error:\n    print(error, ray.is_initialized())"
    answer = said(code, tmp_path)
    assert "Ray has not been started yet." in answer
    assert answer.endswith("False")


@pytest.mark.parametrize("place", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "home"])
def test_a_user_who_has_a_token_uses_it(place: str, tmp_path: Path) -> None:
    file = tmp_path / ".ray" / "auth_token" if place == "home" else tmp_path / "token"
    file.parent.mkdir(exist_ok=True)
    file.write_text("abc")
    given = {"RAY_AUTH_TOKEN": "abc", "RAY_AUTH_TOKEN_PATH": str(file)}
    variables = {name: value for name, value in given.items() if name == place}
    mode = "print(os.environ.get('RAY_AUTH_MODE'))"
    assert said(mode, tmp_path, **variables) == "token"
    assert said(mode, tmp_path, RAY_AUTH_MODE="disabled", **variables) == "disabled"


def test_a_user_who_has_none_does_not(tmp_path: Path) -> None:
    assert said("print(os.environ.get('RAY_AUTH_MODE'))", tmp_path) == "None"


def test_a_user_without_a_home_has_one_for_ray() -> None:
    nobody = "import os, pwd\npwd.getpwuid = lambda _: {}['nobody']\nos.environ.pop('HOME')"
    code = f"{nobody}\nimport cluster\nimport ray\nimport ray.tune\nprint(os.environ['HOME'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_dir()
