"""What happens to a search between hosts: each a function that lets it happen on a cluster and judges the outcome."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.hosts import code, machines, storage, tokens, turns
from benchmarks.hosts.cluster import Cluster
from benchmarks.hosts.judging import Outcome


@dataclass(frozen=True)
class Scenario:
    """Something that happens; ``play`` lets it, on a cluster that is up, and leaves one that is up.

    It may be several things in one search: then ``play`` gives an outcome each, by title.
    """

    title: str
    play: Callable[[Cluster], Outcome | dict[str, Outcome]]


SCENARIOS = [
    Scenario("`ray up` with the shipped file, addresses alone changed", machines.brought_up),
    Scenario("two workers and the head, S3 on a fourth host", machines.undisturbed),
    Scenario("in one search", turns.disturbed),
    Scenario("in one search, on a shared folder", storage.spoilt),
    Scenario("S3 slow: 200 ms more each way, one connection in ten dropped", storage.slow),
    Scenario("the clock of a worker's processes 10 min ahead", machines.clock_ahead),
    Scenario("a second driver, whose clock is 10 min ahead", machines.second_driver),
    Scenario("another file of ours on a worker", code.another_file),
    Scenario("another version of a package, another space module on a worker", code.another_version_and_space),
    Scenario("no token where the search is started", tokens.missing),
    Scenario("a wrong token where the search is started", tokens.wrong),
    Scenario("a worker with a wrong token", tokens.wrong_on_worker),
    Scenario("`ray down`", machines.taken_down),
]
