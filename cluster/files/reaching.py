"""Reaching the machines of a cluster by ssh as Ray's launcher will: the head from here, the workers through it."""

import re
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shlex import join
from typing import Any, Self

_CONNECT_SECONDS = 8
# As Ray's launcher: hosts of clouds change their keys with every machine.
_OPTIONS = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes")
_AT_ONCE = 32
_RAYS_PORT, _PORT = 6379, re.compile(r"--port[= ]+(\d+)", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """What a machine said.

    Attributes:
        status: The command's exit status; ssh's own failures are 255, no answer in time is None.
        said: Its output.
        complaint: The last line of its errors, ssh's own among them.
        began: What this machine's clock showed before it was asked, in seconds.
        ended: And when it had answered.
    """

    status: int | None
    said: str
    complaint: str
    began: float
    ended: float


@dataclass(frozen=True)
class Machines:
    """The machines of a file whose provider is `local`, and how to reach each.

    Attributes:
        head: The head's address, as the workers know it.
        outside: The head's address as it is known here.
        workers: The workers' addresses.
        user: The account on all of them.
        key: The private key, None for what ssh has itself.
        proxy: How ssh reaches the head, where it does so through something else.
        port: On which the head's Ray is to listen.
    """

    head: str
    outside: str
    workers: tuple[str, ...]
    user: str
    key: Path | None
    proxy: str | None
    port: int

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self | None:
        """Read them from a file's settings; None where these name no addresses."""
        provider, auth = settings["provider"], settings.get("auth") or {}
        head, workers = provider.get("head_ip"), provider.get("worker_ips")
        if not isinstance(workers, list) or not all(isinstance(each, str) and each for each in (head, *workers)):
            return None
        key = auth.get("ssh_private_key")
        return cls(
            head=head,
            outside=str(provider.get("external_head_ip") or head),
            workers=tuple(workers),
            user=str(auth.get("ssh_user", "ubuntu")),
            key=Path(str(key)).expanduser() if key else None,
            proxy=auth.get("ssh_proxy_command"),
            port=_port_of(settings.get("head_start_ray_commands")),
        )

    @property
    def all(self) -> tuple[str, ...]:
        """All addresses, the head's first."""
        return (self.head, *self.workers)

    def ask_all(self, scripts: Mapping[str, str], seconds: float) -> dict[str, Answer]:
        """Run a shell script on each of some machines, all at once, and return what each says within ``seconds``."""
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            asked = {address: pool.submit(self._ask, address, script, seconds) for address, script in scripts.items()}
            return {address: future.result() for address, future in asked.items()}

    def _ask(self, address: str, script: str, seconds: float) -> Answer:
        command = [*self._ssh(address), "sh -s"]
        began = time.time()
        try:
            done = subprocess.run(
                command, input=script, capture_output=True, text=True, errors="replace", timeout=seconds
            )
        except subprocess.TimeoutExpired:
            return Answer(None, "", f"no answer within {seconds:g} s", began, time.time())
        lines = done.stderr.strip().splitlines()
        return Answer(done.returncode, done.stdout, lines[-1] if lines else "", began, time.time())

    def _ssh(self, address: str) -> list[str]:
        options = ["ssh", *(word for option in _OPTIONS for word in ("-o", option))]
        options += ["-o", f"ConnectTimeout={_CONNECT_SECONDS}"]
        options += ["-o", "IdentitiesOnly=yes", "-i", str(self.key)] if self.key else []
        to_head = options + (["-o", f"ProxyCommand={self.proxy}"] if self.proxy else [])
        if address == self.head:
            return [*to_head, f"{self.user}@{self.outside}"]
        # The head opens the connection, which the worker's sshd sees come from there.
        place = f"[{address}]" if ":" in address else address
        through = join([*to_head, "-W", f"{place}:22", f"{self.user}@{self.outside}"])
        through = through.replace("%", "%%")  # else the outer ssh would put the worker in for the head's %h
        return [*options, "-o", f"ProxyCommand={through}", f"{self.user}@{address}"]


def _port_of(commands: object) -> int:
    """Return the port that the commands give which start the head's Ray, Ray's own where they give none."""
    starts = [str(command) for command in commands if "--head" in str(command)] if isinstance(commands, list) else []
    given = _PORT.search(" ".join(starts))
    return int(given[1]) if given else _RAYS_PORT
