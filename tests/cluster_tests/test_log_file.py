"""What Ray says of itself is in a log file, and not between the lines of a command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.driving.log_file import log_file

_PROGRAM = """
import logging, os, sys
from cluster.driving import log_file
if sys.argv[1] == "command":
    log_file.keep_own_errors()
with log_file.noise_logged():
    from ray._private import worker
    os.write(2, b"of its C++ part\\n")
    logging.getLogger("ray.worker").error("of its Python part")
    worker.print_to_stdstream({"lines": ["of a raylet"], "pid": "raylet", "is_err": False}, ignore_prefix=False)
    print("of the command", file=sys.stderr)
print("of its end", file=sys.stderr)
"""


@pytest.mark.parametrize("kind", ["command", "program"])
def test_all_that_ray_says_is_logged_and_errors_of_the_command_are_not(kind: str, tmp_path: Path) -> None:
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, kind], capture_output=True, text=True, env=environment, check=True
    )
    logged = (tmp_path / "galaxy-tuner" / "ray.log").read_text()
    for part in ("of its Python part", "of a raylet"):
        assert part in logged
    # The errors of another program share their descriptor with Ray's: they stay where they are.
    assert ("of its C++ part" in logged) is (kind == "command")
    assert ran.stdout == ""
    assert ran.stderr.replace("of its C++ part\n", "") == "of the command\nof its end\n"


def test_who_has_no_home_has_a_log_file_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert log_file() == tmp_path / f"galaxy-tuner-log-{os.getuid()}" / "ray.log"


_UNWRITABLE = """
import logging, os, sys
from pathlib import Path
from cluster.driving import log_file
file = Path(os.environ["XDG_STATE_HOME"], "galaxy-tuner", "ray.log")
file.parent.mkdir()
if sys.argv[1] == "a folder":
    file.mkdir()
if sys.argv[1] == "full":
    log_file.log_file = lambda: Path("/dev/full")
if sys.argv[1] == "closed":
    os.close(2)
    sys.stderr = None
log_file.keep_own_errors()
with log_file.noise_logged():
    from ray._private import worker
    logging.getLogger("ray.worker").error("of its Python part")
    worker.print_to_stdstream({"lines": ["of a raylet"], "pid": "raylet", "is_err": False}, ignore_prefix=False)
print("went on")
"""


@pytest.mark.parametrize("kind", ["a folder", "full", "closed"])
def test_no_command_ends_for_want_of_its_log_file(kind: str, tmp_path: Path) -> None:
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", _UNWRITABLE, kind], capture_output=True, text=True, env=environment)
    assert (ran.stdout, ran.stderr) == ("went on\n", "")
