"""The Ray that `cluster/ray` starts on a node: a folder and processes of its own, which all go when it ends.

`ray stop` ends every Ray of the user on the machine, knows no other machine, and leaves its folder. Here a process
belongs to the node's Ray if the environment it was started with names the folder, as that of everything does that Ray
starts. Linux alone has those (proc(5)). This file is run as it is, too, by any Python 3.11: nothing but what comes with
it is imported.

    launched.py begin FOLDER start …      ends what an earlier start has left
    launched.py end FOLDER                ends it, on a head that `ray up` started with all of its workers
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from getpass import getuser
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "ray"
LINK = Path("~/.local/bin/ray").expanduser()
# What `ray up` lays in the head's home, so that it sets up the workers: its own file, and the key to them.
CONFIGURATION, KEY = Path("~/ray_bootstrap_config.yaml").expanduser(), Path("~/ray_bootstrap_key.pem").expanduser()
_LAUNCHED = "--autoscaling-config"  # what only the head of a `ray up` is started with
_TEMPORARY = "tmp"
_SSH_SECONDS, _WORKER_SECONDS, _GRACE_SECONDS, _DRIVER_SECONDS = 10, 60, 10.0, 15.0
_SSH = (
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "BatchMode=yes",
    "IdentitiesOnly=yes",
)


def folder_of_user() -> Path:
    """Return the folder of the Ray that `cluster/ray` starts, on this node and for this user."""
    return Path(os.environ.get("GALAXY_RAY_FOLDER") or f"/tmp/galaxy-{os.getuid()}")


def temporary_here() -> str | None:
    """Return the folder for temporary files of the Ray that `cluster/ray` has started here; None if there is none.

    What processes leave there that were killed goes when that Ray ends.
    """
    folder = folder_of_user() / _TEMPORARY
    return str(folder) if folder.is_dir() else None


def address_here() -> str | None:
    """Return the HOST:PORT of the Ray that `cluster/ray` has started on this machine; None if there is none."""
    try:
        return (folder_of_user() / "ray" / "ray_current_cluster").read_text().strip() or None
    except OSError:
        return None


def begin(folder: Path, arguments: list[str]) -> None:
    """End what an earlier start has left, and let a plain `ray` be the script. Raises SystemExit, one line."""
    launched = [value for name, _, value in (word.partition("=") for word in arguments) if name == _LAUNCHED]
    if launched and not Path(launched[0]).expanduser().exists():
        sys.exit(
            f"expected {launched[0]}, found none: `ray down` and `ray up` on the machine that has the cluster file"
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        sys.exit(f"expected a folder of yours in {folder}, found another user's: give one in GALAXY_RAY_FOLDER")
    _end_processes(folder)
    _remove(folder)
    (folder / _TEMPORARY).mkdir(exist_ok=True)
    if not launched:
        return
    if LINK.exists() and not _is_ours(LINK):
        say(f"{LINK} is another Ray: `ray down` cannot end this one, `{SCRIPT} stop` on each machine does")
        return
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.unlink(missing_ok=True)
    LINK.symlink_to(SCRIPT)


def end(folder: Path) -> bool:
    """End the node's Ray and remove what it has made; first on its workers. False, said, where one was not reached."""
    # First what would start the workers anew, then the drivers, which have something to keep.
    _end_processes(folder, lambda command: "autoscaler" in command or command.startswith("ssh "))
    _end_all(_drivers(folder), _DRIVER_SECONDS)
    workers, reached = _end_workers()
    _end_processes(folder)
    if not folder.is_symlink():
        _remove(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()
    if _is_ours(LINK):
        LINK.unlink()
    if reached:
        CONFIGURATION.unlink(missing_ok=True)
        KEY.unlink(missing_ok=True)
    say(f"Ray has ended here{' and on ' if workers else ''}{', '.join(workers)}")
    return reached


def _end_workers() -> tuple[list[str], bool]:
    """End Ray on all workers of a head that `ray up` started on machines of one's own.

    Returns those on which it has ended, and whether these are all.
    """
    try:
        launched = json.loads(CONFIGURATION.read_text())
    except OSError:
        return [], True
    _remove_connections(launched["cluster_name"])
    if launched["provider"]["type"] != "local":
        return [], True  # the launcher ends the machines themselves
    script = os.path.relpath(SCRIPT, Path.home())
    options = [word for option in (*_SSH, f"ConnectTimeout={_SSH_SECONDS}") for word in ("-o", option)]
    key = launched["auth"].get("ssh_private_key")
    options += ["-i", str(Path(key).expanduser())] if key else []

    def end_one(worker: str) -> bool:
        command = [
            "ssh",
            *options,
            f"{launched['auth']['ssh_user']}@{worker}",
            f"if [ -e {script} ]; then {script} stop; fi",
        ]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_WORKER_SECONDS
            )
            fault = (
                (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1] if done.returncode else ""
            )
        except subprocess.TimeoutExpired:
            fault = f"no answer within {_WORKER_SECONDS} s"
        if fault:
            say(f"{worker}: Ray may still run there ({fault}): `~/{script} stop` on it ends it")
        return not fault

    workers = launched["provider"].get("worker_ips") or []
    with ThreadPoolExecutor(max_workers=max(1, min(32, len(workers)))) as pool:
        ended = [worker for worker, has_ended in zip(workers, pool.map(end_one, workers), strict=True) if has_ended]
    return ended, ended == workers


def _remove(folder: Path) -> None:
    """Remove what a node's Ray has made in its folder, which may hold other things."""
    for name in ("ray", _TEMPORARY):
        shutil.rmtree(folder / name, ignore_errors=True)


def _remove_connections(cluster: str) -> None:
    """Remove the folder of the connections that Ray's launcher has kept open from here."""
    user, name = (hashlib.sha256(word.encode()).hexdigest()[:10] for word in (getuser(), cluster))
    kept = Path(f"/tmp/ray_ssh_{user}")
    shutil.rmtree(kept / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        kept.rmdir()


def _end_processes(folder: Path, which: Callable[[str], bool] = lambda _: True) -> None:
    """End the processes of the Ray in ``folder``, raylets first and then the rest, as others complain of their loss."""
    for first in ("raylet/raylet", ""):
        _end_all([pid for pid, command in _processes(folder) if first in command.partition(" ")[0] and which(command)])


def _drivers(folder: Path) -> list[int]:
    """Return the processes that have joined the Ray in ``folder`` from outside: they have logs open there."""
    below = f"{folder}/"
    own = {pid for pid, _ in _processes(folder)}
    joined = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):  # others' processes, and those that have just ended
            if str(link.readlink()).startswith(below):
                joined.add(int(link.parts[2]))
    return sorted(joined - own - {os.getpid()})


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
    """Yield the number and the command of each process that was started with ``folder`` as Ray's."""
    named = f"RAY_TMPDIR={folder}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):  # others' processes, and those that have just ended
                if named in (entry / "environ").read_bytes().split(b"\0"):
                    yield (
                        int(entry.name),
                        (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"),
                    )


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
        case ["end", folder]:
            sys.exit(0 if end(Path(folder)) else 1)
        case _:
            sys.exit(str(__doc__))
