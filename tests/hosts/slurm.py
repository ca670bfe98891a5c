"""Slurm on the hosts of a lab, as Debian has it (slurm-wlm, munge): the last host controls, every host submits."""

import shutil
from pathlib import Path

from hosts.host import Host, waited
from hosts.lab import Lab
from hosts.plan import LabError

CPUS = 8
"""How many each node says that it has, whatever the machine has."""
_TOOLS = ("slurmctld", "slurmd", "munged")
_READY_SECONDS = 60.0
# A job that is requeued waits until its credentials have expired.
_CONFIGURATION = """
ClusterName=lab
SlurmctldHost={controller}
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=10
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
KillWait=20
SlurmdParameters=config_overrides
StateSaveLocation=/var/spool/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldLogFile=/var/log/slurmctld.log
SlurmdLogFile=/var/log/slurmd.log
NodeName={nodes} CPUs={cpus} RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={nodes} Default=YES MaxTime=INFINITE State=UP
"""


def lacking_for_slurm() -> str | None:
    """Return what this machine lacks for Slurm, in words; None where it lacks nothing."""
    absent = [tool for tool in _TOOLS if shutil.which(tool, path="/usr/sbin:/usr/bin") is None]
    return f"Slurm on hosts needs {', '.join(absent)} (apt-get install slurm-wlm munge)" if absent else None


def start_slurm(hosts: Lab, *, nodes: list[Host]) -> None:
    """Start Slurm: ``nodes`` run what is submitted. Raises LabError if they are not ready within a minute."""
    every = [*hosts]
    controller = every[-1]
    key = bytes(range(256)) * 4
    names = ",".join(node.name for node in nodes)
    text = _CONFIGURATION.format(controller=controller.name, nodes=names, cpus=CPUS)
    for host in every:
        for folder in ("etc/slurm", "etc/munge", "var/spool/slurmctld", "var/spool/slurmd"):
            (host.root / folder).mkdir(parents=True, exist_ok=True)
        (host.root / "etc/slurm/slurm.conf").write_text(text)
        (host.root / "etc/slurm/cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (host.root / "etc/munge/munge.key").write_bytes(key)
        _start_munge(host)
    controller.run("slurmctld", root=True)
    for node in nodes:
        node.run(f"slurmd -N {node.name}", root=True)
    ready = f"sinfo --noheader --Node --states=idle | grep -c . | grep -qx {len(nodes)}"
    if not waited(lambda: controller.run(ready, check=False).returncode == 0, _READY_SECONDS):
        raise LabError(f"Slurm is not ready: {controller.run('sinfo --Node --long', check=False).stdout}")


def _start_munge(host: Host) -> None:
    """Start munge, which insists on who owns its folders."""
    owner = "chown -R munge: /etc/munge /run/munge /var/log/munge /var/lib/munge"
    modes = "chmod 0700 /etc/munge /var/log/munge; chmod 0755 /run/munge; chmod 0711 /var/lib/munge"
    key = Path("/etc/munge/munge.key")
    folders = "mkdir -p /run/munge /var/log/munge /var/lib/munge"
    host.run(
        f"{folders}; {owner}; {modes}; chmod 0400 {key}; setpriv --reuid munge --regid munge --init-groups munged",
        root=True,
    )
