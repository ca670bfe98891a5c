"""A host's process 1: lays the host's files over the machine's, makes them its root, and serves ssh."""

import os
import socket
import sys
import time
from pathlib import Path

from hosts.base import shared
from hosts.plan import HOME, SHARED, LabError, Plan, run

_SSHD = (
    "HostKey=/etc/ssh/lab_key",
    "UsePAM=no",
    "UseDNS=no",
    "PasswordAuthentication=no",
    "PermitRootLogin=no",
    "MaxStartups=100",
)


def main() -> None:
    """Become a host."""
    name, plan = sys.argv[1], Plan.read(sys.argv[2:])
    try:
        _enter(_mount(plan, plan.written / name))
        socket.sethostname(name)
        Path("/etc/hostname").write_text(f"{name}\n")
        if name != plan.names[0]:
            (HOME / ".ssh/id_ed25519").unlink()
        Path("/run/sshd").mkdir()
        run("/usr/sbin/sshd", "-E", "/var/log/sshd.log", *(word for option in _SSHD for word in ("-o", option)))
    except LabError as error:
        sys.exit(f"{name}: {error}")
    _reap()


def _mount(plan: Plan, folder: Path) -> Path:
    """Mount what the host sees; return where."""
    root = folder / "root"
    for part in ("root", "upper", "work"):
        (folder / part).mkdir(parents=True)
    layers = f"lowerdir={plan.base}:/,upperdir={folder}/upper,workdir={folder}/work"
    run("mount", "-t", "overlay", "-o", layers, "overlay", root)
    run("mount", "-t", "proc", "proc", root / "proc")
    run("mount", "-t", "sysfs", "sysfs", root / "sys")
    run("mount", "--bind", "/dev", root / "dev")
    run("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620", "devpts", root / "dev/pts")
    run("mount", "-t", "tmpfs", "tmpfs", root / "dev/shm")
    for source, target in shared():
        inside = root / target.relative_to("/")
        run("mount", "--bind", source, inside)
        run("mount", "-o", "remount,bind,ro", inside)
    run("mount", "--bind", plan.shared, root / SHARED.relative_to("/"))
    return root


def _enter(root: Path) -> None:
    """Make a folder the root, and let go of the one before."""
    os.chdir(root)
    run("pivot_root", ".", ".")
    run("umount", "--lazy", ".")
    os.chdir("/")


def _reap() -> None:
    """Collect what has ended, for ever: nobody else does that for process 1."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(1)


if __name__ == "__main__":
    main()
