"""A Ray of our own without the libraries of Ray's dashboard, though they are installed.

They are there for a head to which searches are submitted. Ray 2.60 imports them in whoever starts it, and gives the
first node a dashboard's full process, also where none is asked for: `ray.init` takes twice as long (measured: 5.1 s
instead of 2.9). No option says otherwise; it asks one private function whether they are installed.
"""

import contextlib
from collections.abc import Iterator

from ray._private import utils

_NAME = "get_dashboard_dependency_error"


@contextlib.contextmanager
def without_dashboard() -> Iterator[None]:
    """Have a Ray that is started in the block take its dashboard's libraries for missing; another Ray has its way."""
    before = getattr(utils, _NAME, None)
    if before is None:
        yield
        return
    setattr(utils, _NAME, lambda: ImportError("not asked for"))
    try:
        yield
    finally:
        setattr(utils, _NAME, before)
