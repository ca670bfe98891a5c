"""A stranger's place: a folder of its own with a tiny dataset and a module of spaces, where commands are given."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from benchmarks.durability.processes import environment, title
from benchmarks.strangers.judging import Done
from benchmarks.strangers.version import Version
from PIL import Image

from datasets import ImportOptions, import_dataset

SPACES = Path(__file__).with_name("spaces.py")
SIDE = 16
_MARK = "GALAXY_STRANGER"
_SECONDS = 120.0


@contextmanager
def place(version: Version, origin: Path) -> Iterator["Place"]:
    """Make a place for one situation, with a copy of what is in ``origin``.

    At the end nothing is left of it, and none of the processes that were begun in it.
    """
    folder = Path(tempfile.mkdtemp(prefix="stranger-"))
    made = Place(version, folder)
    try:
        shutil.copytree(origin, folder, dirs_exist_ok=True)
        shutil.copy(SPACES, folder / "my_space.py")
        yield made
    finally:
        made.sweep()
        shutil.rmtree(folder, ignore_errors=True)


def draw_dataset(folder: Path, images: int = 45) -> None:
    """Draw so many images of each of two classes, dark and bright, 16 × 16 pixels, and import them as ``d``."""
    pixels = np.random.default_rng(1)
    for label, name in enumerate(("dark", "bright")):
        (folder / "images" / name).mkdir(parents=True)
        for number in range(images):
            image = pixels.integers(90 * label, 90 * label + 120, (SIDE, SIDE, 3)).astype(np.uint8)
            Image.fromarray(image).save(folder / "images" / name / f"{number}.png")
    import_dataset(folder / "images", folder / "d", ImportOptions(image_size=SIDE, validation=0.2, test=0.2))


class Place:
    """Where one situation plays. Every process that begins here carries a mark in its environment.

    Attributes:
        folder: the current directory of its commands: dataset ``d``, images' classes dark and bright; ``my_space.py``.
        behind: a command line that others are given behind, such as ``unshare``'s.
    """

    def __init__(self, version: Version, folder: Path) -> None:
        self.version, self.folder = version, folder
        self.behind: tuple[str, ...] = ()
        self._mark = secrets.token_hex(8)

    def galaxy(self, *arguments: str, **variables: str) -> Done:
        """Run ``galaxy``; ``variables`` are added to its environment."""
        return self.start(*arguments, **variables).wait(_SECONDS)

    def search(self, space: str, *options: str, address: str = "in-process", **variables: str) -> Done:
        """Search for one epoch a trial with the space ``my_space:SPACE``, at random unless told otherwise."""
        defaults = {"--name": "first", "--epochs": "1", "--trials": "2", "--oracle": "random", "--scheduler": "none"}
        given = [part for name, value in defaults.items() if name not in options for part in (name, value)]
        chosen = ["--hypermodel", f"my_space:{space}", "--address", address, "--json"]
        return self.galaxy("search", "d", *given, *chosen, *options, **variables)

    def python(self, script: str, *arguments: str) -> Done:
        """Run a script in a Python of the user's own."""
        (self.folder / "script.py").write_text(script)
        return self.program(sys.executable, "script.py", *arguments)

    def typed(self, script: str) -> Done:
        """Run a script as if it were typed: what it defines is in ``__main__`` and in no file."""
        return self._start([sys.executable, "-"], {}, typed=script).wait(_SECONDS)

    def program(self, *command: str) -> Done:
        """Run any other program."""
        return self.start_program([*command]).wait(_SECONDS)

    def start(self, *arguments: str, **variables: str) -> "Started":
        """Start ``galaxy``, and go on while it runs."""
        return self.start_program([*self.version.galaxy, *arguments], **variables)

    def start_program(self, command: list[str], **variables: str) -> "Started":
        """Start any program, and go on while it runs."""
        return self._start(command, variables)

    def edit(self, before: str, after: str) -> None:
        """Edit the spaces. Raises ValueError where they do not have what is to be replaced."""
        text = (self.folder / "my_space.py").read_text()
        if before not in text:
            raise ValueError(f"my_space.py has no {before!r}")
        (self.folder / "my_space.py").write_text(text.replace(before, after))

    def wait_for(self, pattern: str, seconds: float = 60.0) -> bool:
        """Wait until the folder has a file that fits the pattern; return whether it has."""
        return waited(lambda: any(self.folder.glob(pattern)), seconds)

    def processes(self) -> list[int]:
        """Return the processes that have begun here and not ended."""
        numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
        return [pid for pid in numbers if self._mark in environment(pid)]

    def workers(self) -> list[int]:
        """Return those of them that are Ray's workers and have something to do."""
        titles = {pid: title(pid) for pid in self.processes()}
        others = ("IDLE", "Agent")
        return [pid for pid, name in titles.items() if name.startswith("ray::") and not name.endswith(others)]

    def sweep(self) -> None:
        """End whatever has begun here and has not ended."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        # Without this benchmark's own path, and as where no Ray has been chosen.
        left_out = ("PYTHONPATH", "RAY_TMPDIR", "RAY_ADDRESS")
        own = {name: value for name, value in os.environ.items() if name not in left_out}
        return own | {"COLUMNS": "120", _MARK: self._mark} | dict(self.version.environment) | dict(variables)

    def _start(self, command: list[str], variables: Mapping[str, str], typed: str = "") -> "Started":
        printed = Path(tempfile.mkdtemp(prefix=".printed-", dir=self.folder))
        known = self._environment(variables)
        return Started([*self.behind, *command], known, folder=self.folder, printed=printed, typed=typed)


class Started:
    """A program that runs, in a session of its own; what it prints goes into files in the folder ``printed``."""

    def __init__(
        self, command: list[str], variables: Mapping[str, str], *, folder: Path, printed: Path, typed: str
    ) -> None:
        self._out, self._err = printed / "out", printed / "err"
        (printed / "in").write_text(typed)
        self._began = time.monotonic()
        with self._out.open("wb") as out, self._err.open("wb") as err, (printed / "in").open("rb") as given:
            self._process = subprocess.Popen(
                command, cwd=folder, env=variables, stdin=given, stdout=out, stderr=err, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Its process's number."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and count the seconds from there."""
        self._process.send_signal(number)
        self._began = time.monotonic()

    def printed(self) -> tuple[str, str]:
        """Return what it has printed so far, as output and as errors."""
        return self._out.read_text(errors="replace"), self._err.read_text(errors="replace")

    def wait(self, seconds: float) -> Done:
        """Wait for its end, and end it after so many seconds."""
        status: int | None = None
        with suppress(subprocess.TimeoutExpired):
            status = self._process.wait(seconds)
        took = time.monotonic() - self._began
        if status is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        return Done(status, *self.printed(), took)


def waited(until: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds, for so long at most; return whether it does."""
    end = time.monotonic() + seconds
    while not (holds := until()) and time.monotonic() < end:
        time.sleep(0.05)
    return holds
