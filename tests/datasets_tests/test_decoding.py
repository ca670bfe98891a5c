import threading
import time

import pytest

from datasets import usable_cpus
from datasets.images.decoding import CHUNK, decode_all
from datasets.sources.listing import Item


@pytest.fixture
def read():
    """Count what is read, and from which threads."""

    class Reader:
        def __init__(self):
            self.started, self.threads = 0, set()

        def __call__(self):
            self.started += 1
            self.threads.add(threading.current_thread().name)
            return b""

    return Reader()


def test_items_come_back_in_their_order_a_chunk_at_a_time(read):
    items = [Item(str(number), 0, read) for number in range(40 * CHUNK + 3)]
    chunks = list(decode_all(items, crop=1.0, image_size=8))
    assert [len(chunk) for chunk in chunks] == [CHUNK] * 40 + [3]
    assert [item for chunk in chunks for item, _ in chunk] == items
    assert {decoded.reason for chunk in chunks for _, decoded in chunk} == {"empty file"}
    assert threading.current_thread().name not in read.threads


def test_no_more_is_read_than_is_taken(read):
    items = [Item(str(number), 0, read) for number in range(1000 * CHUNK)]
    chunks = decode_all(items, crop=1.0, image_size=8)
    next(chunks)
    before = -1
    while before != read.started:  # until nobody reads any more
        before = read.started
        time.sleep(0.05)
    chunks.close()
    assert read.started <= (4 * usable_cpus() + 2) * CHUNK
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_an_unexpected_error_is_not_hidden():
    def fail():
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        list(decode_all([Item("a", 0, fail)], crop=1.0, image_size=8))
