"""Decoding of many images on all CPUs, in their order, with few of them in memory."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from datasets.cpus import usable_cpus
from datasets.images.decoded import Decoded, Readable, decode_read
from datasets.images.decoding_process import DecodingProcess
from datasets.images.decoding_worker import pickled
from datasets.images.fits.stretch import Stretch

CHUNK = 32
"""Images a task: fewer would spend their time on handing over, more would make progress jerky."""
ITEMS_PER_PROCESS = 1000
"""Images that there must be for each process: with fewer it saves less than it takes to start."""

Item = TypeVar("Item", bound=Readable)
Decode = Callable[[Sequence[Item]], list[Decoded]]


def decode_all(
    items: Sequence[Item], *, crop: float, image_size: int, stretch: Stretch | None = None
) -> Iterator[list[tuple[Item, Decoded]]]:
    """Yield all items with what `decode_read` made of them, a chunk at a time and in their order.

    Many items are decoded by processes, one a CPU: Pillow lets go of the interpreter's lock while it decodes and
    resamples, but opening and hashing a small image takes it so often that two threads are no faster than one and a
    half. Few, and those whose ``read`` cannot be pickled, are decoded by threads. At most a few chunks a thread or
    process are in memory at once, however slowly they are taken.

    Raises SourceError, naming the item, where a process was killed twice while it decoded one.
    """
    cpus = usable_cpus()
    processes = min(cpus, len(items) // ITEMS_PER_PROCESS)
    if processes > 1 and pickled([items[0].read]) is not None:
        return _by_processes(items, processes, crop, image_size, stretch)

    def decode(chunk: Sequence[Readable]) -> list[Decoded]:
        return [decode_read(item.read, crop=crop, image_size=image_size, stretch=stretch) for item in chunk]

    return _in_order(items, cpus, decode)


def _by_processes(
    items: Sequence[Item], count: int, crop: float, image_size: int, stretch: Stretch | None
) -> Iterator[list[tuple[Item, Decoded]]]:
    """Decode in ``count`` processes, each of which a thread talks to."""
    processes = [DecodingProcess(crop=crop, image_size=image_size, stretch=stretch) for _ in range(count)]
    idle: SimpleQueue[DecodingProcess] = SimpleQueue()
    for process in processes:
        idle.put(process)

    def decode(chunk: Sequence[Readable]) -> list[Decoded]:
        process = idle.get()
        try:
            return process.decode(chunk)
        finally:
            idle.put(process)

    def kill() -> None:
        for process in processes:
            process.kill()

    try:
        yield from _in_order(items, count, decode, stop=kill)
    finally:
        for process in processes:
            process.close()


def _in_order(
    items: Sequence[Item], threads: int, decode: Decode[Item], *, stop: Callable[[], None] = lambda: None
) -> Iterator[list[tuple[Item, Decoded]]]:
    """Decode a chunk a thread at a time; ``stop`` ends what still runs when nobody wants the rest."""
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[Sequence[Item], Future[list[Decoded]]]] = deque()
        try:
            for start in range(0, len(items), CHUNK):
                chunk = items[start : start + CHUNK]
                waiting.append((chunk, pool.submit(decode, chunk)))
                if len(waiting) > 4 * threads:
                    yield _taken(waiting)
            while waiting:
                yield _taken(waiting)
        finally:
            stop()
            pool.shutdown(cancel_futures=True)


def _taken(waiting: deque[tuple[Sequence[Item], Future[list[Decoded]]]]) -> list[tuple[Item, Decoded]]:
    chunk, decoded = waiting.popleft()
    return list(zip(chunk, decoded.result(), strict=True))
