"""The keeper: process 1 of a lab. It makes the switch and the hosts, and lives while its standard input is open."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from hosts.base import furnish
from hosts.plan import GATEWAY, LabError, Plan, run

_SPACES = ("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child")


def main() -> None:
    """Make the lab, say so, and wait for the end of the input."""
    plan = Plan.read(sys.argv[1:])
    try:
        _make(plan)
    except LabError as error:
        sys.exit(str(error))
    print("up", flush=True)  # noqa: T201, to the process that made the lab
    sys.stdin.read()


def _make(plan: Plan) -> None:
    plan.base.mkdir()
    plan.written.mkdir()
    plan.shared.mkdir()
    # Layers must not lie within each other: these are on filesystems of their own, which end with the keeper.
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", plan.base)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", plan.written)
    run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", plan.shared)
    furnish(plan)
    _make_switch()
    hosts = {name: _start(plan, name, address) for name, address in plan.addresses.items()}
    threading.Thread(target=_watch, args=(hosts,), daemon=True).start()
    for name, host in hosts.items():
        _wait_for_sshd(plan.addresses[name], host)


def _make_switch() -> None:
    Path("/run/netns").mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")  # the names of networks are the lab's own, too
    _ip("link set lo up")
    _ip("link add switch type bridge")
    _ip(f"addr add {GATEWAY}/24 dev switch")
    _ip("link set switch up")
    _ip("route add unreachable default")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")  # so that it answers at once for what it cannot reach


def _start(plan: Plan, name: str, address: str) -> subprocess.Popen[bytes]:
    """Start a host, its cable plugged in."""
    _ip(f"netns add {name}")
    _ip(f"link add {name} type veth peer name eth0 netns {name}")
    _ip(f"link set {name} master switch up")
    _ip(f"-n {name} link set lo up")
    _ip(f"-n {name} addr add {address}/24 dev eth0")
    _ip(f"-n {name} link set eth0 up")
    _ip(f"-n {name} route add default via {GATEWAY}")
    command = ["ip", "netns", "exec", name, "unshare", *_SPACES, *boot_command(plan, name)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def boot_command(plan: Plan, name: str) -> list[str]:
    """Return the command line of a host's process 1, which no other process of the machine has."""
    return [sys.executable, "-m", "hosts.boot", name, *plan.arguments]


def _wait_for_sshd(address: str, host: subprocess.Popen[bytes]) -> None:
    """Return when something greets as sshd does; end the lab if the host has ended."""
    while host.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((address, 22), timeout=1) as link:
            if link.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    sys.exit(1)


def _watch(hosts: dict[str, subprocess.Popen[bytes]]) -> None:
    """Collect hosts that have ended."""
    for host in hosts.values():
        host.wait()


def _ip(words: str) -> None:
    run("ip", *words.split())


if __name__ == "__main__":
    main()
