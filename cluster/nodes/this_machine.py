"""This machine examined alone, without Ray: importing that takes longer than looking."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from cluster.nodes.checks import Check
from cluster.nodes.facts import Request, gather
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
    return list(judge(facts.host, facts, Seen(), request, fingerprint=None))


@dataclass
class Sweeping:
    """Whether to ``wait`` for it: not where the storage has been waited for in vain."""

    wait: bool = True


@contextlib.contextmanager
def swept(request: Request) -> Iterator[Sweeping]:
    """Remove the probes when the block ends, as far as the storage does so soon."""
    sweeping = Sweeping()
    try:
        yield sweeping
    finally:
        asked = Asked(partial(_sweep, request), lambda _: None)
        if sweeping.wait:
            asked.answer(time.monotonic() + SLOW_SECONDS)


def _sweep(request: Request) -> None:
    if (probes := request.probed) is not None:
        probes.delete_tree()
