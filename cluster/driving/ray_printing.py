"""What Ray prints of other processes to its driver's own output, by a private name: it has no option for that.

`log_to_driver=False` keeps back what workers print, but not the last lines of a raylet that ended (ray 2.60).
"""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import ray
from ray._private import worker

from cluster.errors import ClusterError

_PRINTS = "print_worker_logs"
if not hasattr(worker, _PRINTS):
    raise ClusterError(f"Galaxy Tuner was made for Ray 2.60, but this is {ray.__version__}: no {_PRINTS}")


@contextlib.contextmanager
def printed_to(file: io.TextIOBase) -> Iterator[None]:
    """Have what Ray prints while the block runs written to ``file``, which raises nothing."""
    before = getattr(worker, _PRINTS)

    def write(data: dict[str, Any], *_rest: object, **_more: object) -> None:
        file.write("".join(f"({data.get('pid')}) {line}\n" for line in data["lines"]))

    setattr(worker, _PRINTS, write)
    try:
        yield
    finally:
        setattr(worker, _PRINTS, before)
