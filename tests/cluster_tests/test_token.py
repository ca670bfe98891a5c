"""The token of a user: made once, for its owner's eyes, wherever Ray would look for it."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cluster import token


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    return tmp_path


@pytest.mark.parametrize("before", [None, "", " \n"])
def test_a_token_is_made_where_there_is_none(before: str | None, home: Path) -> None:
    file = home / ".ray" / "auth_token"
    if before is not None:
        file.parent.mkdir()
        file.write_text(before)
    assert not token.has_token()
    token.ensure_token()
    assert token.has_token()
    assert len(file.read_text()) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["auth_token"]
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_a_token_that_is_there_stays_and_is_kept_from_others(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home / "named"
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(file))
    file.write_text("mine")
    file.chmod(0o644)
    token.ensure_token()
    assert file.read_text() == "mine"
    assert file.stat().st_mode & 0o777 == 0o600
    token.renew_token()
    assert len(file.read_text()) == 64
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_token_below_the_home_directory_is_found_by_ray_too(home: Path) -> None:
    (home / "mine").write_text("0" * 64)
    told = os.environ | {"RAY_AUTH_TOKEN_PATH": "~/mine"}
    ask = (
        "import cluster; from ray._raylet import AuthenticationTokenLoader as Loader;"
        "print(Loader.instance().has_token(ignore_auth_mode=True))"
    )
    done = subprocess.run([sys.executable, "-c", ask], env=told, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr


def test_how_another_token_is_taken_is_said_for_the_place_that_ones_own_is_in(home: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert token.how_to_take("its head") == "copy the file from its head, with mode 0600"
    monkeypatch.setenv("RAY_AUTH_TOKEN", "mine")
    assert token.how_to_take("its head").startswith("put there the one of its head, or unset it and copy")


def test_of_many_that_make_the_first_one_does(home: Path) -> None:
    def make(_number: int) -> str:
        token.ensure_token()
        return token.token_file().read_text()

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(make, range(16)))) == 1


def test_a_home_that_keeps_none_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null/none")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "")
    token.ensure_token()
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64
    assert token.has_token()


def test_a_home_without_hard_links_keeps_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    token.keep_token()
    file = home / ".ray" / "auth_token"
    made = file.read_text()
    assert (len(made), file.stat().st_mode & 0o777) == (64, 0o600)
    token.keep_token()
    assert file.read_text() == made
    assert [path.name for path in file.parent.iterdir()] == ["auth_token"]


@pytest.mark.parametrize("home", ["/dev/null/none", "/proc"])
def test_a_head_whose_home_keeps_none_is_not_started(home: str) -> None:
    """It would end the Ray that runs there, and then start without a token."""
    command = [sys.executable, "-P", token.__file__, "start", "--head"]
    done = subprocess.run(command, env={"HOME": home}, capture_output=True, text=True, check=False)
    found = "Not a directory" if home == "/dev/null/none" else "No such file or directory"
    assert (done.returncode, done.stderr) == (
        1,
        f"expected to write the token into {home}/.ray/auth_token, found: {found}: "
        "make room there, or name a file that can be written in RAY_AUTH_TOKEN_PATH\n",
    )


def test_a_head_started_by_hand_has_one_made_and_a_worker_without_says_so(tmp_path: Path) -> None:
    def begin(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", token.__file__, "start", *words]
        return subprocess.run(command, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False)

    file = tmp_path / ".ray/auth_token"
    assert begin("--address=head:6379").stderr == (
        f"expected the token of the head in {file}, found none: copy the file from there\n"
    )
    assert begin("--head").returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert begin("--address=head:6379").returncode == 0
