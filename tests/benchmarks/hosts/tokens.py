"""The token that everybody needs who starts something: absent, or another one."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.hosts.cluster import Cluster, write
from benchmarks.hosts.judging import Outcome, judge
from benchmarks.hosts.searching import Search
from hosts import Host
from hosts.plan import HOME

_TOKEN = HOME / ".ray/auth_token"
_OTHER = "0" * 64


def missing(cluster: Cluster) -> Outcome:
    """Start a search on a worker that has lost the file."""
    return _refused(cluster, "missing", None)


def wrong(cluster: Cluster) -> Outcome:
    """Start a search on a worker whose file has another token."""
    return _refused(cluster, "wrong", _OTHER)


def wrong_on_worker(cluster: Cluster) -> Outcome:
    """Let a worker have another token: neither by hand nor by the autoscaler does it join, and a search goes on."""
    worker = cluster.workers[1]
    cluster.leave(worker)
    with _token(worker, _OTHER):
        start = f"cd galaxy-tuner && cluster/ray start --address={cluster.head.address}:6379"
        said = worker.run(start, check=False, seconds=120)
        search = Search(cluster, "without", trials=4).start()
        search.wait()
        outcome = judge(search)
    outcome.note = f"the worker's `ray start`: exit status {said.returncode}"
    if worker.name in {note.host for note in search.notes()}:
        outcome.wrong.append("it trained")
    cluster.leave(worker)
    cluster.join(worker)
    cluster.wait_for_workers()
    return outcome


def _refused(cluster: Cluster, name: str, token: str | None) -> Outcome:
    worker = cluster.workers[0]
    with _token(worker, token):
        search = Search(cluster, name, trials=2).start(worker)
        status = search.wait()
    outcome = Outcome(lines=search.lines(), note=f"exit status {status}")
    if status != 1 or search.notes():
        outcome.wrong.append(f"exit status {status}, {len(search.notes())} notes")
    if not any("token" in line for line in outcome.lines):
        outcome.wrong.append("no line has 'token'")
    return outcome


@contextmanager
def _token(host: Host, token: str | None) -> Iterator[None]:
    place = host.root / _TOKEN.relative_to("/")
    kept = place.read_text()
    if token is None:
        place.unlink()
    else:
        write(host, _TOKEN, token)
    yield
    write(host, _TOKEN, kept)
    place.chmod(0o600)
