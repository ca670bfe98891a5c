"""Machines that one has, before `ray up`: whether each is reached, and has what setting it up and Ray need there."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from shlex import join, quote
from uuid import uuid4

from cluster.files.reaching import Answer, Machines
from cluster.nodes.checks import Check
from cluster.nodes.code import CODE

# The environment has 4 GB, the copy of a dataset on each node a few more.
_SETUP_GB, _GB = 8.0, 10**9
# Ledger and heartbeat compare clocks of several machines: well within a trial's seconds.
_CLOCK_SECONDS = 5.0
_SECONDS = 30.0
_MOST_NAMED = 5
_HOME = re.compile(r"~[\w.-]*", re.ASCII)  # the machine's shell knows whose
_TOOLS = ("make", "gcc", "rsync", "flock")
_CLOCK = "echo clock $(date +%s.%N)\n"
# One line a fact. `ray down` asks the head for a plain `ray`, in such a shell.
_PROBE = """
echo system $(uname -sm)
echo python $(python3.11 -c 'import ensurepip, sys, venv; print(sys.version.split()[0])' 2>&1 | tail -n 1)
for tool in TOOLS; do command -v $tool >/dev/null || echo without $tool; done
echo machine $(cat /proc/sys/kernel/random/boot_id) $(uname -n) $(stat -L -c %d:%i ~)
pgrep -u "$(id -u)" -x raylet >/dev/null && echo of $(cat "/tmp/galaxy-$(id -u)/of" 2>/dev/null)
echo free $(df -Pk "$HOME" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)
[ -e ~/galaxy-tuner/.venv/bin/ray ] && echo environment there
echo path $(bash --login -c -i 'source ~/.bashrc 2>/dev/null; echo $PATH' 2>/dev/null | tail -n 1)
grep -qs '\\.local/bin' ~/.bash_profile ~/.bash_login ~/.profile ~/.bashrc && echo adds ~/.local/bin
echo ray $(bash --login -c -i 'source ~/.bashrc 2>/dev/null; readlink -f "$(command -v ray)"' 2>/dev/null | tail -n 1)
""".replace("TOOLS", " ".join(_TOOLS))
_HEAD_PROBE = """
echo address $(getent ahostsv4 HEAD | head -n 1 | cut -d ' ' -f 1)
[ -e "/tmp/galaxy-$(id -u)/ray/ray_current_cluster" ] || python3.11 - <<'END' 2>/dev/null || echo taken
import socket
socket.socket().bind(("", PORT))
END
"""


def check_machines(machines: Machines, cluster: str, code: Mapping[str, Set[str]], storage: str | None) -> list[Check]:
    """Look at all machines at the same time, within a minute.

    ``cluster`` is what the file calls it; ``code`` as from `shipped_code`; ``storage`` is a path that all machines are
    to share.
    """
    at_head = _HEAD_PROBE.replace("PORT", str(machines.port)).replace("HEAD", quote(machines.head))
    listing = f"cd; echo home \"$PWD\"; find {join(code)} -type f 2>/dev/null | sed 's/^/has /'\n" if code else ""
    probes = {address: _PROBE + listing + (at_head if address == machines.head else "") for address in machines.all}
    scripts = {address: _CLOCK + probe + _CLOCK for address, probe in probes.items()}
    answers = machines.ask_all(scripts, _SECONDS)
    if answers[machines.head].status != 0:
        # Nothing else was reached either, whatever its state is.
        answers = {machines.head: answers[machines.head]}
    checks = [check for address, answer in answers.items() for check in _judged(machines, address, answer)]
    reached = [address for address, answer in answers.items() if answer.status == 0]
    facts = {address: Facts.of(answers[address].said) for address in reached}
    checks += [*_twice(facts), *_other_clusters(machines, cluster, facts), *_left_over(code, facts)]
    return [*checks, *(_check_storage(machines, reached, storage) if storage and reached else ())]


def _twice(facts: Mapping[str, "Facts"]) -> Iterator[Check]:
    """Find machines with two addresses: the Ray of the one would end that of the other."""
    known: dict[str, str] = {}
    for address, found in facts.items():
        first = known.setdefault(found.get("machine"), address)
        if first != address:
            yield Check(
                address, "machines", ok=False, found=f"the same one as {first}", advice="name each machine once"
            )


def _other_clusters(machines: Machines, cluster: str, facts: Mapping[str, "Facts"]) -> Iterator[Check]:
    """Find machines on which another cluster of the same user runs, which `cluster/ray start` does not end."""
    if machines.head not in facts:
        return
    heads = (machines.head, facts[machines.head].get("address"))
    if heads[1].startswith("127.") and machines.workers:
        advice = "give its number as head_ip, or correct /etc/hosts there"
        found = f"calls itself {heads[1]}, where no worker reaches it"
        yield Check(machines.head, "address", ok=False, found=found, advice=advice)
    for address, found_there in facts.items():
        of = found_there.get("of")
        own = of == f"the cluster {cluster}" if address == machines.head else of.rpartition(":")[0] in heads
        if of and not own:
            advice = "`ray down` its file, or on that machine `~/galaxy-tuner/cluster/ray stop`"
            yield Check(address, "other clusters", ok=False, found=f"a Ray runs there, of {of}", advice=advice)


def _left_over(code: Mapping[str, Set[str]], facts: Mapping[str, "Facts"]) -> Iterator[Check]:
    """Find code that was shipped once and is no more: `ray up` removes nothing, and the node would run other code."""
    shipped = [f"{folder}/{name}" for folder, names in code.items() for name in names]
    for address, found in facts.items():
        home = found.get("home")
        kept = {posixpath.join(home, file) for file in shipped}  # some may be shipped below ~, others by whole paths
        there = {posixpath.join(home, file): file for file in found.lines.get("has", []) if Path(file).suffix in CODE}
        left = sorted(file for whole, file in there.items() if whole not in kept)
        if left:
            advice = f"remove there what `ray up` does not: `rm {join(left[:_MOST_NAMED])}`, and look again"
            said = ", ".join(left[:_MOST_NAMED]) + (
                f" and {more} more" if (more := len(left) - _MOST_NAMED) > 0 else ""
            )
            yield Check(address, "code", ok=False, found=f"{said}, no longer here", advice=advice)


def _judged(machines: Machines, address: str, answer: Answer) -> Iterator[Check]:
    who = "from here" if address == machines.head else "from the head"
    if answer.status != 0:
        yield Check(
            address,
            "reached",
            ok=False,
            found=f"not {who}: {answer.complaint}",
            advice=_advice(machines, address, answer),
        )
        return
    yield Check(address, "reached", ok=True, found="by ssh")
    facts = Facts.of(answer.said)
    yield _python(address, facts)
    yield _tools(address, facts)
    yield _disk(address, facts)
    yield _clock(address, facts, answer)
    if address == machines.head:
        yield _port(address, machines.port, facts)
        yield _ending(address, facts)


@dataclass(frozen=True)
class Facts:
    """What the probe found on a machine, by the first word of each of its lines."""

    lines: dict[str, list[str]]

    @classmethod
    def of(cls, said: str) -> "Facts":
        """Read what the probe said."""
        lines: dict[str, list[str]] = {}
        for line in said.splitlines():
            name, _, rest = line.partition(" ")
            lines.setdefault(name, []).append(rest)
        return cls(lines)

    def get(self, name: str) -> str:
        """Return the fact of that name, empty where there is none."""
        return (self.lines.get(name) or [""])[-1]


def _python(address: str, facts: Facts) -> Check:
    system, version = facts.get("system"), facts.get("python")
    if not system.startswith("Linux"):
        return Check(
            address, "Python 3.11", ok=False, found=f"{system or 'an unknown system'}", advice="nodes run Linux alone"
        )
    if version.startswith("3.11."):
        return Check(address, "Python 3.11", ok=True, found=version)
    advice = (
        "apt-get install python3.11 python3.11-venv, or dnf install python3.11; with the modules venv and ensurepip"
    )
    return Check(address, "Python 3.11", ok=False, found=version or "none", advice=advice)


def _clock(address: str, facts: Facts, answer: Answer) -> Check:
    """Whether the machine's clock is this one's, as far as it can be told: a slow machine takes long to answer.

    It showed the first time after it was asked, and the last one before it had answered.
    """
    shown = facts.lines.get("clock") or [""]
    least, most = _number(shown[-1]) - answer.ended, _number(shown[0]) - answer.began
    off, within = (least + most) / 2, (most - least) / 2
    found = f"{abs(off):.1f} s {'ahead of' if off > 0 else 'behind'} this machine's, ± {within:.1f} s"
    advice = "run a time service there (chrony, systemd-timesyncd)"
    return Check(address, "clock", ok=abs(off) - within <= _CLOCK_SECONDS, found=found, advice=advice)


def _tools(address: str, facts: Facts) -> Check:
    absent = facts.lines.get("without", [])
    if absent:
        packages = " ".join("util-linux" if tool == "flock" else tool for tool in absent)
        return Check(address, "tools", ok=False, found=f"no {', '.join(absent)}", advice=f"install {packages} there")
    return Check(address, "tools", ok=True, found=", ".join(_TOOLS))


def _disk(address: str, facts: Facts) -> Check:
    free = _number(facts.get("free")) * 1024 / _GB
    needed = _SETUP_GB / 2 if facts.get("environment") else _SETUP_GB
    found = f"{free:.0f} GB free in the home directory"
    if free >= needed:
        return Check(address, "disk", ok=True, found=found, margin=free / needed)
    advice = f"make room: expected {needed:g} GB for the environment and a node's copy of the dataset"
    return Check(address, "disk", ok=False, found=found, advice=advice, margin=free / needed)


def _number(said: str) -> float:
    """Return a number that a machine said, 0 for what is none: not every system has these commands as Linux has."""
    try:
        return float(said)
    except ValueError:
        return 0.0


def _port(address: str, port: int, facts: Facts) -> Check:
    if "taken" not in facts.lines:
        return Check(address, "port", ok=True, found=f"{port} is free, or this cluster's")
    advice = f"end what listens there (`ss -ltnp 'sport = :{port}'`), or change --port and the workers' --address"
    return Check(address, "port", ok=False, found=f"{port} is taken by another program", advice=advice)


def _ending(address: str, facts: Facts) -> Check:
    """Whether `ray down` will find `cluster/ray` under the name `ray`, in ~/.local/bin."""
    other, name = facts.get("ray"), "ray down"
    if other and not other.endswith("/cluster/ray"):
        advice = "remove it from the PATH there, or end the cluster with `~/galaxy-tuner/cluster/ray stop` on the head"
        return Check(address, name, ok=False, found=f"would ask another Ray, {other}", advice=advice)
    # Debian's .profile adds it where it is there, which it is once Ray has been started.
    if not any(part.endswith("/.local/bin") for part in facts.get("path").split(":")) and not facts.get("adds"):
        advice = "add it there: `echo 'PATH=~/.local/bin:$PATH' >> ~/.bashrc`"
        return Check(address, name, ok=False, found="~/.local/bin is not on the PATH of a login shell", advice=advice)
    return Check(address, name, ok=True, found="finds cluster/ray")


def _advice(machines: Machines, address: str, answer: Answer) -> str:
    complaint = answer.complaint.casefold()
    if "permission denied" in complaint:
        return f"let the key in: `ssh-copy-id -i {machines.key or '~/.ssh/id_ed25519'} {machines.user}@{address}`"
    if "administratively prohibited" in complaint:
        return "set `AllowTcpForwarding yes` in the head's sshd_config; or look from the head: `ssh " + address + "`"
    if "could not resolve" in complaint or "name or service" in complaint:
        return "correct the address, or give its number"
    return "start the machine and its sshd, correct the address, or let port 22 through"


def _check_storage(machines: Machines, reached: list[str], storage: str) -> list[Check]:
    """Whether all machines see the same folder: each leaves a file there, then looks for all."""
    if not storage.startswith(("/", "~")):
        found = f"{storage} is another folder wherever a command is given"
        return [
            Check("this machine", "storage", ok=False, found=found, advice="give the whole path of one that all mount")
        ]
    name = f".galaxy-check-{uuid4().hex[:12]}"
    user, slash, rest = storage.partition("/")
    folder = f"{user if _HOME.fullmatch(user) else quote(user)}{slash}{quote(rest) if rest else ''}"
    places = {address: f"{folder}/{name}-{number}" for number, address in enumerate(reached)}
    left = machines.ask_all({address: f": > {place}" for address, place in places.items()}, _SECONDS)
    # A shared folder's listing may be some seconds old.
    written = sum(answer.status == 0 for answer in left.values())
    count = f"n=$(ls -A {folder} | grep -c {name}); [ $n = {written} ] && break"
    look = f"for _ in 1 2 3 4 5 6; do {count}; sleep 1; done; echo $n"
    seen = machines.ask_all(dict.fromkeys(reached, look), _SECONDS)
    machines.ask_all({address: f"rm -f {place}" for address, place in places.items()}, _SECONDS)
    checks = []
    for address in reached:
        if left[address].status != 0:
            found, advice = (
                f"{storage}: {left[address].complaint}",
                f"make the folder, and let {machines.user} write into it",
            )
            checks.append(Check(address, "storage", ok=False, found=found, advice=advice))
        elif seen[address].status != 0:
            found, advice = f"{storage}: {seen[address].complaint}", "look again: whether it is shared was not seen"
            checks.append(Check(address, "storage", ok=False, found=found, advice=advice))
        elif seen[address].said.strip() != str(written):
            found = f"{storage} is not the same folder as on the other machines"
            checks.append(
                Check(address, "storage", ok=False, found=found, advice="mount one folder there on all machines")
            )
        else:
            checks.append(Check(address, "storage", ok=True, found=f"{storage}, the same on all of them"))
    return checks
