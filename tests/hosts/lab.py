"""A lab, from outside: made, used, and ended with all that is in it."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hosts.host import Host
from hosts.keeper import boot_command
from hosts.plan import START_SECONDS, LabError, Plan, run

_TOOLS = ("ip", "mount", "nsenter", "pivot_root", "rsync", "setpriv", "ssh-keygen", "sshd", "umount", "unshare")
_SPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_PROBE = """mount -t tmpfs tmpfs /mnt && mkdir /mnt/{upper,work,all} &&
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/all"""


def missing() -> str | None:
    """Return what this machine lacks for a lab, in words; None where it lacks nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "several hosts on one machine need root on Linux"
    if absent := [tool for tool in _TOOLS if shutil.which(tool, path=_path()) is None]:
        return f"several hosts on one machine need {', '.join(absent)} (apt-get install openssh-server rsync iproute2)"
    probe = subprocess.run(["unshare", "--net", "--mount", "bash", "-c", _PROBE], capture_output=True, check=False)
    if probe.returncode:
        return f"several hosts on one machine need namespaces and overlays: {probe.stderr.decode().strip()}"
    return None


class Lab:
    """The hosts of a lab: iterates over them in order, and gives one by its name."""

    def __init__(self, plan: Plan, keeper: int) -> None:
        self._keeper = keeper
        inits = _inits({name: boot_command(plan, name) for name in plan.names})
        said = plan.folder / "said"
        said.mkdir()
        plug = self._set_link
        self._hosts = {name: Host(name, plan.addresses[name], inits[name], plug, said) for name in plan.names}

    def __iter__(self) -> Iterator[Host]:
        return iter(self._hosts.values())

    def __getitem__(self, name: str) -> Host:
        return self._hosts[name]

    def collect(self) -> None:
        """Wait for all that was started in it, when the lab has ended."""
        for host in self:
            host.collect()

    def _set_link(self, name: str, state: str) -> None:
        """Cut or heal a host's link, at the switch."""
        run("nsenter", f"--net=/proc/{self._keeper}/ns/net", "ip", "link", "set", name, state)


@contextlib.contextmanager
def lab(*names: str) -> Iterator[Lab]:
    """Give hosts of these names until the block ends; the first has the ssh key to all.

    Raises:
        LabError: the hosts did not start.
    """
    with tempfile.TemporaryDirectory(prefix="hosts-", ignore_cleanup_errors=True) as folder:
        plan = Plan(Path(folder), names)
        command = ["unshare", *_SPACES, sys.executable, "-m", "hosts.keeper", *plan.arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PATH": _path()}
        log = plan.folder / "keeper.log"
        with log.open("w") as said:
            keeper = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment, text=True
            )
        made: Lab | None = None
        try:
            _wait_until_up(keeper, log)
            made = Lab(plan, keeper.pid)
            yield made
        finally:
            # With `unshare` its child ends, and with that, being process 1, all below it.
            keeper.kill()
            keeper.communicate()
            if made is not None:
                made.collect()


def _wait_until_up(keeper: subprocess.Popen[str], log: Path) -> None:
    assert keeper.stdout is not None
    ready, _, _ = select.select([keeper.stdout], [], [], START_SECONDS)
    if not ready or keeper.stdout.readline() != "up\n":
        raise LabError(f"the hosts did not start: {log.read_text().strip() or f'nothing said in {START_SECONDS:g} s'}")


def _inits(commands: dict[str, list[str]]) -> dict[str, int]:
    """Find the processes with these command lines, among all of the machine."""
    wanted = {"\0".join(command) + "\0": name for name, command in commands.items()}
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, NotADirectoryError):
            if entry.name.isdecimal() and (name := wanted.get((entry / "cmdline").read_text(errors="replace"))):
                found[name] = int(entry.name)
    return found


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
