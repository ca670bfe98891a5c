"""The Ray that `cluster/ray` starts on a node: a folder and processes of its own, which all go when it ends.

`ray stop` ends every Ray of the user on the machine, knows no other machine, and leaves its folder. Here a process
belongs to the node's Ray if the environment it was started with names the folder, as that of everything does that Ray
starts. Linux alone has those (proc(5)). This file is run as it is, too, by any Python 3.11: nothing but what comes with
it is imported.

What the Ray belongs to, a cluster of `ray up` or a head, is noted in the folder: no other ends it unasked. The home
directory may be one for all machines, so what lies there says of none whether it is the head.

    launched.py begin FOLDER start …      ends what an earlier start has left
    launched.py end FOLDER [--of=HEAD]    ends it, on a head that `ray up` started with all of its workers
"""

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from getpass import getuser
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parents[1] / "ray"
LINK = Path("~/.local/bin/ray").expanduser()
# What `ray up` lays in the head's home, so that it sets up the workers: its own file, and the key to them.
CONFIGURATION, KEY = Path("~/ray_bootstrap_config.yaml").expanduser(), Path("~/ray_bootstrap_key.pem").expanduser()
_LAUNCHED = "--autoscaling-config"  # what only the head of a `ray up` is started with
_ENVIRONMENT = "GALAXY_RAY"  # the folder, in the environment of all that Ray starts
TEMPORARY = "tmp"
_OWNER, _LAUNCH = "of", "launched.json"  # whose Ray it is; on a head of `ray up`, the file that it was started with
_SSH_SECONDS, _WORKER_SECONDS, _GRACE_SECONDS, _DRIVER_SECONDS = 10, 60, 10.0, 15.0
_DRIVERS_LOG = "python-core-driver-"
# What Ray 2.60 gives workers unless `--min-worker-port` is given: a service there ends a start in a traceback.
_WORKERS_PORTS = range(10002, 20000)
_SSH = (
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "BatchMode=yes",
    "IdentitiesOnly=yes",
)


def is_own(folder: Path) -> bool:
    """Whether ``folder`` is there and this user's: in /tmp anybody may make one of any name, or a link."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()


def begin(folder: Path, arguments: list[str]) -> None:
    """End what an earlier start has left, and let a plain `ray` be the script. Raises SystemExit, one line."""
    _check_ports(arguments)
    launched = _option(arguments, _LAUNCHED)
    if launched and not Path(launched).expanduser().exists():
        sys.exit(f"expected {launched}, found none: `ray down` and `ray up` on the machine that has the cluster file")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not is_own(folder):
        sys.exit(f"expected a folder of yours in {folder}, found another user's: give one in GALAXY_RAY_FOLDER")
    settings = _read(CONFIGURATION) if launched else None
    _refuse_another(folder, owner := _owner(arguments, settings))
    _end_processes(folder)
    _remove(folder)
    (folder / TEMPORARY).mkdir(exist_ok=True)
    (folder / _OWNER).write_text(owner)
    if not launched:
        return
    (folder / _LAUNCH).write_text(json.dumps(settings))
    if LINK.exists() and not _is_ours(LINK):
        say(f"{LINK} is another Ray: `ray down` cannot end this one, `{SCRIPT} stop` on each machine does")
        return
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.unlink(missing_ok=True)
    LINK.symlink_to(SCRIPT)


def _check_ports(arguments: list[str]) -> None:
    """Raise SystemExit if a service is to listen where Ray's workers do."""
    if _option(arguments, "--min-worker-port"):
        return
    for word in arguments:
        option = word.partition("=")[0]
        given = (_option(arguments, option) or "") if option.endswith("port") else ""
        if given.isdigit() and int(given) in _WORKERS_PORTS:
            taken = f"{_WORKERS_PORTS.start} to {_WORKERS_PORTS.stop - 1}"
            sys.exit(f"expected a port outside of {taken}, which Ray's workers take, found {option}={given}")


def end(folder: Path, of: str | None = None) -> bool:
    """End the node's Ray and remove what it has made; first on its workers. False, said, where one was not reached.

    With ``of``, the names and addresses of a head, only if it has joined that one, and no other machine's.
    """
    if folder.exists() and not is_own(folder):
        say(f"{folder} is another user's, and no Ray of yours works there")
        return True
    owner = _text(folder / _OWNER)
    if of and owner and owner.rpartition(":")[0] not in of.split(","):
        say(f"the Ray here is {_of(owner)}, and stays")
        return True
    launched = None if of else _launched(folder)
    # First what would start the workers anew, then the drivers, which have something to keep.
    _end_processes(folder, lambda command: "autoscaler" in command or command.startswith("ssh "))
    _end_all(_drivers(folder), _DRIVER_SECONDS)
    workers, reached = _end_workers(launched) if launched else ([], True)
    _end_processes(folder)
    if is_own(folder):
        _remove(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()
    if launched:
        if _is_ours(LINK):
            LINK.unlink()
        if reached and _is_same(_read(CONFIGURATION), launched):
            CONFIGURATION.unlink(missing_ok=True)
            KEY.unlink(missing_ok=True)
    say(f"Ray has ended here{' and on ' if workers else ''}{', '.join(workers)}")
    return reached


def _owner(arguments: list[str], settings: dict[str, Any] | None) -> str:
    """Return what a Ray that is started so belongs to: its head's address, or a name without a colon."""
    if job := os.environ.get("SLURM_JOB_ID"):
        return f"Slurm's job {job}"  # started again it may have another head
    if settings is not None:
        return f"the cluster {settings.get('cluster_name')}"
    return _option(arguments, "--address") or "a head started by hand"


def _refuse_another(folder: Path, owner: str) -> None:
    """Raise SystemExit if a Ray of another owner runs in ``folder``; of its head, `ray up` has changed the file."""
    other = _text(folder / _OWNER)
    if not any(_processes(folder)):
        return
    if other is None or other == owner:
        say("the Ray that runs here ends first")
        return
    if launched := _read(folder / _LAUNCH):
        CONFIGURATION.write_text(json.dumps(launched))  # its autoscaler reads it again and again
    sys.exit(f"expected no other Ray here, found one {_of(other)}: end it first (`{SCRIPT} stop`, or `ray down`)")


def _of(owner: str) -> str:
    return f"of the head {owner}" if ":" in owner else f"of {owner}"


def _launched(folder: Path) -> dict[str, Any] | None:
    """Return the file that the Ray here is the head of, as `ray up` has it by now; None if it is no such head."""
    there, here = _read(CONFIGURATION), _read(folder / _LAUNCH)
    if here is not None:
        return there if there and _is_same(there, here) else here
    return there if there and not (folder / _OWNER).exists() and _leads(there) else None


def _is_same(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    return one is not None and one.get("cluster_name") == other.get("cluster_name")


def _leads(launched: dict[str, Any]) -> bool:
    """Whether this machine is the head of a file, for all that is known without a note: after it has started anew."""
    if os.environ.get("GALAXY_RAY_FOLDER"):
        return False  # another Ray than that of `ray down`: a job's of Slurm
    provider = launched.get("provider") or {}
    if provider.get("type") != "local":
        return True
    try:
        with socket.socket() as trial:
            trial.bind((str(provider.get("head_ip")), 0))
    except OSError:
        return False
    return True


def _end_workers(launched: dict[str, Any]) -> tuple[list[str], bool]:
    """End Ray on all workers of a head that `ray up` started on machines of one's own.

    Returns those on which it has ended, and whether these are all.
    """
    _remove_connections(launched["cluster_name"])
    if launched["provider"]["type"] != "local":
        return [], True  # the launcher ends the machines themselves
    home = Path.home().resolve()  # as the script's place is, which is the same below each machine's home directory
    script = os.path.relpath(SCRIPT, home) if SCRIPT.is_relative_to(home) else str(SCRIPT)
    options = [word for option in (*_SSH, f"ConnectTimeout={_SSH_SECONDS}") for word in ("-o", option)]
    head = str(launched["provider"].get("head_ip"))
    with contextlib.suppress(OSError):
        head += f",{socket.gethostbyname(head)}"  # as which the workers were told to join it
    key = launched["auth"].get("ssh_private_key")
    options += ["-i", str(Path(key).expanduser())] if key else []

    # Where nothing was set up yet there is nothing to end; 1 is how pgrep says that there is no such process.
    stop = (
        f"if [ -e {shlex.quote(script)} ]; then {shlex.quote(script)} stop --of={shlex.quote(head)}; "
        'else pgrep -u "$(id -u)" -x raylet >/dev/null; [ $? -eq 1 ] || '
        f"{{ echo {shlex.quote(f'expected {script} there, found none')} >&2; exit 1; }}; fi"
    )

    def end_one(worker: str) -> bool:
        command = ["ssh", *options, f"{launched['auth']['ssh_user']}@{worker}", stop]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_WORKER_SECONDS
            )
            said = [f"exit status {done.returncode}", *done.stderr.strip().splitlines()]
            fault = said[-1] if done.returncode else ""
        except subprocess.TimeoutExpired:
            fault = f"no answer within {_WORKER_SECONDS} s"
        if fault:
            say(f"{worker}: Ray may still run there ({fault}): `cluster/ray stop` of the checkout on it ends it")
        return not fault

    workers = launched["provider"].get("worker_ips") or []
    with ThreadPoolExecutor(max_workers=max(1, min(32, len(workers)))) as pool:
        ended = [worker for worker, has_ended in zip(workers, pool.map(end_one, workers), strict=True) if has_ended]
    return ended, ended == workers


def _remove(folder: Path) -> None:
    """Remove what a node's Ray has made in its folder, which may hold other things."""
    for name in ("ray", TEMPORARY):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (_OWNER, _LAUNCH):
        (folder / name).unlink(missing_ok=True)


def _remove_connections(cluster: str) -> None:
    """Remove the folder of the connections that Ray's launcher has kept open from here."""
    try:
        words = (getuser(), cluster)
    except (KeyError, OSError):  # a user without a name, for whom Ray's launcher has opened none
        return
    user, name = (hashlib.sha256(word.encode()).hexdigest()[:10] for word in words)
    kept = Path(f"/tmp/ray_ssh_{user}")
    shutil.rmtree(kept / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        kept.rmdir()


def _end_processes(folder: Path, which: Callable[[str], bool] = lambda _: True) -> None:
    """End the processes of the Ray in ``folder``, raylets first and then the rest, as others complain of their loss."""
    for first in ("raylet/raylet", ""):
        _end_all([pid for pid, command in _processes(folder) if first in command.partition(" ")[0] and which(command)])


def _drivers(folder: Path) -> list[int]:
    """Return the processes that have joined the Ray in ``folder`` from outside: they write their logs there."""
    own = {pid for pid, _ in _processes(folder)}
    folder = folder.resolve()  # as an open file's place is
    joined = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):  # others' processes, and those that have just ended
            opened = link.readlink()
            if opened.is_relative_to(folder) and opened.name.startswith(_DRIVERS_LOG) and _is_written(link):
                joined.add(int(link.parts[2]))
    return sorted(joined - own - {os.getpid()})


def _is_written(link: Path) -> bool:
    """Whether a file of /proc/PID/fd is open to be written, and not only read."""
    flags = (link.parents[1] / "fdinfo" / link.name).read_text().partition("flags:")[2].split()[0]
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def _end_all(pids: list[int], seconds: float = _GRACE_SECONDS) -> None:
    """Ask processes to end, and kill those that have not within some seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while (pids := [pid for pid in pids if _lives(pid)]) and time.monotonic() < deadline:
            time.sleep(0.1)


def _processes(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the command of each process that was started with ``folder`` as its Ray's."""
    named = f"{_ENVIRONMENT}=".encode()
    here = os.path.realpath(os.fsencode(folder))  # they may have been told of it by another name: through a link
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):  # others' processes, and those that have just ended
                told = [one for one in (entry / "environ").read_bytes().split(b"\0") if one.startswith(named)]
                if any(os.path.realpath(one.removeprefix(named)) == here for one in told):
                    yield (
                        int(entry.name),
                        (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"),
                    )


def _check_words(words: list[str]) -> None:
    """Raise SystemExit for words that `stop` does not know, and where it is asked what it does."""
    usage = f"usage: {SCRIPT} stop [--of=HEAD]: ends Ray on this machine, with --of only if it has joined that head"
    if {"--help", "-h"} & {*words}:
        print(usage)  # noqa: T201
        sys.exit()
    match words:
        case [] | ["--of", _]:
            return
        case [word] if word.startswith("--of="):
            return
    say(f"expected nothing or --of=HEAD, found {' '.join(words)}, and nothing was ended; {usage}")
    sys.exit(2)


def _option(arguments: list[str], name: str) -> str | None:
    """Return what an option of a command is given, with `=` or as the next word."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if word == name or word.startswith(f"{name}="):
            return following if word == name else word.partition("=")[2]
    return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        read = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _is_ours(link: Path) -> bool:
    """Whether ``link`` leads, or led, to a script like this one."""
    return link.is_symlink() and link.readlink().parts[-2:] == SCRIPT.parts[-2:]


def say(text: str) -> None:
    """Say one line, with the machine's name."""
    print(f"{os.uname().nodename}: {text}", flush=True)  # noqa: T201


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["begin", folder, *rest]:
            begin(Path(folder), rest)
        case ["end", folder, *rest]:
            _check_words(rest)
            sys.exit(0 if end(Path(folder), _option(rest, "--of")) else 1)
        case _:
            sys.exit(str(__doc__))
