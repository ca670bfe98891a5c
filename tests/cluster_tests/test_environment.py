"""What Ray is told by the environment before it is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def said(code: str, home: Path, **variables: str) -> str:
    """Return what a fresh process prints that runs ``code``, ``home`` being its user's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", f"import os\n{code}"],
        env=inherited | {"HOME": str(home)} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_what_is_left_behind_when_ray_goes_away_starts_no_other_one(tmp_path: Path) -> None:
    ask = "try:\n    ray.put(1)\nexcept Exception as error:\n    print(error, ray.is_initialized())"
    answer = said(f"import cluster\nimport ray\n{ask}", tmp_path)
    assert "Ray has not been started yet." in answer
    assert answer.endswith("False")


@pytest.mark.parametrize("first", ["import cluster", "import ray; import cluster"])
def test_a_token_is_required_whatever_the_environment_says(first: str, tmp_path: Path) -> None:
    ask = "from ray._raylet import AuthenticationMode, get_authentication_mode\nprint(int(get_authentication_mode()))"
    assert said(f"{first}\nimport ray\n{ask}", tmp_path, RAY_AUTH_MODE="disabled") == "1"


def test_a_user_without_a_home_has_one_for_ray() -> None:
    nobody = "import os, pwd\npwd.getpwuid = lambda _: {}['nobody']\nos.environ.pop('HOME')"
    code = f"{nobody}\nimport cluster\nimport ray\nimport ray.tune\nprint(os.environ['HOME'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_dir()
