"""The storage: away, slow, full, and where nothing may be written."""

from benchmarks.hosts.cluster import PORT, SLOW_PORT, Cluster
from benchmarks.hosts.in_turn import in_turn
from benchmarks.hosts.judging import Outcome, judge
from benchmarks.hosts.searching import Search, clock
from hosts.host import waited

_SHARED_SECONDS = 20.0
_PROXY = "tests/benchmarks/hosts/slow_proxy.py"


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


def spoilt(cluster: Cluster) -> dict[str, Outcome]:
    """Let the shared folder have no room for 20 s, and later let nobody write to it for 20 s."""
    search = Search(cluster, "spoilt", trials=400, epochs=6, dataset="/shared/d", storage="/shared/runs").start()
    search.wait_until_all_train()
    store = cluster.store

    def full(search: Search) -> float:
        store.run("mount -o remount,size=1m /shared; dd if=/dev/zero of=/shared/filler", root=True, check=False)
        waited(lambda: search.command.status() is not None, _SHARED_SECONDS)
        store.run("rm /shared/filler; mount -o remount,size=1g /shared", root=True)
        return saves_again(search)

    def read_only(search: Search) -> float:
        store.run("mount -o remount,ro /shared", root=True)
        waited(lambda: search.command.status() is not None, _SHARED_SECONDS)
        store.run("mount -o remount,rw /shared", root=True)
        return saves_again(search)

    return in_turn(search, {"shared folder full for 20 s": full, "shared folder read-only for 20 s": read_only})


def away(search: Search, seconds: float) -> float:
    """Cut the store's link; return how many seconds after it was healed a checkpoint was saved."""
    search.cluster.store.cut()
    waited(lambda: search.command.status() is not None, seconds)
    search.cluster.store.heal()
    return saves_again(search)


def saves_again(search: Search) -> float:
    """Return after how many seconds a checkpoint is saved; a search that has ended for its storage is resumed first."""
    mended = clock()
    if search.command.status() is not None:
        search.resume(search.cluster.head)
    return search.went_on(mended, kind="saved")
