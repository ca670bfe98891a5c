import math
import time

import pytest

from cluster import OutOfTimeError
from cluster.workers.deadline import Deadline


def test_a_deadline_is_checked_from_its_moment_on() -> None:
    now = [5.0]
    deadline = Deadline.after(10.0, clock=lambda: now[0])
    now[0] = 14.9
    deadline.check()
    now[0] = 15.0
    with pytest.raises(OutOfTimeError, match=r"^the time was up$"):
        deadline.check()
    assert deadline.left() == 0.0


def test_without_one_nothing_ends() -> None:
    assert Deadline().told() is None
    assert Deadline.heard(None).left() == math.inf
    Deadline.heard(None).check()


def test_a_worker_on_the_same_machine_learns_the_moment_and_one_elsewhere_the_seconds() -> None:
    told = Deadline.after(50.0).told()
    assert told is not None
    assert Deadline.heard({**told, "end": time.monotonic() + 10.0}).left() <= 10.0
    assert Deadline.heard({**told, "machine": "elsewhere", "end": 0.0}).left() == pytest.approx(50.0, abs=5.0)
