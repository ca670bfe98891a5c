"""Links, processes and hosts, in the middle of one search."""

import signal

from benchmarks.hosts.cluster import Cluster
from benchmarks.hosts.in_turn import in_turn
from benchmarks.hosts.judging import Outcome
from benchmarks.hosts.machines import end_trials
from benchmarks.hosts.searching import Search, clock
from benchmarks.hosts.storage import away
from hosts.host import waited

_CUT_SECONDS = 60.0
_ELSEWHERE_SECONDS = 120.0


def disturbed(cluster: Cluster) -> dict[str, Outcome]:
    """Search, and let all of these happen."""
    search = Search(cluster, "disturbed", trials=1000, epochs=6).start()
    search.wait_until_all_train()
    return in_turn(
        search,
        {
            "a trial's process killed": process_killed,
            "SIGTERM to all of Ray on a worker, as a spot notice does": told_to_end,
            "a worker joins": joins,
            "S3 away for 30 s": lambda search: away(search, 30.0),
            "a worker's raylet killed": raylet_killed,
            "a worker's link cut for 60 s, then healed": link_cut,
            "S3 away for 180 s": lambda search: away(search, 180.0),
            "the driver killed, resumed from another host": driver_killed,
        },
    )


def process_killed(search: Search) -> float:
    """Kill the process of a worker's trial; wait until the worker has a trial again."""
    worker, killed = search.cluster.workers[0], clock()
    end_trials(worker, signal.SIGKILL)
    return search.went_on(killed, host=worker, new_process=True)


def told_to_end(search: Search) -> float:
    """Send SIGTERM to all of a worker's processes; wait until its trial goes on elsewhere."""
    worker, told = search.cluster.workers[1], clock()
    trial = [note.units for note in search.notes() if note.host == worker.name][-1]
    worker.kill(number=signal.SIGTERM)

    def elsewhere() -> list[float]:
        return [one.when for one in search.notes() if one.units == trial and one.host != worker.name]

    waited(elsewhere, _ELSEWHERE_SECONDS)
    return min(elsewhere(), default=float("inf")) - told


def joins(search: Search) -> float:
    """Let the worker that has left join by hand; wait until it has a trial."""
    worker, began = search.cluster.workers[1], clock()
    search.cluster.join(worker)
    return search.went_on(began, host=worker)


def raylet_killed(search: Search) -> float:
    """Kill a worker's raylet: the autoscaler on the head brings it back; wait until it has a trial."""
    worker, killed = search.cluster.workers[0], clock()
    worker.kill("raylet/raylet")
    return search.went_on(killed, host=worker, new_process=True)


def link_cut(search: Search) -> float:
    """Cut a worker's link for a minute; wait, from there, until it has a trial whose results arrive."""
    worker = search.cluster.workers[0]
    worker.cut()
    waited(lambda: False, _CUT_SECONDS)
    worker.heal()
    return search.went_on(clock(), host=worker, new_process=True)


def driver_killed(search: Search) -> float:
    """Kill the driver, and resume from another host at once; wait until a trial goes on."""
    killed = clock()
    search.cluster.head.kill(".venv/bin/galaxy search")
    search.resume_when_allowed(search.cluster.workers[0])
    return search.went_on(killed + 3)
