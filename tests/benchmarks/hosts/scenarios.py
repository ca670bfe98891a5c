"""What happens to a search between hosts: each a function that lets it happen on a cluster and judges the outcome."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.hosts import code, machines, storage, tokens
from benchmarks.hosts.cluster import Cluster
from benchmarks.hosts.judging import Outcome


@dataclass(frozen=True)
class Scenario:
    """Something that happens; ``play`` lets it, on a cluster that is up, and leaves one that is up."""

    title: str
    play: Callable[[Cluster], Outcome]


SCENARIOS = [
    Scenario("`ray up` with the shipped file, addresses alone changed", machines.brought_up),
    Scenario("two workers and the head, S3 on a fourth host", machines.undisturbed),
    Scenario("a worker's link cut for 60 s, then healed", machines.link_cut),
    Scenario("a trial's process killed", machines.process_killed),
    Scenario("a worker's raylet killed", machines.raylet_killed),
    Scenario("SIGTERM to all of Ray on a worker, as a spot notice does", machines.told_to_end),
    Scenario("a worker joins", machines.joins),
    Scenario("the driver killed, resumed from another host", machines.driver_killed),
    Scenario("the clock of a worker's processes 10 min ahead", machines.clock_ahead),
    Scenario("a second driver, whose clock is 10 min ahead", machines.second_driver),
    Scenario("S3 away for 30 s", storage.away_briefly),
    Scenario("S3 away for 180 s", storage.away_long),
    Scenario("S3 slow: 200 ms more each way, one connection in ten dropped", storage.slow),
    Scenario("shared folder full for 20 s", storage.full),
    Scenario("shared folder read-only for 20 s", storage.read_only),
    Scenario("another file of ours on a worker", code.another_file),
    Scenario("another version of a package on a worker", code.another_version),
    Scenario("another space module on a worker", code.another_space),
    Scenario("no token where the search is started", tokens.missing),
    Scenario("a wrong token where the search is started", tokens.wrong),
    Scenario("a worker with a wrong token", tokens.wrong_on_worker),
    Scenario("`ray down`", machines.taken_down),
]
