"""Ctrl-C once and twice, wherever it falls."""

import signal
import time
import weakref

import pytest

from cluster.driving.interrupting import interruptible


class Thing:
    """Something that a weak reference can point to."""


def press(_reference: object = None) -> None:
    signal.raise_signal(signal.SIGINT)


def press_in_a_callback() -> None:
    """Press while a weak reference's callback runs, then wait."""
    thing = Thing()
    reference = weakref.ref(thing, press)
    del thing
    assert reference() is None
    time.sleep(5)


def test_the_first_asks_and_the_second_interrupts() -> None:
    asked: list[bool] = []
    before = signal.getsignal(signal.SIGINT)
    with interruptible(lambda: asked.append(True)):
        press()
        assert asked == [True]
        with pytest.raises(KeyboardInterrupt):
            press()
    assert (asked, signal.getsignal(signal.SIGINT)) == ([True], before)


def test_one_that_falls_where_python_ignores_exceptions_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    with interruptible(lambda: None):
        press()
        with pytest.raises(KeyboardInterrupt):
            press_in_a_callback()
    assert "Exception ignored" not in capfd.readouterr().err
