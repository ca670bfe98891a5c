"""Commands that a page starts: processes of their own, which outlive the page, and what they last said."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ui import wording

_KEPT = 50
_TAIL_BYTES = 4096


@dataclass
class Launched:
    """A command that was started: ``words`` after ``galaxy``, since when (Unix time), and where its output goes."""

    words: tuple[str, ...]
    log: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)
    since: float = field(default_factory=time.time)

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self.process.poll()

    @property
    def line(self) -> str:
        """The command as it can be pasted into a shell."""
        return wording.command_line(*self.words)

    def last_words(self) -> str:
        """Return the last line that it wrote, empty while it has written none; or why there is none, or none to read.

        What clears a system's temporary folder takes the log of a command that a page has shown for weeks.
        """
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError as error:
            return wording.line(f"what it said cannot be read: {error.strerror}: {self.log}")
        said = next((wording.line(each) for each in reversed(lines) if each.strip()), "")
        return said or ("" if self.status is None else f"it ended with status {self.status}, and said nothing")

    def wait(self, seconds: float) -> int | None:
        """Wait for its end, so many seconds at most; return its status, None where it goes on."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


_launched: list[Launched] = []
_lock = threading.Lock()


def launch(*words: str) -> Launched:
    """Start ``galaxy`` with ``words`` in a session of its own: what ends the page does not end it.

    Its output goes into a file of its user's alone.
    """
    handle, name = tempfile.mkstemp(prefix="galaxy-", suffix=".log")
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    with os.fdopen(handle, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ui.cli.entry", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": path},
        )
    made = Launched(words, Path(name), process)
    with _lock:
        _launched.append(made)
        over = [one for one in _launched if one.status is not None]
        for old in over[: max(0, len(_launched) - _KEPT)]:
            _launched.remove(old)
            old.log.unlink(missing_ok=True)
    return made


def launched() -> Sequence[Launched]:
    """Return what was started from this page's process and is remembered, the newest first."""
    with _lock:
        return _launched[::-1]
