"""Who trains a search's winners or finalists: one at a time."""

import contextlib
from collections.abc import Iterator

from datasets import patient
from search import TRAINERS, Driven, Place, SearchLayout, driver_heartbeat


@contextlib.contextmanager
def training_place(layout: SearchLayout, name: str) -> Iterator[Place]:
    """Be the only one who trains the search's winners while the block runs, and wait for a storage that is away.

    Raises LedgerError if another one trains them.
    """
    driven = Driven(
        f"the full training of search {name!r}", "wait for it, or end it there", "the same command looks for its model"
    )
    with (
        driver_heartbeat(layout.root, driven, drivers=TRAINERS) as place,
        patient(root=layout.root.uri, check=place.check),
    ):
        yield place
