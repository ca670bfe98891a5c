"""The documents hold: links lead somewhere, commands exist, the lock file has no addresses."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import rooms

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(ROOT.glob("*.md")) + sorted((ROOT / "tests" / "benchmarks").glob("*.md"))
GALAXY = str(Path(sys.executable).with_name("galaxy"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def commands() -> list[str]:
    """Return every `galaxy` command line in the README's code blocks."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return sorted({line.strip() for line in lines if re.match(r"(\S*/)?galaxy ", line)})


def test_the_readme_shows_the_whole_journey() -> None:
    used = {shlex.split(command)[1] for command in commands()}
    assert used >= {"sample", "import", "info", "search", "leaderboard", "train", "evaluate", "classify", "ui"}


@pytest.mark.parametrize("name", sorted({shlex.split(command)[1] for command in commands()}))
def test_every_option_in_the_readme_exists(name: str) -> None:
    shown = subprocess.run([GALAXY, name, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    used = {word for line in commands() if shlex.split(line)[1] == name for word in re.findall(r"--[a-z-]+", line)}
    assert {option for option in used if option not in shown} == set()


def test_the_picture_of_rooms_is_that_of_the_imports() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert rooms.written(text) == text, "`make picture` draws it again"


def test_what_is_to_be_touched_to_add_something_exists() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("## To add something")[2]
    named = set(re.findall(r"`((?:datasets|trainer|search|cluster|ui|tests)/[\w/.]+)`", table))
    assert len(named) > 15
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-gpu.lock", "bootstrap.lock"])
def test_locks_have_versions_with_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"https?:|--index|--find-links|file:", text)
    pins = re.findall(r"^([a-z0-9][^\s=]*)==\S+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))
    assert text.count("--hash=sha256:") >= len(pins)
