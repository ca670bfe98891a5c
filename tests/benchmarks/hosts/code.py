"""Nodes that run other code than the driver: they get no trials, and one line says which and why."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.hosts.cluster import Cluster, write
from benchmarks.hosts.judging import Outcome, judge
from benchmarks.hosts.searching import Search
from hosts import Host
from hosts.plan import CHECKOUT


def another_file(cluster: Cluster) -> Outcome:
    """Edit a file of ours on a worker."""
    return _other(cluster, "file", lambda host: _edited(host, CHECKOUT / "trainer/scores.py"), "trainer/scores.py")


def another_version(cluster: Cluster) -> Outcome:
    """Install another version of a package on a worker."""
    return _other(cluster, "version", lambda host: _installed(host, "keras", "3.14.0"), "keras 3.14.0")


def another_space(cluster: Cluster) -> Outcome:
    """Edit the user's module on a worker."""
    return _other(cluster, "space", lambda host: _edited(host, CHECKOUT / "noting.py"), "noting.py")


def _other(cluster: Cluster, name: str, changed: Callable[[Host], AbstractContextManager[None]], words: str) -> Outcome:
    worker = cluster.workers[1]
    with changed(worker):
        search = Search(cluster, name, trials=6).start()
        search.wait()
    outcome = judge(search)
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
