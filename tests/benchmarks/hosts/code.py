"""Nodes that run other code than the driver: they get no trials, and one line says which and why."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.hosts.cluster import Cluster, write
from benchmarks.hosts.judging import Outcome, judge
from benchmarks.hosts.searching import Search
from hosts import Host
from hosts.plan import CHECKOUT


def another_file(cluster: Cluster) -> Outcome:
    """Edit a file of ours on a worker."""
    worker = cluster.workers[1]
    with _edited(worker, CHECKOUT / "trainer/scores.py"):
        return _search(cluster, "file", {worker: "trainer/scores.py"})


def another_version_and_space(cluster: Cluster) -> Outcome:
    """Install another version of a package on one worker, and edit the user's module on the other."""
    first, second = cluster.workers
    with _installed(first, "keras", "3.14.0"), _edited(second, CHECKOUT / "noting.py"):
        return _search(cluster, "others", {first: "keras 3.14.0", second: "noting.py"})


def _search(cluster: Cluster, name: str, others: Mapping[Host, str]) -> Outcome:
    """Search with nodes that differ from the driver's in what is named by these words."""
    search = Search(cluster, name, trials=4).start()
    search.wait()
    outcome = judge(search)
    for worker, words in others.items():
        if worker.name in {note.host for note in search.notes()}:
            outcome.wrong.append(f"{worker.name} trained")
        if not any(words in line and worker.name in line for line in outcome.lines):
            outcome.wrong.append(f"no line names {worker.name} and {words}: {outcome.lines}")
    return outcome


@contextmanager
def _edited(host: Host, path: Path) -> Iterator[None]:
    place = host.root / path.relative_to("/")
    text = place.read_text()
    write(host, path, text + "\nOTHER = 1\n")
    yield
    write(host, path, text)


@contextmanager
def _installed(host: Host, name: str, version: str) -> Iterator[None]:
    packages = host.run("echo ~/galaxy-tuner/.venv/lib/python3*/site-packages").stdout.strip()
    metadata = Path(packages, f"{name}-{version}.dist-info/METADATA")
    write(host, metadata, f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    yield
    host.run(f"rm -r {metadata.parent}")
