"""A search as a Slurm job, by the shipped script as it stands: requeued in the middle, it goes on.

    PYTHONPATH=tests python -m benchmarks.hosts.slurm

Needs root, sshd, rsync, slurm-wlm and munge; takes two minutes. Fails with an AssertionError.
"""

import sys
import time

from benchmarks.hosts.cluster import Cluster
from benchmarks.hosts.judging import lost, repeated
from benchmarks.hosts.searching import Search
from hosts import lab, missing
from hosts.host import waited
from hosts.slurm import CPUS, lacking_for_slurm, start_slurm

_SECONDS = 180.0
_LOG = "galaxy-tuner/galaxy-tuner-*.log"


def main() -> None:
    """Search, requeue the job, and judge what came of it."""
    if lacking := missing() or lacking_for_slurm():
        sys.exit(lacking)
    with lab("login", "node1", "node2", "controller") as hosts:
        cluster = Cluster(hosts)
        cluster.prepare()
        for host in hosts:  # as where all have the same home directories
            host.run("mkdir -m 700 -p /shared/ray && ln -s /shared/ray ~/.ray")
        start_slurm(hosts, nodes=cluster.nodes)
        search = Search(cluster, "first", trials=6, dataset="/shared/d", storage="/shared/runs")
        options = f"--name first --storage /shared/runs --cpus-per-trial {CPUS}"
        cluster.launcher.run(
            f"cd galaxy-tuner && sbatch --nodes=2 cluster/slurm.sh /shared/d {options} {search.options}"
        )

        def said() -> str:
            return cluster.head.run(f"cat {_LOG}", check=False).stdout

        assert waited(lambda: any(note.kind == "saved" for note in search.notes()), _SECONDS), said()
        cluster.launcher.run("scontrol requeue 1")
        requeued = time.monotonic()
        ended = "squeue --noheader | grep -c . | grep -qx 0"
        assert waited(lambda: cluster.launcher.run(ended, check=False).returncode == 0, _SECONDS), said()
        document = search.leaderboard()
        trials, notes = document["trials"], search.notes()
        assert document["state"] == "finished", said()
        assert {note.host for note in notes} == {"node1", "node2"}
        assert [*lost(trials, notes, search.trials), *repeated(trials, notes)] == []
        slurms = ("slurmd", "munged")
        left = [one.command for node in cluster.nodes for one in node.processes() if not one.command.startswith(slurms)]
        assert [command for command in left if not command.startswith("/usr/sbin/")] == []
    seconds = time.monotonic() - requeued
    print(f"requeued: {len(trials)} trials, 0 lost, 0 repeated, finished {seconds:.0f} s later, nothing left on a node")  # noqa: T201


if __name__ == "__main__":
    main()
