"""The storage: away, slow, full, and where nothing may be written."""

from collections.abc import Callable

from benchmarks.hosts.cluster import PORT, SLOW_PORT, Cluster
from benchmarks.hosts.judging import Outcome, judge
from benchmarks.hosts.searching import Search, clock
from hosts.host import waited

_SHARED_SECONDS = 20.0
_PROXY = "tests/benchmarks/hosts/slow_proxy.py"


def away_briefly(cluster: Cluster) -> Outcome:
    """Cut the store's link for 30 s."""
    return _away(cluster, "brief", 30.0)


def away_long(cluster: Cluster) -> Outcome:
    """Cut the store's link for 180 s."""
    return _away(cluster, "long", 180.0)


def slow(cluster: Cluster) -> Outcome:
    """Reach the store through a proxy that delays each answer and drops connections."""
    proxy = cluster.store.start(f"cd galaxy-tuner && exec .venv/bin/python {_PROXY} {SLOW_PORT} {PORT}")
    dataset, runs = (cluster.s3(name, SLOW_PORT) for name in ("d", "runs"))
    search = Search(cluster, "slow", trials=6, dataset=dataset, storage=runs).start()
    search.wait(400)
    outcome = judge(search)
    cluster.store.kill("slow_proxy")
    outcome.note = proxy.output().strip().splitlines()[-1]
    return outcome


def full(cluster: Cluster) -> Outcome:
    """Let the shared folder have no room for 20 s."""

    def fill() -> None:
        cluster.store.run("mount -o remount,size=1m /shared; dd if=/dev/zero of=/shared/filler", root=True, check=False)

    def empty() -> None:
        cluster.store.run("rm /shared/filler; mount -o remount,size=1g /shared", root=True)

    return _spoilt(cluster, "full", fill, empty)


def read_only(cluster: Cluster) -> Outcome:
    """Let nobody write to the shared folder for 20 s."""

    def close() -> None:
        cluster.store.run("mount -o remount,ro /shared", root=True)

    def open_() -> None:
        cluster.store.run("mount -o remount,rw /shared", root=True)

    return _spoilt(cluster, "closed", close, open_)


def _away(cluster: Cluster, name: str, seconds: float) -> Outcome:
    search = Search(cluster, name, trials=6, epochs=6).start()
    search.wait_until_all_train()
    cluster.store.cut()
    waited(lambda: search.command.status() is not None, seconds)
    cluster.store.heal()
    return _went_on(search)


def _spoilt(cluster: Cluster, name: str, spoil: Callable[[], None], mend: Callable[[], None]) -> Outcome:
    search = Search(cluster, name, trials=6, epochs=6, dataset="/shared/d", storage="/shared/runs").start()
    search.wait_until_all_train()
    spoil()
    waited(lambda: search.command.status() is not None, _SHARED_SECONDS)
    mend()
    return _went_on(search)


def _went_on(search: Search) -> Outcome:
    """Judge a search whose storage is there again; where it has ended for it, it is resumed first."""
    resumed = search.command.status() is not None
    if resumed:
        search.resume(search.cluster.head)
    seconds = search.went_on(clock(), kind="saved")
    search.wait(400)
    outcome = judge(search, seconds=seconds)
    outcome.note = "until a checkpoint was saved" + (", resumed" if resumed else "")
    return outcome
