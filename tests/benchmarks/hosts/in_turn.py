"""Things that happen to one search, one after the other: what it costs to start one is spent once."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from benchmarks.hosts.judging import Outcome, judge
from benchmarks.hosts.searching import Search

Turn = Callable[[Search], float]
"""Lets something happen to a search; returns after how many seconds it went on."""


def in_turn(search: Search, turns: Mapping[str, Turn]) -> dict[str, Outcome]:
    """Let all happen to a search that runs, then stop it.

    Seconds and lines are each turn's; what was lost, repeated or falsely failed is the whole search's, in each row.
    """
    seen: dict[str, Outcome] = {}
    for title, turn in turns.items():
        before = len(search.lines())
        seconds = turn(search)
        ended = search.command.status() is not None
        seen[title] = Outcome(seconds=seconds, lines=search.lines()[before:], wrong=["the search ended"] * ended)
        if ended:
            search.resume(search.cluster.head)
            search.wait_until_all_train()
    search.stop()
    total = judge(search, state="stopped")
    whole = {"trials": total.trials, "lost": total.lost, "repeated": total.repeated, "failed": total.failed}
    return {title: replace(one, **whole, wrong=[*one.wrong, *total.wrong]) for title, one in seen.items()}
