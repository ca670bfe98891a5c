"""What one command writes, results on stdout and everything else on stderr, and how it ends.

Exit status: 0 done, 1 failed, 2 wrong use (see `ui.cli.main`), 130 interrupted, 143 ended by SIGTERM, 129 by SIGHUP.
"""

import codecs
import contextlib
import io
import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, TextIO

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from cluster import Terminated
from datasets import GalaxyTunerError, place_of
from trainer import quiet_tensorflow
from ui import wording

FAILED, INTERRUPTED = 1, 130
_ESCAPE = "galaxy-escape"
# Without a terminal Rich assumes 80 columns, too few for a leaderboard in a log.
_REDIRECTED_WIDTH = 120


@dataclass(frozen=True)
class Terminal:
    """Where a command writes. ``out`` carries the result and nothing else; ``err`` progress, notes and errors."""

    out: Console
    err: Console
    as_json: bool

    @classmethod
    def of_process(cls, *, as_json: bool = False) -> Self:
        """Return the terminal, or what stands for one, that this process writes to."""
        return cls(_console(sys.stdout), _console(sys.stderr), as_json)

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks at stderr, where what is drawn again and again stays one picture.

        `ray exec` and `ssh -tt` make a terminal without columns where their own output goes to a file.
        """
        if not self.err.is_terminal or self.err.is_dumb_terminal:
            return False
        try:
            return os.get_terminal_size(self.err.file.fileno()).columns > 0
        except (AttributeError, OSError, ValueError):  # what stands for a terminal
            return True

    def finish(self, result: Mapping[str, object], *shown: RenderableType, next_command: str | None = None) -> None:
        """Write the result: one JSON object with ``--json``, else what is ``shown`` and the command to try next."""
        if self.as_json:
            self.write(_json(result) + "\n")
            return
        for renderable in shown:
            self.out.print(renderable)
        if next_command is not None:
            self.out.print(Text.assemble(("\nNext: ", "dim"), (next_command, "bold cyan")), soft_wrap=True)

    def write(self, text: str) -> None:
        """Write ``text`` on stdout as it is."""
        self.out.file.write(text)
        self.out.file.flush()

    def write_file(self, path: Path) -> None:
        """Write the text in a file on stdout, as it is and a part at a time."""
        with path.open(encoding="utf-8") as file:
            shutil.copyfileobj(file, self.out.file)
        self.out.file.flush()

    def note(self, text: str) -> None:
        """Write one line on stderr; where nobody reads that any more, or its disk is full, it is lost and nothing else.

        A search must not end, nor stop to listen, for its log.
        """
        try:
            self.err.print(Text(wording.line(text)), soft_wrap=True)
        except BrokenPipeError:
            _lead_nowhere(self.err.file)
        except OSError:
            pass


@contextlib.contextmanager
def session(*, as_json: bool, debug: bool) -> Iterator[Terminal]:
    """Open a command's terminal; turn what goes wrong in the body into one line on stderr and an exit status.

    While it is open, whatever a library prints lands on stderr: stdout is the command's own. Raises typer.Exit.
    """
    quiet_tensorflow()
    _escape_what_is_none_of(sys.stdout)
    terminal = Terminal.of_process(as_json=as_json)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield terminal
    except (typer.Exit, typer.TyperException):
        raise
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Python flushes stdout once more at exit: let that go nowhere.
        _lead_nowhere(sys.stdout)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        terminal.note("galaxy: interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except Terminated as error:
        terminal.note(f"galaxy: {error}")
        raise typer.Exit(error.status) from None
    except Exception as error:
        if debug:
            traceback.print_exc()
        terminal.note(f"galaxy: error: {_one_line(error)}")
        raise typer.Exit(FAILED) from error


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, GalaxyTunerError):
        return text
    place = place_of(error)
    if place is not None:
        return f"{type(error).__name__}: {text} ({place}; --debug shows how it came there)"
    if isinstance(error, OSError):
        return text
    return f"unexpected {type(error).__name__}: {text} (a fault of Galaxy Tuner; --debug shows where)"


def _escape_what_is_none_of(stream: TextIO) -> None:
    """Let a stream write letters that its encoding has not as JSON does, ``\\u00e9``: a locale may be ASCII's.

    Python does so for stderr.
    """
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        codecs.register_error(_ESCAPE, _escaped)
        stream.reconfigure(errors=_ESCAPE)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _lead_nowhere(stream: IO[str]) -> None:
    with contextlib.suppress(OSError, ValueError):  # what stands for a stream has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Console(Console):
    """Rich's would end the process where a pipe is broken, whichever thread writes."""

    def on_broken_pipe(self) -> None:
        """Let whoever writes know."""
        raise BrokenPipeError

    def _check_buffer(self) -> None:
        try:
            super()._check_buffer()
        except OSError:
            del self._buffer[:]  # what cannot be written would come again with all that follows
            raise


def _console(stream: TextIO) -> Console:
    # What is shown holds names that others chose: none of it is markup.
    console = _Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _REDIRECTED_WIDTH
    return console


def _json(result: Mapping[str, object]) -> str:
    try:
        return json.dumps(result, ensure_ascii=False, allow_nan=False)
    except ValueError:  # it holds a NaN or an infinity: looked for only then, as a leaderboard may be long
        finite = json.loads(json.dumps(result), parse_constant=lambda _: None)
        return json.dumps(finite, ensure_ascii=False, allow_nan=False)
