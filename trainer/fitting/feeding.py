"""Batches made in the background while the model works on the one before."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Item = TypeVar("Item")


class _End:
    """What the source gives once it is exhausted."""


_END: Final = _End()


def prefetched(items: Iterable[Item], *, depth: int = 2) -> Generator[Item, None, None]:
    """Yield ``items`` in order, made by one background thread that is at most ``depth`` items ahead.

    An exception of the source is raised here, at its place in the order. Closing the generator early (or an exception
    in its consumer) ends the thread after the item it is working on.
    """
    source = iter(items)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as thread:
        waiting = deque(thread.submit(next, source, _END) for _ in range(depth))
        try:
            while not isinstance(item := waiting.popleft().result(), _End):
                waiting.append(thread.submit(next, source, _END))
                yield item
        finally:
            for future in waiting:
                future.cancel()
