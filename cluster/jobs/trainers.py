"""Who trains a search's winners or finalists: one at a time; and that `galaxy stop` is heard meanwhile."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial

from datasets import StorageError, impatient, patient
from search import (
    TRAINERS,
    Driven,
    Ledger,
    LedgerError,
    Place,
    SearchLayout,
    SearchView,
    TimeBudget,
    driver_heartbeat,
    read_search,
    read_specification,
    repeating,
)

_LOOK_SECONDS = 1.0


@contextlib.contextmanager
def training_place(layout: SearchLayout, budget: TimeBudget | None = None) -> Iterator[Place]:
    """Be the only one who trains the search's winners while the block runs, and wait for a storage that is away.

    When somebody asks the search to stop the ``budget`` is stopped, of which no more is left then; without one the
    main thread is interrupted, where it is that which trains. An earlier request was meant for somebody else, and is
    forgotten.

    Raises LedgerError if another one trains them, or the search is deleted or renamed, or about to be.
    """
    earlier = Ledger(layout).stop_request()
    with (
        driver_heartbeat(layout.root, Driven.training(layout), drivers=TRAINERS) as place,
        patient(root=layout.root.uri, check=place.check),
        _stoppable(_interrupting() if budget is None else budget.stop, Ledger(layout, place), earlier),
    ):
        read_specification(layout)
        yield place


def read_again(before: SearchView, storage: str) -> SearchView:
    """Return a search as it stands once its place is held: minutes may have passed since it was read ``before``.

    Raises LedgerError if it is gone, or another one than it was.
    """
    name = before.specification.settings.name
    view = read_search(storage, name, history=False)
    if view.specification != before.specification:
        raise LedgerError(f"search {name!r} was changed by another command just now: give this one again")
    return view


@contextlib.contextmanager
def _stoppable(stop: Callable[[], None], ledger: Ledger, earlier: bytes | None) -> Iterator[None]:
    """While the block runs, call ``stop``, once, when somebody asks for it by another request than an earlier one."""
    is_asked = False

    def look(is_last: bool) -> None:
        nonlocal is_asked
        # A passing fault of the storage: the next look may get through.
        with contextlib.suppress(StorageError), impatient():
            if not is_last and not is_asked and ledger.stop_requested():
                is_asked = True
                stop()

    ledger.forget_stop(earlier)
    with repeating(look, seconds=_LOOK_SECONDS, name="stop"):
        yield


def _interrupting() -> Callable[[], None]:
    """Return what does as Ctrl-C does, also to what waits, where this is the main thread; else nothing."""
    main = threading.main_thread()
    if threading.current_thread() is not main or main.ident is None:
        return lambda: None
    return partial(signal.pthread_kill, main.ident, signal.SIGINT)
