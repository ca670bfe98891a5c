"""This machine examined alone, without Ray: importing that takes longer than looking."""

import contextlib
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from cluster.nodes.checks import Check
from cluster.nodes.facts import Facts, Request, gather, sweep
from cluster.nodes.judging import Seen, judge
from cluster.nodes.late import SLOW_SECONDS, Asked
from datasets import open_folder


def requested(storage: str | None, dataset: str | None) -> Request:
    """Return what to look at: a storage and a dataset, by path or URI."""
    # The probes' name is no search's.
    return Request(_whole(storage), f".doctor-{secrets.token_hex(8)}", _whole(dataset))


def _whole(location: str | None) -> str | None:
    """Make a path absolute; a store is not opened here, which takes long where it does not answer."""
    return location if location is None or "://" in location else open_folder(location).uri


def examine_here(request: Request) -> list[Check]:
    """Examine this machine alone, without Ray."""
    with swept(request) as sweeping:
        facts = gather(request)
        sweeping.wait = not (facts.storage and facts.storage.is_silent)
        sweeping.learn(facts)
    return list(judge(facts.host, facts, Seen(), request, fingerprint=None))


@dataclass
class Sweeping:
    """Whether to ``wait`` for it, not where the storage has been waited for in vain; and what was ``made`` there."""

    wait: bool = True
    made: list[str] = field(default_factory=list)

    def learn(self, facts: Facts) -> None:
        """Note what was made in the storage that a machine, this one or another, shares with us."""
        if facts.storage is not None and facts.storage.has_drivers:
            self.made += facts.storage.made


@contextlib.contextmanager
def swept(request: Request) -> Iterator[Sweeping]:
    """Remove the probes when the block ends, as far as the storage does so soon."""
    sweeping = Sweeping()
    try:
        yield sweeping
    finally:
        asked = Asked(partial(_sweep, request, sorted(sweeping.made, key=len, reverse=True)), lambda _: None)
        if sweeping.wait:
            asked.answer(time.monotonic() + SLOW_SECONDS)


def _sweep(request: Request, made: Sequence[str]) -> None:
    if (probes := request.probed) is not None:
        sweep(probes, made)
