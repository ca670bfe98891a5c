import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from trainer.fitting.feeding import prefetched


def test_yields_everything_in_order() -> None:
    assert list(prefetched(range(50))) == list(range(50))
    assert list(prefetched([])) == []


def test_is_made_ahead_in_one_other_thread_but_not_far_ahead() -> None:
    made: list[int] = []
    makers: set[int] = set()

    def source() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            makers.add(threading.get_ident())
            yield number

    with closing(prefetched(source(), depth=3)) as feed:
        assert next(feed) == 0
        deadline = time.monotonic() + 10
        while len(made) < 4 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.05)
        assert made == [0, 1, 2, 3]
    assert len(makers) == 1
    assert threading.get_ident() not in makers


def test_raises_what_the_source_raised_where_it_raised_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    feed = prefetched(source())
    assert next(feed) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(feed)


def test_leaves_no_thread_behind_when_it_is_closed_early() -> None:
    before = threading.active_count()
    feed = prefetched(range(1000))
    next(feed)
    feed.close()
    assert threading.active_count() == before
