"""A search between hosts, brought up from a launcher by the shipped file: what happens to it costs no trial.

What takes longer, and each fault by itself, is in `benchmarks.hosts`.
"""

import signal
from collections.abc import Iterator

import pytest
from benchmarks.hosts import code, machines, tokens
from benchmarks.hosts.cluster import Cluster, cluster
from benchmarks.hosts.judging import MOST_LINES, Outcome, judge
from benchmarks.hosts.searching import Search, clock
from hosts.host import waited

pytestmark = [pytest.mark.hosts, pytest.mark.slow]
_AWAY_SECONDS = 10.0


@pytest.fixture(scope="module")
def up() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


def check(outcome: Outcome) -> None:
    assert outcome.faults == []


def test_what_happens_to_it_costs_no_trial(up: Cluster) -> None:
    """A process killed, S3 and a worker away for a while, and the driver killed: each node fetches the dataset once."""
    first, second = up.workers
    search = Search(up, "disturbed", trials=16, epochs=6).start()
    search.wait_until_all_train()
    assert machines.end_trials(first, signal.SIGKILL) == 1
    for host in (up.store, second):
        host.cut()
        waited(lambda: False, _AWAY_SECONDS)
        host.heal()
        search.went_on(clock(), kind="saved")
    up.head.kill(".venv/bin/galaxy search")
    search.resume(up.head)
    search.wait()
    outcome = judge(search)
    faults = 4
    assert len(outcome.lines) <= faults * MOST_LINES
    outcome.lines.clear()
    check(outcome)
    assert machines.fetched(up) == dict.fromkeys((node.name for node in up.nodes), 1)


def test_a_node_with_other_code_gets_no_trial(up: Cluster) -> None:
    check(code.another_file(up))


@pytest.mark.parametrize("refused", [tokens.missing, tokens.wrong], ids=["missing", "wrong"])
def test_without_the_token_nothing_starts(up: Cluster, refused: machines.Play) -> None:
    check(refused(up))


def test_nothing_is_left_when_it_is_taken_down(up: Cluster) -> None:
    up.down()
    assert machines.left(up) == []
