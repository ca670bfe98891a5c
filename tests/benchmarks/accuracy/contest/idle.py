"""Runs are compared on a machine that has nothing else to do."""

import os
import sys
import time

IDLE = 0.5
"""Load, averaged over a minute, of a machine on which nothing else runs."""
_WAIT = 300.0


def require_idle(*, is_busy: bool) -> None:
    """Wait, for some minutes, until nothing else runs; what the last run left in the average goes as well.

    Ends the program where something still does, unless ``is_busy`` allows that.
    """
    until = time.monotonic() + _WAIT
    while not is_busy and os.getloadavg()[0] > IDLE:
        if time.monotonic() > until:
            sys.exit(f"the machine is not idle: expected a load below {IDLE}, found {os.getloadavg()[0]:.1f}; --busy")
        time.sleep(5)
