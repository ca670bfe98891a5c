"""A search as a Slurm job, by the shipped script as it stands: requeued in the middle."""

import pytest
from benchmarks.hosts.cluster import Cluster
from benchmarks.hosts.judging import lost, repeated
from benchmarks.hosts.searching import Search
from hosts import lab
from hosts.host import waited
from hosts.slurm import CPUS, lacking_for_slurm, start_slurm

pytestmark = [pytest.mark.hosts, pytest.mark.slow]
_SECONDS = 180.0
_LOG = "galaxy-tuner/galaxy-tuner-*.log"


def test_a_job_that_is_requeued_goes_on() -> None:
    if lacking := lacking_for_slurm():
        pytest.skip(lacking)
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
