"""Where the ``galaxy`` command begins: before anything else, this project's packages are found first.

They have everyday names: a folder `datasets/` or a file `cluster.py` where the command is given, or on PYTHONPATH, must
not hide them; modules of the user's own are found behind them. Another distribution that has installed a package of one
of the names (as Hugging Face's does) would have its own users surprised in turn: that is refused.
"""

import contextlib
import os
import shlex
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

PACKAGES = ("cluster", "datasets", "search", "trainer", "ui")
ROOT = str(Path(__file__).parents[2])


# Of the interpreter, before it runs anything of ours.
_MOST_SECONDS_TO_START = 5.0
# Before the end of the time, for a last line.
_LAST_SECONDS = 0.5
# With less left nothing is trained: that is then said, and what was begun recorded, however long it takes.
_LEAST_SECONDS = 15.0
_began: float | None = None
_in_a_hurry = False
_words: tuple[str, ...] = ()


def main() -> None:
    """Run the command line and leave with its exit status."""
    global _began
    _began = time.monotonic()
    try:
        _run()
    finally:
        _began = None  # what else runs in this process is no command


def _run() -> None:
    sys.path.insert(0, ROOT)
    for name in PACKAGES:
        installed = PathFinder.find_spec(name, [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
        if installed is not None and installed.origin is not None:
            sys.exit(
                f"galaxy: error: expected no other package {name!r} in this environment, found {installed.origin}: "
                f"give Galaxy Tuner an environment of its own, or uninstall what provides that ({provider(name)})"
            )
    from cluster import keep_own_errors, terminable

    keep_own_errors()
    with terminable():
        from ui.cli.main import main as run

        run()


def seconds_so_far() -> float:
    """Return the seconds since the command began, the interpreter's start counted; 0 where no command did.

    A process may be far older than the command in it, as that of a shell's `exec`.
    """
    if _began is None:
        return 0.0
    from search import process_seconds

    ours = time.monotonic() - _began
    process = process_seconds()
    return process if ours <= process <= ours + _MOST_SECONDS_TO_START else ours


def hurry() -> None:
    """Let the process end as soon as all is said: a command has a time limit.

    What TensorFlow does at the interpreter's end takes seconds (measured: 5 on a busy machine).
    """
    global _in_a_hurry
    _in_a_hurry = True


def same_command(*more: str) -> str:
    """Return the command that was given, with all its options, for a shell; ``more`` are added where they lack."""
    return shlex.join(["galaxy", *_words, *(word for word in more if word not in _words)])


def remember_words(words: Sequence[str]) -> None:
    """Take in the words of the command that was given."""
    global _words
    _words = tuple(words)


def end_in_time(left: float, command: str) -> None:
    """Let this process end when its time is up, in ``left`` seconds (infinity: no end): see `end_within`.

    Not where too little is left for anything: the command then ends by itself, and says so.
    """
    if _LEAST_SECONDS < left < float("inf"):
        end_within(left, command)


def end_within(seconds: float, command: str) -> None:
    """End this process in so many seconds, wherever it is then, with a line that says what ``command`` goes on with it.

    For what no time limit ends by itself: a start on a busy machine, a storage that takes what it is asked and gives no
    answer (measured: 40 s for each file, with pyarrow 26). Not where no command runs in this process.
    """
    if _began is not None:
        threading.Thread(target=_end_late, args=(seconds - _LAST_SECONDS, command), name="limit", daemon=True).start()


def _end_late(seconds: float, command: str) -> None:
    time.sleep(max(0.0, min(seconds, threading.TIMEOUT_MAX)))
    fault = "the time was up in the middle of what could not be cut short, as a storage that gives no answer"
    with contextlib.suppress(OSError, ValueError):
        shown = "\x1b[?25h\n" if sys.stderr.isatty() else ""  # the cursor, which a live picture hides
        sys.stderr.write(f"{shown}galaxy: error: {fault}: what is written stands, and `{command}` goes on with it\n")
        sys.stderr.flush()
    os._exit(1)


def is_in_a_hurry() -> bool:
    """Whether a command has asked for that."""
    return _in_a_hurry


def provider(name: str) -> str:
    """Return the distributions that say that they have installed the package ``name``."""
    from importlib.metadata import packages_distributions  # reads every distribution's list of files

    others = {other for other in packages_distributions().get(name, []) if other != "galaxy-tuner"}
    return ", ".join(sorted(others)) or "no distribution says so"


if __name__ == "__main__":
    main()
