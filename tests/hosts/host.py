"""A host, from outside: commands, files, processes and the network cable."""

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hosts.plan import START_SECONDS, USER_ID, LabError


@dataclass(frozen=True)
class Process:
    """A process on a host.

    Attributes:
        pid: its number on the machine, where a host's processes are seen too.
        command: its command line, or what it calls itself.
    """

    pid: int
    command: str


class Host:
    """One host of a lab.

    Attributes:
        name: its name, which every host of the lab can resolve.
        address: where it is on the lab's network.
        root: the host's files, seen from outside.
    """

    def __init__(self, name: str, address: str, init: int, plug: Callable[[str, str], None], said: Path) -> None:
        self.name, self.address, self._init, self._plug, self._said = name, address, init, plug, said
        self._started: list[Started] = []
        self.root = Path(f"/proc/{init}/root")
        self._own = {process.pid for process in self._all_processes()}

    def run(
        self, command: str, *, seconds: float = 60.0, root: bool = False, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a login shell of the user, in its home, and wait for its end.

        Raises:
            LabError: it ended with another exit status than 0, and ``check`` is set, or not within ``seconds``.
        """
        started = self.start(command, root=root)
        status = started.wait(seconds)
        done = subprocess.CompletedProcess(command, status, started.output(), started.errors())
        if check and status != 0:
            raise LabError(f"{self.name}: {command}: exit status {status}\n{done.stdout}{done.stderr}")
        return done

    def start(self, command: str, *, root: bool = False) -> "Started":
        """Start a command as `run` does, and go on while it runs."""
        spaces = ["--mount", "--uts", "--ipc", "--net", "--pid"]
        who = [] if root else [f"--reuid={USER_ID}", f"--regid={USER_ID}", "--init-groups"]
        words = [
            "nsenter",
            f"--target={self._init}",
            *spaces,
            "setpriv",
            *who,
            "--reset-env",
            "bash",
            "-lc",
            f"cd; {command}",
        ]
        self._started.append(Started(words, f"{self.name}: {command}", self._said))
        return self._started[-1]

    def processes(self, words: str = "") -> list[Process]:
        """Return the processes with these words in their command line, without the host's own and its sshd."""
        found = [process for process in self._all_processes() if words in process.command]
        return [process for process in found if process.pid not in self._own]

    def kill(self, words: str = "", number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the processes with these words in their command line; return how many there were."""
        doomed = self.processes(words)
        for process in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)
        return len(doomed)

    def cut(self) -> None:
        """Pull its network cable: what is sent either way is lost, and nobody is told."""
        self._plug(self.name, "down")

    def heal(self) -> None:
        """Plug its network cable in again."""
        self._plug(self.name, "up")

    def collect(self) -> None:
        """Wait for all that was started on it, when the host has ended."""
        for started in self._started:
            started.wait(START_SECONDS)

    def _all_processes(self) -> Iterator[Process]:
        space = Path(f"/proc/{self._init}/ns/pid").readlink()
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                # It may end while it is looked at, and some processes of the machine nobody may look at.
                with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                    if (entry / "ns/pid").readlink() == space and (said := command_line(int(entry.name))):
                        yield Process(int(entry.name), said)


class Started:
    """A command that runs on a host."""

    def __init__(self, words: list[str], name: str, said: Path) -> None:
        self._name = name
        folder = Path(tempfile.mkdtemp(dir=said))
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
            )

    def output(self) -> str:
        """Return what it has printed so far."""
        return self._out.read_text(errors="replace")

    def errors(self) -> str:
        """Return what it has printed to its standard error so far."""
        return self._err.read_text(errors="replace")

    def status(self) -> int | None:
        """Return its exit status, negative for a signal's number; None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command, and not to what brought it onto the host."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(_behind_nsenter(self._process.pid), number)

    def wait(self, seconds: float) -> int:
        """Wait for its end; return its exit status. Raises LabError, and ends it, after so many seconds."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()
            said = f"{self.output()}{self.errors()}"[-2000:]
            raise LabError(f"{self._name}: not done within {seconds:g} s\n{said}") from None


def waited(holds: Callable[[], object], seconds: float) -> bool:
    """Wait until something holds, for so long at most; return whether it does."""
    end = time.monotonic() + seconds
    while not (so := bool(holds())) and time.monotonic() < end:
        time.sleep(0.1)
    return so


def command_line(pid: int) -> str:
    """Return a process's command line; nothing if it has ended."""
    said = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0")
    return shlex.join(said.split("\0")) if "\0" in said else said  # one word is what it calls itself


def _behind_nsenter(pid: int) -> int:
    """Return the process that an ``nsenter`` has become, on the other side."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while Path(f"/proc/{pid}/comm").read_text().strip() == "nsenter" and (below := children.read_text().split()):
        pid = int(below[0])
        children = Path(f"/proc/{pid}/task/{pid}/children")
    return pid
