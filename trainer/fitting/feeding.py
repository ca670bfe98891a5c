"""Prefetching: a batch is made in the background while the model works on the one before."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def prefetched(items: Iterable[Item], *, depth: int = 2) -> Generator[Item, None, None]:
    """Yield ``items`` in order, made by one background thread that is at most ``depth`` items ahead.

    An exception of the source is raised here, at its place in the order. Closing the generator early (or an exception
    in its consumer) ends the thread after the item it is working on.
    """
    source = iter(items)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as thread:
        waiting = deque(thread.submit(list, islice(source, 1)) for _ in range(depth))
        try:
            while made := waiting.popleft().result():
                waiting.append(thread.submit(list, islice(source, 1)))
                yield made[0]
        finally:
            for future in waiting:
                future.cancel()
