"""Hosts, links, processes and clocks."""

import signal
from collections.abc import Callable

from benchmarks.hosts.cluster import Cluster
from benchmarks.hosts.judging import Outcome, judge
from benchmarks.hosts.searching import Search
from hosts import Host
from hosts.plan import USER_ID

Play = Callable[[Cluster], Outcome]
_TRIAL = "ray::"
_IDLE = ("IDLE", "Agent")


def brought_up(cluster: Cluster) -> Outcome:
    """Ask whether the cluster is up."""
    outcome = Outcome(seconds=cluster.up_seconds, note="until all workers had joined")
    if cluster.alive() != len(cluster.nodes):
        outcome.wrong.append(f"{cluster.alive()} of {len(cluster.nodes)} nodes")
    return outcome


def undisturbed(cluster: Cluster) -> Outcome:
    """Search; each node is to train, and to fetch the dataset once."""
    search = Search(cluster, "undisturbed", trials=6).start()
    search.wait()
    outcome = judge(search)
    trained, counts = {note.host for note in search.notes()}, fetched(cluster)
    outcome.note = f"nodes that trained: {len(trained)}; fetched the dataset: {counts}"
    if trained != {node.name for node in cluster.nodes}:
        outcome.wrong.append(f"trained on {sorted(trained)} alone")
    if set(counts.values()) != {1}:
        outcome.wrong.append(f"fetched {counts}")
    return outcome


def fetched(cluster: Cluster) -> dict[str, int]:
    """Return how often each node has fetched the dataset from S3 so far: it is so small that one request brings it."""
    asked = [line.split()[0] for line in cluster.requests() if "GET" in line and "/d/images-" in line]
    return {node.name: asked.count(node.address) for node in cluster.nodes}


def clock_ahead(cluster: Cluster) -> Outcome:
    """Let all of Ray on a worker live ten minutes ahead of the others."""
    worker = cluster.workers[0]
    cluster.leave(worker)
    cluster.join(worker, before="faketime -f +10m")
    cluster.wait_for_workers()
    search = Search(cluster, "ahead", trials=6).start()
    search.wait()
    outcome = judge(search)
    outcome.note = f"nodes that trained: {len({note.host for note in search.notes()})}"
    cluster.leave(worker)
    cluster.join(worker)
    return outcome


def second_driver(cluster: Cluster) -> Outcome:
    """Resume a search that runs from a host whose clock is ten minutes ahead: refused, and the search goes on."""
    search = Search(cluster, "twice", trials=400).start()
    search.wait_until_all_train(cluster.head)
    storage = f"--storage '{search.storage}' --address auto"
    second = cluster.workers[0].run(
        f"cd galaxy-tuner && faketime -f +10m .venv/bin/galaxy resume twice {storage}", check=False, seconds=180
    )
    search.stop()
    outcome = judge(search, state="stopped")
    said = second.stderr.strip().splitlines()
    outcome.lines = said
    outcome.note = f"the second ended with {second.returncode}"
    if second.returncode != 1:
        outcome.wrong.append("the second was not refused")
    return outcome


def taken_down(cluster: Cluster) -> Outcome:
    """Take the cluster down: nothing is to be left on any node."""
    cluster.down()
    outcome = Outcome(note="processes, ports, and what lies in /tmp and /dev/shm", wrong=left(cluster))
    cluster.up()
    return outcome


def left(cluster: Cluster) -> list[str]:
    """Return what a cluster that was taken down has left on its nodes: processes, ports, temporary files."""
    found = []
    # What was imported from, and the cache of datasets, which waits for the next search.
    kept = f"! -name '*faketime*' ! -name images ! -name galaxy-tuner-{USER_ID}"
    for node in cluster.nodes:
        # The launcher keeps its connections for some seconds.
        found += [f"{node.name}: {one.command[:80]}" for one in node.processes() if not one.command.startswith("sshd")]
        ports = node.run("ss -Htln | grep -v ':22 '", root=True, check=False).stdout.splitlines()
        files = node.run(f"find /tmp /dev/shm -mindepth 1 -maxdepth 1 {kept}", root=True).stdout.split()
        found += [f"{node.name}: {what}" for what in (*ports, *files)]
    return found


def end_trials(host: Host, number: signal.Signals) -> int:
    """Send a signal to the host's processes that have a trial; return how many there were."""
    doomed = [one for one in host.processes(_TRIAL) if not any(word in one.command for word in _IDLE)]
    return sum(host.kill(one.command, number) for one in doomed)
